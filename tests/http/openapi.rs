//! The description of the API; `just openapi` holds the hub to it.

use std::collections::BTreeSet;

use crate::ask::Hub;

#[tokio::test]
async fn every_route_has_a_name_of_its_own_and_says_what_it_answers_and_how_it_refuses() {
    let hub = Hub::start().await;
    let api = hub.json("/v1/openapi.json").await;
    let mut names = BTreeSet::new();
    for (path, methods) in api["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name.to_owned()), "{method} {path}: {name} is there twice");
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.contains_key("4XX") && responses.contains_key("5XX"), "{path}");
            for (status, response) in responses {
                assert!(response["description"].is_string(), "{method} {path}: {status}");
            }
        }
    }
    assert!(names.len() >= 10, "{names:?}");
}
