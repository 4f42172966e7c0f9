//! `GET /v1/events`: its parameters, its page, and its refusals.

use hintwire::v1;
use serde_json::{Value, json};

use crate::ask::{Hub, header};
use crate::support::{batch, event};

fn topics(page: &Value) -> Vec<&str> {
    let events = page["events"].as_array().unwrap();
    events.iter().map(|event| event["topic"].as_str().unwrap()).collect()
}

async fn publish(hub: &Hub, event: v1::Event) -> String {
    let answer = hub.server.client().await.publish(batch(vec![event])).await.unwrap();
    answer.into_inner().results.swap_remove(0).cursor
}

#[tokio::test]
async fn a_page_holds_what_matches_after_the_cursor_in_order() {
    let hub = Hub::start().await;
    let first = hub.publish("a", "1").await;
    hub.publish("b/c", "2").await;
    hub.publish("other", "3").await;
    let last = hub.publish("a", "4").await;
    let answer = hub.get(&format!("/v1/events?topic=a&topic=b/*&since={first}")).await;
    assert_eq!(header(&answer, "content-type"), "application/json");
    assert_eq!(header(&answer, "hintwire-next-cursor"), last);
    let page: Value = answer.json().await.unwrap();
    assert_eq!(topics(&page), ["b/c", "a"]);
    assert_eq!((&page["next_cursor"], &page["head"]), (&json!(last), &json!(last)));
    assert_eq!(page["has_more"], false);
    assert_eq!(page["poll_after_ms"], 1000);
}

#[tokio::test]
async fn without_a_cursor_it_begins_at_the_earliest_event_and_pages_lead_to_the_head() {
    let hub = Hub::start().await;
    for data in ["1", "2", "3"] {
        hub.publish("a", data).await;
    }
    let page = hub.json("/v1/events?topic=a&limit=2").await;
    assert_eq!((topics(&page).len(), &page["has_more"]), (2, &json!(true)));
    assert_eq!(page["poll_after_ms"], 0);
    let next = page["next_cursor"].as_str().unwrap();
    let page = hub.json(&format!("/v1/events?topic=a&limit=2&since={next}")).await;
    assert_eq!((topics(&page).len(), &page["has_more"]), (1, &json!(false)));
    let next = page["next_cursor"].as_str().unwrap();
    let page = hub.json(&format!("/v1/events?topic=a&limit=2&since={next}")).await;
    assert_eq!((topics(&page).len(), &page["next_cursor"]), (0, &json!(next)));
}

#[tokio::test]
async fn each_way_to_name_a_start_begins_where_it_says() {
    let hub = Hub::start().await;
    hub.publish("a", "1").await;
    hub.publish("a", "2").await;
    for (start, events) in [
        ("since=", 2),
        ("from_start=earliest", 2),
        ("from_start=EARLIEST", 2),
        ("from_start=Latest", 0),
        ("from_time=1970-01-01T00:00:00Z", 2),
        ("from_time=9999-01-01T00:00:00%2B01:00", 0),
    ] {
        let page = hub.json(&format!("/v1/events?topic=a&{start}")).await;
        assert_eq!(topics(&page).len(), events, "{start}");
    }
}

#[tokio::test]
async fn types_and_attributes_filter() {
    let hub = Hub::start().await;
    for (kind, colour) in [("made", "red"), ("made", "green"), ("sold", "red")] {
        let attributes = [("colour".to_owned(), colour.to_owned())].into();
        publish(&hub, v1::Event { r#type: kind.into(), attributes, ..event("a", "") }).await;
    }
    for (filter, events) in [
        ("type=made", 2),
        ("type=made&type=sold", 3),
        ("type=made&attribute.colour=red", 1),
        ("attribute.colour=blue", 0),
    ] {
        let page = hub.json(&format!("/v1/events?topic=a&{filter}")).await;
        assert_eq!(topics(&page).len(), events, "{filter}");
    }
}

#[tokio::test]
async fn json_data_is_embedded_all_else_is_base64_and_never_both() {
    let hub = Hub::start().await;
    for (content_type, data, embedded, encoded) in [
        ("application/json", "{\"é\": [1.50]}".as_bytes(), json!({"é": [1.5]}), Value::Null),
        ("application/json", b"{broken", Value::Null, json!("e2Jyb2tlbg==")),
        ("application/octet-stream", &[0, 255, 10], Value::Null, json!("AP8K")),
        ("text/plain", "grüße".as_bytes(), Value::Null, json!("Z3LDvMOfZQ==")),
        ("", b"", Value::Null, Value::Null),
    ] {
        let key = "schlüssel ☃ \u{1}";
        let one = v1::Event {
            key: key.into(),
            content_type: content_type.into(),
            data: data.to_vec().into(),
            ..event("a", "")
        };
        let cursor = publish(&hub, one).await;
        let page = hub.json("/v1/events?topic=a").await;
        let last = page["events"].as_array().unwrap().last().unwrap();
        assert_eq!((&last["cursor"], &last["key"]), (&json!(cursor), &json!(key)));
        assert_eq!((&last["data"], &last["data_base64"]), (&embedded, &encoded));
        assert_eq!(last["data_size"], data.len());
    }
    let page = hub.json("/v1/events?topic=a&omit_data=true").await;
    let first = &page["events"][0];
    assert_eq!((&first["data"], &first["data_base64"]), (&Value::Null, &Value::Null));
    assert_eq!(first["data_size"], 14);
}

#[tokio::test]
async fn a_tombstone_says_so() {
    let hub = Hub::start().await;
    publish(&hub, v1::Event { key: "k".into(), deleted: true, ..event("a", "") }).await;
    assert_eq!(hub.json("/v1/events?topic=a").await["events"][0]["deleted"], true);
}

#[tokio::test]
async fn bytes_bound_a_page_but_for_one_event() {
    let hub = Hub::start().await;
    let large = "x".repeat(5000);
    for _ in 0..3 {
        hub.publish("a", &large).await;
    }
    for (bytes, events) in [(1, 1), (11_000, 2), (0, 3)] {
        let page = hub.json(&format!("/v1/events?topic=a&max_bytes={bytes}")).await;
        assert_eq!(topics(&page).len(), events, "{bytes}");
        assert_eq!(page["has_more"], events < 3, "{bytes}");
    }
}

#[tokio::test]
async fn what_grpc_refuses_is_refused_with_the_name_of_the_parameter() {
    let hub = Hub::start().await;
    let long = format!("topic=a&type={}", "t".repeat(256));
    for (query, reason, field) in [
        ("", "INVALID_FIELD", "topics"),
        ("topic=a//b", "INVALID_FIELD", "topics"),
        ("topic=a&limit=-1", "INVALID_FIELD", "limit"),
        ("topic=a&max_bytes=-1", "INVALID_FIELD", "max_bytes"),
        ("topic=a&limit=many", "INVALID_FIELD", "limit"),
        ("topic=a&omit_data=perhaps", "INVALID_FIELD", "omit_data"),
        ("topic=a&wait=-1s", "INVALID_FIELD", "wait"),
        ("topic=a&wait=30", "INVALID_FIELD", "wait"),
        ("topic=a&from_time=yesterday", "INVALID_FIELD", "from_time"),
        ("topic=a&from_start=middle", "INVALID_FIELD", "from_start"),
        ("topic=a&from_start=latest&from_time=2026-01-01T00:00:00Z", "INVALID_FIELD", "from_start"),
        ("topic=a&since=x&from_start=latest", "INVALID_FIELD", "since"),
        ("topic=a&since=x", "CURSOR_MALFORMED", "since"),
        ("topic=a&cursor=x", "INVALID_FIELD", "cursor"),
        ("topic=a&at_least=x", "CURSOR_MALFORMED", "at_least"),
        ("topic=a&since=&since=", "INVALID_FIELD", "since"),
        (long.as_str(), "TOO_LARGE", "types"),
    ] {
        let problem = hub.refusal(&format!("/v1/events?{query}"), 400).await;
        assert_eq!(problem["reason"], reason, "{query}: {problem}");
        assert_eq!(problem["metadata"]["field"], field, "{query}: {problem}");
    }
}

#[tokio::test]
async fn a_node_that_has_not_seen_the_cursor_of_at_least_says_so() {
    let hub = Hub::start().await;
    let seen = hub.publish("a", "1").await;
    hub.json(&format!("/v1/events?topic=a&at_least={seen}")).await;
    let foreign = Hub::start().await.publish("a", "1").await;
    let problem = hub.refusal(&format!("/v1/events?topic=a&at_least={foreign}"), 409).await;
    assert_eq!(problem["reason"], "CURSOR_FOREIGN");
}
