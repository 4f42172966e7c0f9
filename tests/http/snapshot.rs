//! `GET /v1/snapshot`.

use hintwire::v1;

use crate::ask::Hub;
use crate::support::{batch, event};

fn keyed(topic: &str, key: &str, content_type: &str, data: &str) -> v1::Event {
    v1::Event { key: key.into(), content_type: content_type.into(), ..event(topic, data) }
}

#[tokio::test]
async fn pages_hold_the_newest_event_of_each_key_and_the_place_to_go_on_from() {
    let hub = Hub::start().await;
    let mut client = hub.server.client().await;
    let tombstone = v1::Event { deleted: true, ..keyed("a/x", "gone", "", "") };
    let events = vec![
        keyed("a/x", "1", "application/json", "{\"old\": true}"),
        keyed("a/x", "1", "application/json", "{\"new\": true}"),
        keyed("a/x", "2", "", "\u{ff}"),
        keyed("a/x", "gone", "", "x"),
        tombstone,
        keyed("b", "3", "", "x"),
    ];
    let results = client.publish(batch(events)).await.unwrap().into_inner().results;

    let page = hub.json("/v1/snapshot?topic=a/*&page_size=1").await;
    assert_eq!(page["cursor"], results[5].cursor);
    assert_eq!(page["events"].as_array().unwrap().len(), 1);
    let first = &page["events"][0];
    assert_eq!((&first["key"], &first["data"]["new"]), (&"1".into(), &true.into()));
    assert_eq!(
        (&first["cursor"], &first["data_size"]),
        (&results[1].cursor.clone().into(), &13.into())
    );
    let token = page["next_page_token"].as_str().unwrap();

    let rest = hub.json(&format!("/v1/snapshot?topic=a/*&page_token={token}")).await;
    assert_eq!(rest["cursor"], page["cursor"]);
    assert_eq!(rest["events"].as_array().unwrap().len(), 1, "no tombstone: {rest}");
    assert_eq!(rest["events"][0]["data_base64"], "w78=");
    assert_eq!(rest["next_page_token"], "");
}

#[tokio::test]
async fn keys_and_sizes_are_asked_for_by_name() {
    let hub = Hub::start().await;
    let mut client = hub.server.client().await;
    let events = ["1", "2", "3"].map(|key| keyed("a", key, "", "data"));
    client.publish(batch(events.to_vec())).await.unwrap();
    let page = hub.json("/v1/snapshot?topic=a&key=1&key=3&omit_data=true").await;
    let keys: Vec<_> = page["events"].as_array().unwrap().iter().map(|e| &e["key"]).collect();
    assert_eq!(keys, ["1", "3"]);
    assert!(page["events"][0].get("data_base64").is_none());
    assert_eq!(page["events"][0]["data_size"], 4);
    let page = hub.json("/v1/snapshot?topic=a&max_bytes=1").await;
    assert_eq!(page["events"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_wrong_is_refused_and_no_page_may_be_stored() {
    let hub = Hub::start().await;
    for query in ["topic=a&page_token=x", "topic=a&page_size=-1", "topic=a&since=x", ""] {
        let problem = hub.refusal(&format!("/v1/snapshot?{query}"), 400).await;
        assert_eq!(problem["reason"], "INVALID_FIELD", "{query}: {problem}");
    }
    let answer = hub.get("/v1/snapshot?topic=a").await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
}
