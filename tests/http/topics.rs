//! `GET /v1/topics`, and what any path does with a query that is wrong.

use crate::ask::Hub;

#[tokio::test]
async fn topics_are_listed_page_by_page() {
    let hub = Hub::start().await;
    let first = hub.publish("a/b", "1").await;
    hub.publish("a/c", "2").await;
    let page = hub.json("/v1/topics?topic=a/*&page_size=1").await;
    assert_eq!(page["topics"][0]["topic"], "a/b");
    assert_eq!(page["topics"][0]["newest"], first);
    let token = page["next_page_token"].as_str().unwrap();
    let page = hub.json(&format!("/v1/topics?topic=a/*&page_size=1&page_token={token}")).await;
    assert_eq!(page["topics"][0]["topic"], "a/c");
}

#[tokio::test]
async fn what_is_unknown_or_of_the_wrong_form_is_refused_by_its_name() {
    let hub = Hub::start().await;
    for (query, field) in [
        ("topic=a&tpoic=b", "tpoic"),
        ("topic=a&page_size=many", "page_size"),
        ("topic=a&page_size=1&page_size=2", "page_size"),
        ("topic=a&attribute.x=1", "attribute.x"),
        ("topic=a&page_size=-1", "page_size"),
        ("topic=a//b", "topics"),
        ("", "topics"),
    ] {
        let problem = hub.refusal(&format!("/v1/topics?{query}"), 400).await;
        assert_eq!(problem["reason"], "INVALID_FIELD", "{query}: {problem}");
        assert_eq!(problem["metadata"]["field"], field, "{query}: {problem}");
    }
}

#[tokio::test]
async fn other_paths_and_methods_are_refused_with_a_reason() {
    let hub = Hub::start().await;
    assert_eq!(hub.refusal("/v1/nothing", 404).await["reason"], "NOT_FOUND");
    let answer = hub.http.put(hub.url("/v1/topics")).send().await.unwrap();
    assert_eq!(crate::ask::problem(answer, 405).await["reason"], "METHOD_NOT_ALLOWED");
}
