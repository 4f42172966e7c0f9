//! CloudEvents, in and out.

use reqwest::Response;
use serde_json::{Value, json};

use crate::ask::{Hub, problem};
use crate::support::{batch, event, fetch};

const ONE: &str = "application/cloudevents+json";
const MANY: &str = "application/cloudevents-batch+json";

impl Hub {
    async fn send(&self, query: &str, kind: &str, body: &Value) -> Response {
        let url = self.url(&format!("/v1/events{query}"));
        let request = self.http.post(url).header("content-type", kind);
        request.body(body.to_string()).send().await.unwrap()
    }

    /// Publishes one CloudEvent, and returns its cursor.
    async fn sent(&self, query: &str, event: &Value) -> Value {
        let answer = self.send(query, ONE, event).await;
        let status = answer.status();
        let mut answer: Value = answer.json().await.unwrap();
        assert_eq!(status, 200, "{event}: {answer}");
        answer["results"][0]["cursor"].take()
    }
}

/// With the time of publication, which differs, taken out.
fn timeless(mut event: Value) -> Value {
    assert!(event["time"].as_str().unwrap().ends_with('Z'), "{event}");
    event.as_object_mut().unwrap().remove("time");
    event
}

#[tokio::test]
async fn a_cloud_event_comes_out_with_all_that_its_producer_said() {
    let hub = Hub::start().await;
    let cursor = hub.sent("", &json!({
        "specversion": "1.0", "id": "A1", "source": "/orders/eu", "type": "com.example.placed",
        "subject": "o-☃", "time": "2026-01-02T03:04:05.5+01:00", "dataschema": "https://example.com/s",
        "traceparent": "00-1", "count": 3, "paid": true, "unset": null, "data": {"b": 1, "a": "\u{1F600}"},
    })).await;
    let feed = hub.json("/v1/feed?topic=orders/*").await;
    assert_eq!(
        timeless(feed[0].clone()),
        json!({
            "specversion": "1.0", "id": cursor, "source": "/orders/eu", "type": "com.example.placed",
            "subject": "o-☃", "datacontenttype": "application/json", "hintwireid": "A1",
            "hintwiretime": "2026-01-02T02:04:05.500Z", "dataschema": "https://example.com/s",
            "traceparent": "00-1", "count": "3", "paid": "true", "data": {"b": 1, "a": "\u{1F600}"},
        })
    );
}

#[tokio::test]
async fn a_topic_in_the_query_keeps_the_producers_source() {
    let hub = Hub::start().await;
    let event =
        json!({"specversion": "1.0", "id": "1", "source": "https://example.com/x", "type": "t"});
    hub.sent("?topic=inventory", &event).await;
    let feed = hub.json("/v1/feed?topic=inventory").await;
    assert_eq!(feed[0]["source"], "/inventory");
    assert_eq!(feed[0]["hintwiresource"], "https://example.com/x");
    let problem = problem(hub.send("", ONE, &event).await, 400).await;
    assert_eq!(problem["metadata"]["field"], "events[0].source", "{problem}");
}

#[tokio::test]
async fn source_and_id_make_it_idempotent() {
    let hub = Hub::start().await;
    let event = json!({"specversion": "1.0", "id": "1", "source": "/a", "type": "t", "data": 1});
    let first = hub.sent("", &event).await;
    assert_eq!(hub.sent("", &event).await, first);
    let mut other = event.clone();
    other["source"] = json!("/b");
    assert_ne!(hub.sent("", &other).await, first);
    other["data"] = json!(2);
    let problem = problem(hub.send("", ONE, &other).await, 409).await;
    assert_eq!(problem["reason"], "ID_CONFLICT");
}

#[tokio::test]
async fn data_is_json_a_text_or_bytes() {
    let hub = Hub::start().await;
    for (kind, member, value, stored) in [
        (None, "data", json!("just text"), &b"\"just text\""[..]),
        (Some("application/x+json"), "data", json!(null), b"null"),
        (Some("text/plain"), "data", json!("plain"), b"plain"),
        (Some("application/xml"), "data_base64", json!("PGEvPg=="), b"<a/>"),
        (None, "data_base64", json!("AP8="), b"\0\xff"),
    ] {
        let mut event = json!({"specversion": "1.0", "id": "1", "source": "/d", "type": "t", "datacontenttype": kind});
        event["id"] = json!(format!("{kind:?}{member}"));
        event[member] = value;
        hub.sent("", &event).await;
        let mut client = hub.server.client().await;
        let page = client.fetch(fetch("d", "")).await.unwrap().into_inner();
        let last = page.events.into_iter().last().unwrap().event.unwrap();
        assert_eq!(&last.data[..], stored, "{event}");
        let implied = kind.unwrap_or(if member == "data" { "application/json" } else { "" });
        assert_eq!(last.content_type, implied, "{event}");
    }
}

#[tokio::test]
async fn a_batch_is_taken_whole_or_not_at_all() {
    let hub = Hub::start().await;
    let good = json!({"specversion": "1.0", "id": "1", "source": "/a", "type": "t", "subject": "k", "method": "PUT"});
    for (change, field) in [
        (json!({"specversion": "0.3"}), "specversion"),
        (json!({"specversion": null}), "specversion"),
        (json!({"id": ""}), "id"),
        (json!({"id": 1}), "id"),
        (json!({"source": null}), "source"),
        (json!({"source": "urn:a"}), "source"),
        (json!({"source": "/a//b"}), "topic"),
        (json!({"type": null}), "type"),
        (json!({"time": "now"}), "time"),
        (json!({"method": "PATCH"}), "method"),
        (json!({"method": "DELETE", "data": 1}), "data"),
        (json!({"method": "DELETE", "subject": null}), "key"),
        (json!({"data": 1, "data_base64": ""}), "data_base64"),
        (json!({"datacontenttype": "text/plain", "data": 1}), "data"),
        (json!({"ext": 1.5}), "ext"),
        (json!({"ext": {}}), "ext"),
        (json!({"some_ext": "x"}), "some_ext"),
        (json!({"hintwireattributes": "{\"a\":1}"}), "hintwireattributes.a"),
    ] {
        let mut bad = good.clone();
        bad.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let problem = problem(hub.send("", MANY, &json!([good, bad])).await, 400).await;
        assert_eq!(problem["metadata"]["field"], format!("events[1].{field}"), "{bad}: {problem}");
    }
    for (kind, body, field) in [
        (MANY, json!([]), "events"),
        (MANY, good.clone(), "events"),
        (MANY, json!([good, 1]), "events[1]"),
        (ONE, json!([good]), "events[0]"),
    ] {
        let problem = problem(hub.send("", kind, &body).await, 400).await;
        assert_eq!(problem["metadata"]["field"], field, "{body}: {problem}");
    }
    assert_eq!(hub.json("/v1/feed?topic=**").await, json!([]));
    assert_eq!(hub.send("", MANY, &json!([good, good])).await.status(), 200);
    assert_eq!(hub.json("/v1/feed?topic=**").await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_cloud_events_cannot_say_comes_out_beside_it_and_goes_in_again() {
    let hub = Hub::start().await;
    let mut odd = event("a", "\0\u{7f}");
    let attributes =
        [("plain", "1"), ("id", "2"), ("Über-name", "3"), ("bell", "\u{7}"), ("method", "PUT")];
    odd.attributes = attributes.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let mut client = hub.server.client().await;
    client.publish(batch(vec![odd.clone()])).await.unwrap();
    let feed = hub.json("/v1/feed?topic=a").await;
    assert_eq!((&feed[0]["plain"], &feed[0]["type"]), (&json!("1"), &json!("dev.hintwire.event")));
    assert_eq!(feed[0]["data_base64"], "AH8=");
    let others: Value =
        serde_json::from_str(feed[0]["hintwireattributes"].as_str().unwrap()).unwrap();
    assert_eq!(others, json!({"id": "2", "Über-name": "3", "bell": "\u{7}", "method": "PUT"}));
    assert_eq!(hub.send("?topic=b", MANY, &feed).await.status(), 200);
    let again =
        client.fetch(fetch("b", "")).await.unwrap().into_inner().events.remove(0).event.unwrap();
    odd.attributes.insert("hintwiresource".into(), "/a".into());
    assert_eq!((again.attributes, again.data), (odd.attributes, odd.data));
}

#[tokio::test]
async fn the_binary_mode_is_refused_for_it_would_be_taken_for_something_else() {
    let hub = Hub::start().await;
    let request = hub.http.post(hub.url("/v1/events")).header("content-type", "application/json");
    let request = request.header("ce-specversion", "1.0").body(r#"{"events":[{"topic":"a"}]}"#);
    let problem = problem(request.send().await.unwrap(), 415).await;
    assert!(problem["detail"].as_str().unwrap().contains("ce- headers"), "{problem}");
}
