//! `POST /v1/events`: what it takes, and what then is there.

use std::collections::HashMap;

use hintwire::v1;
use prost_types::Timestamp;
use reqwest::Response;
use serde_json::{Value, json};

use crate::ask::{Hub, problem};
use crate::support::fetch;

const JSON: &str = "application/json";
const LINES: &str = "application/x-ndjson";

impl Hub {
    async fn post(&self, kind: &str, body: impl Into<reqwest::Body>) -> Response {
        let url = self.url("/v1/events");
        self.http.post(url).header("content-type", kind).body(body).send().await.unwrap()
    }

    /// The results of a batch that is taken.
    async fn posted(&self, kind: &str, body: impl Into<reqwest::Body>) -> Vec<Value> {
        let answer = self.post(kind, body).await;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let mut answer: Value = answer.json().await.unwrap();
        assert_eq!(status, 200, "{answer}");
        assert_eq!(headers["cache-control"], "no-store");
        serde_json::from_value(answer["results"].take()).unwrap()
    }

    /// The problem of one that is refused, of which then nothing is there.
    async fn refused(&self, kind: &str, body: impl Into<reqwest::Body>, status: u16) -> Value {
        let before = self.fetched("**").await.len();
        let problem = problem(self.post(kind, body).await, status).await;
        assert_eq!(self.fetched("**").await.len(), before, "{problem}");
        problem
    }

    /// All events of a pattern, over gRPC.
    async fn fetched(&self, pattern: &str) -> Vec<v1::StoredEvent> {
        let mut client = self.server.client().await;
        client.fetch(fetch(pattern, "")).await.unwrap().into_inner().events
    }
}

#[tokio::test]
async fn every_field_of_a_json_event_is_there_over_grpc() {
    let hub = Hub::start().await;
    let body = r#"{"events": [{
        "topic": "a/b", "key": "k☃", "id": "1", "type": "t", "time": "2026-01-02T03:04:05.6+01:00",
        "attributes": {"arch": "amd64"}, "data": {"price": 1.10, "tags": ["\u00e4", " "]}
    }, {
        "topic": "a/b", "key": "k☃", "deleted": true
    }, {
        "topic": "a/c", "content_type": "image/png", "data_base64": "iVBORwD/"
    }]}"#;
    let results = hub.posted(JSON, body).await;
    let mut events = hub.fetched("a/*").await;
    let cursors: Vec<_> = events.iter().map(|event| event.cursor.clone()).collect();
    let told: Vec<_> = results.iter().map(|result| result["cursor"].as_str().unwrap()).collect();
    assert_eq!(told, cursors);
    let events: Vec<_> = events.drain(..).map(|stored| stored.event.unwrap()).collect();
    let expected = v1::Event {
        topic: "a/b".into(),
        key: "k☃".into(),
        id: "1".into(),
        r#type: "t".into(),
        time: Some(Timestamp { seconds: 1_767_319_445, nanos: 600_000_000 }),
        content_type: "application/json".into(),
        attributes: HashMap::from([("arch".into(), "amd64".into())]),
        deleted: false,
        data: r#"{"price":1.10,"tags":["\u00e4"," "]}"#.into(),
    };
    assert_eq!(events[0], expected);
    assert!(events[1].deleted && events[1].key == "k☃" && events[1].data.is_empty());
    assert_eq!(
        (&*events[2].content_type, &events[2].data[..]),
        ("image/png", &b"\x89PNG\0\xff"[..])
    );
}

#[tokio::test]
async fn lines_are_one_batch_and_blank_ones_mean_nothing() {
    let hub = Hub::start().await;
    let body = "{\"topic\":\"a\",\"data\":1}\r\n\n  \n{\"topic\":\"b\",\"data\":2}";
    assert_eq!(hub.posted(LINES, body).await.len(), 2);
    let bad = "{\"topic\":\"a\",\"data\":3}\n{\"topic\":\"b\",\"data\":4";
    let problem = hub.refused(LINES, bad, 400).await;
    assert_eq!(problem["metadata"]["field"], "events[1]", "{problem}");
}

#[tokio::test]
async fn a_repeat_is_answered_and_an_id_with_other_content_is_a_conflict() {
    let hub = Hub::start().await;
    let event = |data: u8| format!(r#"{{"topic":"a","id":"1","data":{data}}}"#);
    let first = hub.posted(LINES, event(1)).await;
    assert_eq!(first[0]["duplicate"], false);
    let again = hub.posted(LINES, event(1)).await;
    assert_eq!(again, [json!({"cursor": first[0]["cursor"], "duplicate": true})]);
    let problem = hub.refused(LINES, format!("{{\"topic\":\"b\"}}\n{}", event(2)), 409).await;
    assert_eq!(problem["reason"], "ID_CONFLICT");
    assert_eq!(problem["metadata"]["index"], "1");
}

#[tokio::test]
async fn an_expectation_that_does_not_hold_refuses_the_batch() {
    let hub = Hub::start().await;
    let body = |expected: &Value| {
        let event = json!({"topic": "a", "key": "k", "data": 1});
        json!({"events": [event], "expected_cursor": expected}).to_string()
    };
    let first = hub.posted(JSON, body(&json!(""))).await;
    let problem = hub.refused(JSON, body(&json!("")), 409).await;
    assert_eq!(problem["reason"], "EXPECTATION_FAILED");
    assert_eq!(problem["metadata"]["newest"], first[0]["cursor"]);
    hub.posted(JSON, body(&first[0]["cursor"])).await;
    let problem = hub.refused(JSON, body(&json!("nonsense")), 400).await;
    assert_eq!(problem["reason"], "CURSOR_MALFORMED");
    assert_eq!(problem["metadata"]["field"], "expected_cursor");
}

#[tokio::test]
async fn what_is_wrong_is_named_and_nothing_of_its_batch_is_published() {
    let hub = Hub::start().await;
    let long = format!(r#"{{"topic":"a","key":"{}"}}"#, "k".repeat(513));
    for (event, field) in [
        (r#"{"topic":"a","data":1,"data_base64":"MQ=="}"#, "events[1].data_base64"),
        (r#"{"topic":"a","data_base64":"?"}"#, "events[1].data_base64"),
        (r#"{"topic":"a//b"}"#, "events[1].topic"),
        (r#"{"topic":"~hintwire/x"}"#, "events[1].topic"),
        (r#"{"topic":"a","deleted":true}"#, "events[1].key"),
        (r#"{"topic":"a","time":"2026-01-01"}"#, "events[1].time"),
        (r#"{"topic":"a","tpoic":"a"}"#, "events[1].tpoic"),
        (r#"["a"]"#, "events[1]"),
        (&long, "events[1].key"),
    ] {
        let body = format!(r#"{{"events":[{{"topic":"good"}},{event}]}}"#);
        let problem = hub.refused(JSON, body, 400).await;
        assert_eq!(problem["metadata"]["field"], field, "{event}: {problem}");
    }
    for body in ["", "{", "[]", "null", "{\"events\":[{\"topic\":\"a\"}]} {}", "\u{feff}{}"] {
        let problem = hub.refused(JSON, body, 400).await;
        assert_eq!(problem["metadata"]["field"], "body", "{body}: {problem}");
    }
    let none = hub.refused(JSON, r#"{"events":[]}"#, 400).await;
    assert_eq!(none["metadata"]["field"], "events");
    assert_eq!(hub.refused(LINES, "\n", 400).await["metadata"]["field"], "events");
    let latin = hub.refused(JSON, &b"{\"events\":[{\"topic\":\"\xe4\"}]}"[..], 400).await;
    assert_eq!(latin["metadata"]["field"], "body");
}

#[tokio::test]
async fn only_listed_media_types_are_taken_whatever_the_body_looks_like() {
    let hub = Hub::start().await;
    for kind in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/json"]
    {
        let problem = hub.refused(kind, r#"{"events":[{"topic":"a"}]}"#, 415).await;
        assert_eq!(problem["reason"], "MEDIA_TYPE");
        assert!(problem["detail"].as_str().unwrap().contains("application/x-ndjson"), "{problem}");
    }
    hub.posted("application/json; charset=utf-8", r#"{"events":[{"topic":"a"}]}"#).await;
    let problem = hub.refused("application/json; charset=utf-16", "{}", 415).await;
    assert_eq!(problem["reason"], "MEDIA_TYPE");
}

#[tokio::test]
async fn a_query_is_refused() {
    let hub = Hub::start().await;
    let answer = hub.http.post(hub.url("/v1/events?dry_run=1")).header("content-type", JSON);
    let problem = problem(answer.body("{}").send().await.unwrap(), 400).await;
    assert_eq!(problem["metadata"]["field"], "dry_run");
}

#[tokio::test]
async fn a_body_over_the_limit_and_one_without_end_to_its_depth_are_refused() {
    let hub = Hub::start().await;
    let problem = hub.refused(JSON, vec![b' '; (4 << 20) + 1], 413).await;
    assert_eq!(
        (&problem["reason"], &problem["metadata"]["limit"]),
        (&json!("TOO_LARGE"), &json!("4194304"))
    );
    let deep = "[".repeat(100_000);
    for body in
        [deep.clone(), format!(r#"{{"events":{deep}"#), format!(r#"{{"topic":"a","data":{deep}"#)]
    {
        hub.refused(JSON, body.clone(), 400).await;
        hub.refused(LINES, body, 400).await;
    }
    let closed = format!(r#"{{"topic":"a","data":{deep}{}}}"#, "]".repeat(100_000));
    let problem = hub.refused(LINES, closed, 400).await;
    assert_eq!(problem["metadata"]["field"], "events[0].data");
}
