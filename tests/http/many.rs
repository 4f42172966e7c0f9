//! `POST /v1/events:fetch`: many polls in one request.

use std::time::Duration;

use hintwire::backlog::Backlog;
use hintwire::cursor::Cursor;
use reqwest::Response;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::ask::{Hub, header, problem};
use crate::support::gate::Gate;

const PATH: &str = "/v1/events:fetch";

async fn post(hub: &Hub, body: String) -> Response {
    let ask = hub.http.post(hub.url(PATH)).header("content-type", "application/json");
    ask.body(body).send().await.unwrap()
}

async fn fetch(hub: &Hub, body: Value) -> Value {
    let answer = post(hub, body.to_string()).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(header(&answer, "cache-control"), "no-store");
    answer.json().await.unwrap()
}

fn indices(answer: &Value) -> Vec<u64> {
    let changed = answer["changed"].as_array().unwrap();
    changed.iter().map(|entry| entry["index"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn of_a_thousand_resources_the_changed_ones_are_answered_and_the_rest_costs_no_read() {
    let gate = Gate::open();
    let hub = Hub::on(gate.clone()).await;
    let start = hub.publish("r/0", "0").await;
    let mut requests: Vec<Value> =
        (0..1000).map(|n| json!({"topics": [format!("r/{n}")], "since": start})).collect();
    hub.publish("r/17", "17").await;
    let last = hub.publish("r/400", "400").await;
    let answer = fetch(&hub, json!({"requests": requests})).await;
    assert_eq!(indices(&answer), [17, 400]);
    assert_eq!(gate.reads(), 2);
    let page = &answer["changed"][1]["page"];
    assert_eq!(page, &hub.json(&format!("/v1/events?topic=r/400&since={start}")).await);
    assert_eq!(answer["next_cursor"], last);
    assert_eq!(answer["poll_after_ms"], 1000);
    for request in &mut requests {
        request["since"] = answer["next_cursor"].clone();
    }
    let quiet = fetch(&hub, json!({"requests": requests})).await;
    assert_eq!(quiet["changed"], json!([]));
    hub.publish("r/999", "999").await;
    assert_eq!(indices(&fetch(&hub, json!({"requests": requests})).await), [999]);
}

#[tokio::test]
async fn each_poll_has_its_own_cursor_filter_and_limits() {
    let hub = Hub::start().await;
    let first = hub.publish("a", "1").await;
    let second = hub.publish("a", "2").await;
    let answer = fetch(
        &hub,
        json!({"requests": [
            {"topics": ["a"]},
            {"topics": ["a"], "since": first},
            {"topics": ["a"], "since": second},
            {"topics": ["a"], "limit": 1},
            {"topics": ["a"], "types": ["t"]},
            {"topics": ["a"], "attributes": {"k": "v"}},
            {"topics": ["a"], "from_start": "latest"},
            {"topics": ["a"], "from_time": "1970-01-01T00:00:00Z", "omit_data": true},
        ]}),
    )
    .await;
    assert_eq!(indices(&answer), [0, 1, 3, 7]);
    let events = |nth: usize| answer["changed"][nth]["page"]["events"].as_array().unwrap();
    assert_eq!([0, 1, 2, 3].map(|nth| events(nth).len()), [2, 1, 1, 2]);
    assert_eq!(answer["changed"][2]["page"]["has_more"], true);
    assert_eq!(answer["poll_after_ms"], 0);
    assert_eq!(events(3)[0]["data_base64"], Value::Null);
}

#[tokio::test]
async fn what_is_wrong_with_one_poll_is_said_in_its_place() {
    let gate = Gate::open();
    let hub = Hub::on(gate.clone()).await;
    let trimmed = hub.publish("a", "1").await;
    let kept: Cursor = hub.publish("a", "2").await.parse().unwrap();
    hub.publish("a", "3").await;
    gate.trim(kept.position).await.unwrap();
    let foreign = Hub::start().await.publish("a", "1").await;
    let answer = fetch(
        &hub,
        json!({"wait": "60s", "requests": [
            {"topics": ["a"], "since": trimmed},
            {"topics": ["a"], "since": foreign},
            {"topics": ["a"], "since": "x"},
            {"topics": ["a//b"]},
            {"topics": ["quiet"], "since": kept.to_string()},
            {"topics": ["a"], "since": kept.to_string()},
        ]}),
    )
    .await;
    assert_eq!(indices(&answer), [0, 1, 2, 3, 5]);
    let error = |nth: usize| &answer["changed"][nth]["error"];
    let reasons = [0, 1, 2, 3].map(|nth| error(nth)["reason"].as_str().unwrap());
    assert_eq!(reasons, ["CURSOR_TRIMMED", "CURSOR_FOREIGN", "CURSOR_MALFORMED", "INVALID_FIELD"]);
    assert_eq!(
        [0, 1, 2, 3].map(|nth| error(nth)["status"].as_u64().unwrap()),
        [410, 409, 400, 400]
    );
    assert_eq!(error(2)["metadata"]["field"], "since");
    assert_eq!(answer["changed"][4]["page"]["events"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn pages_that_find_no_room_are_named_and_nothing_is_lost() {
    let hub = Hub::start().await;
    let large = "x".repeat(4000);
    for n in 0..6 {
        hub.publish(&format!("r/{n}"), &large).await;
    }
    let mut since = vec![String::new(); 6];
    let mut got = Vec::new();
    while got.len() < 6 {
        let requests: Vec<Value> =
            (0..6).map(|n| json!({"topics": [format!("r/{n}")], "since": since[n]})).collect();
        let body = json!({"requests": requests, "max_bytes": 13_000});
        let answer = post(&hub, body.to_string()).await;
        let text = answer.text().await.unwrap();
        assert!(text.len() < 15_000, "{}", text.len());
        let answer: Value = serde_json::from_str(&text).unwrap();
        let before = got.len();
        for entry in answer["changed"].as_array().unwrap() {
            let (page, index) = (&entry["page"], entry["index"].as_u64().unwrap());
            let events = page["events"].as_array().unwrap();
            assert_eq!(page["has_more"], events.is_empty());
            got.extend(events.iter().map(|event| event["topic"].as_str().unwrap().to_owned()));
            since[usize::try_from(index).unwrap()] = page["next_cursor"].as_str().unwrap().into();
        }
        assert!(got.len() > before);
    }
    assert_eq!(got, ["r/0", "r/1", "r/2", "r/3", "r/4", "r/5"]);
}

#[tokio::test]
async fn a_wait_ends_with_news_of_any_of_them() {
    let gate = Gate::open();
    let hub = Hub::on(gate.clone()).await;
    let head = hub.publish("r/0", "0").await;
    let requests: Vec<Value> =
        (0..50).map(|n| json!({"topics": [format!("r/{n}")], "since": head})).collect();
    let looks = gate.looks();
    let body = json!({"requests": requests, "wait": "60s"}).to_string();
    let ask = hub.http.post(hub.url(PATH)).header("content-type", "application/json").body(body);
    let poll = tokio::spawn(async move { ask.send().await.unwrap() });
    // Each of them is looked at before it is registered, and after.
    gate.looked(looks + 2 * requests.len()).await;
    hub.publish("elsewhere", "x").await;
    let news = hub.publish("r/31", "31").await;
    let answer = timeout(Duration::from_secs(30), poll).await.expect("no answer").unwrap();
    let answer: Value = answer.json().await.unwrap();
    assert_eq!((indices(&answer), &answer["next_cursor"]), (vec![31], &json!(news)));
    let body = json!({"requests": [{"topics": ["a"], "since": news}], "wait": "1ms"});
    let none = fetch(&hub, body).await;
    assert_eq!((&none["changed"], &none["next_cursor"]), (&json!([]), &json!(news)));
}

#[tokio::test]
async fn a_drain_ends_the_wait() {
    let gate = Gate::open();
    let hub = Hub::on(gate.clone()).await;
    let body = json!({"requests": [{"topics": ["a"]}], "wait": "60s"}).to_string();
    let ask = hub.http.post(hub.url(PATH)).header("content-type", "application/json").body(body);
    let poll = tokio::spawn(async move { ask.send().await.unwrap() });
    gate.looked(2).await;
    hub.server.shut_down();
    let answer = timeout(Duration::from_secs(30), poll).await.expect("no answer").unwrap();
    assert_eq!(answer.json::<Value>().await.unwrap()["changed"], json!([]));
}

#[tokio::test]
async fn a_body_that_is_wrong_is_refused_as_a_whole_with_the_path_of_what_is_wrong() {
    let hub = Hub::start().await;
    let many = json!({"requests": vec![json!({"topics": ["a"]}); 1001]}).to_string();
    let topics = json!({"requests": [{"topics": vec!["a"; 1001]}]}).to_string();
    let one = r#"{"requests":[{"topics":["a"]}]"#;
    for (body, field) in [
        ("", "body"),
        ("[]", "body"),
        ("{}", "body"),
        (r#"{"requests":[]}"#, "requests"),
        (r#"{"requests":[{"topics":["a"],"cursor":""}]}"#, "requests[0].cursor"),
        (r#"{"requests":[{"topics":"a"}]}"#, "requests[0].topics"),
        (r#"{"requests":[[["a"]]]}"#, "requests[0]"),
        (r#"[[{"topics":["a"]}]]"#, "body"),
        (&format!(r#"{one},"limit":1}}"#), "limit"),
        (&format!(r#"{one},"max_bytes":-1}}"#), "max_bytes"),
        (&format!(r#"{one},"wait":"soon"}}"#), "wait"),
        (&format!("{one}}}{one}}}"), "body"),
        (&many, "requests"),
        (&topics, "requests.topics"),
    ] {
        let refused = problem(post(&hub, body.to_owned()).await, 400).await;
        assert_eq!(refused["metadata"]["field"], field, "{body:.80}: {refused}");
    }
    let answer = hub.http.post(hub.url(&format!("{PATH}?limit=1")));
    let answer = answer.header("content-type", "application/json").body("{}").send().await.unwrap();
    assert_eq!(problem(answer, 400).await["metadata"]["field"], "limit");
}

#[tokio::test]
async fn only_json_is_taken() {
    let hub = Hub::start().await;
    let body = r#"{"requests":[{"topics":["a"]}]}"#;
    for (content_type, status) in [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("application/jsonx", 415),
    ] {
        let ask = hub.http.post(hub.url(PATH)).header("content-type", content_type);
        let answer = ask.body(body).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{content_type}");
    }
    let answer = hub.http.post(hub.url(PATH)).body(body).send().await.unwrap();
    assert_eq!(problem(answer, 415).await["reason"], "MEDIA_TYPE");
}
