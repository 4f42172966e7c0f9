//! `GET /v1/feed`, as the HTTP Feeds specification wants it; `docs/http-feeds.md` names these tests.

use reqwest::Response;
use serde_json::{Value, json};

use crate::ask::{Hub, header};
use crate::support::{batch, event};

impl Hub {
    /// A page of a feed, which is a list of CloudEvents.
    async fn page(&self, query: &str) -> (Vec<Value>, Response) {
        let answer = self.get(&format!("/v1/feed?{query}")).await;
        assert_eq!(answer.status(), 200, "{query}");
        assert_eq!(header(&answer, "content-type"), "application/cloudevents-batch+json");
        let again = self.get(&format!("/v1/feed?{query}")).await;
        (again.json().await.unwrap(), answer)
    }

    async fn feed(&self, query: &str) -> Vec<Value> {
        self.page(query).await.0
    }
}

fn ids(events: &[Value]) -> Vec<String> {
    events.iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_reader_goes_through_a_feed_by_its_last_event_id_up_to_an_empty_array() {
    let hub = Hub::start().await;
    let mut cursors = Vec::new();
    for data in ["1", "2", "3"] {
        cursors.push(hub.publish("a/b", data).await);
        hub.publish("other", data).await;
    }
    assert_eq!(ids(&hub.feed("topic=a/**").await), cursors);
    for beginning in ["", "&lastEventId=", "&lastEventId=null"] {
        assert_eq!(ids(&hub.feed(&format!("topic=a/b{beginning}")).await), cursors);
    }
    let mut seen: Vec<String> = Vec::new();
    loop {
        let last = seen.last().map_or("null", String::as_str);
        let page = hub.feed(&format!("topic=a/b&limit=2&lastEventId={last}")).await;
        if page.is_empty() {
            break;
        }
        seen.extend(ids(&page));
    }
    assert_eq!(seen, cursors);
}

#[tokio::test]
async fn every_event_has_the_members_that_must_be_there() {
    let hub = Hub::start().await;
    let cursor = hub.publish("a/b", "1").await;
    let events = hub.feed("topic=a/b").await;
    for (name, expected) in [
        ("specversion", json!("1.0")),
        ("id", json!(cursor)),
        ("source", json!("/a/b")),
        ("type", json!("dev.hintwire.event")),
    ] {
        assert_eq!(events[0][name], expected, "{}", events[0]);
    }
    let time: prost_types::Timestamp = events[0]["time"].as_str().unwrap().parse().unwrap();
    assert!(time.seconds > 1_700_000_000, "{}", events[0]);
}

#[tokio::test]
async fn a_tombstone_is_a_delete_of_its_subject_without_data() {
    let hub = Hub::start().await;
    let mut client = hub.server.client().await;
    let mut update = event("a", "1");
    update.key = "k".into();
    let mut gone = event("a", "");
    (gone.key, gone.deleted) = ("k".into(), true);
    client.publish(batch(vec![update, gone])).await.unwrap();
    let events = hub.feed("topic=a").await;
    assert_eq!((&events[0]["subject"], events[0].get("method")), (&json!("k"), None));
    assert_eq!((&events[1]["subject"], &events[1]["method"]), (&json!("k"), &json!("DELETE")));
    assert!(events[1].get("data").is_none() && events[1].get("data_base64").is_none());
}

#[tokio::test]
async fn with_a_timeout_the_end_of_the_feed_waits_for_news() {
    let hub = Hub::start().await;
    let last = hub.publish("a", "1").await;
    let url = hub.url(&format!("/v1/feed?topic=a&lastEventId={last}&timeout=60000"));
    let waiting = tokio::spawn(hub.http.get(url).send());
    // It may come before or after the poll: either way it is what the poll answers.
    let news = hub.publish("a", "2").await;
    let events: Vec<Value> = waiting.await.unwrap().unwrap().json().await.unwrap();
    assert_eq!(ids(&events), [news]);
    assert_eq!(hub.feed("topic=b&timeout=1").await, [json!(null); 0]);
}

#[tokio::test]
async fn a_full_page_may_be_kept_and_the_end_and_the_beginning_may_not() {
    let hub = Hub::start().await;
    let first = hub.publish("a", "1").await;
    hub.publish("a", "2").await;
    hub.publish("a", "3").await;
    let after_first = format!("topic=a&limit=1&lastEventId={first}");
    let (_, full) = hub.page(&after_first).await;
    assert_eq!(header(&full, "cache-control"), "public, max-age=3600, immutable");
    for query in [format!("topic=a&lastEventId={first}"), "topic=a&limit=1".to_owned()] {
        let (_, page) = hub.page(&query).await;
        assert_eq!(header(&page, "cache-control"), "no-cache", "{query}");
    }
}

#[tokio::test]
async fn a_reader_of_a_quiet_topic_moves_on_by_the_next_cursor() {
    let hub = Hub::start().await;
    let quiet = hub.publish("quiet", "1").await;
    let head = hub.publish("busy", "2").await;
    let (events, page) = hub.page(&format!("topic=quiet&lastEventId={quiet}")).await;
    assert!(events.is_empty());
    assert_eq!(header(&page, "hintwire-next-cursor"), head);
    let news = hub.publish("quiet", "3").await;
    assert_eq!(ids(&hub.feed(&format!("topic=quiet&lastEventId={head}")).await), [news]);
}

#[tokio::test]
async fn types_and_attributes_narrow_a_feed() {
    let hub = Hub::start().await;
    let mut client = hub.server.client().await;
    let mut wanted = event("a", "1");
    wanted.r#type = "t".into();
    wanted.attributes = [("arch".to_owned(), "amd64".to_owned())].into();
    client.publish(batch(vec![event("a", "0"), wanted])).await.unwrap();
    for (query, count) in [
        ("type=t", 1),
        ("type=u", 0),
        ("type=u&type=t", 1),
        ("attribute.arch=amd64", 1),
        ("attribute.arch=x", 0),
    ] {
        assert_eq!(hub.feed(&format!("topic=a&{query}")).await.len(), count, "{query}");
    }
}

#[tokio::test]
async fn an_id_that_cannot_be_gone_on_from_is_a_problem_and_never_other_events() {
    let hub = Hub::start().await;
    hub.publish("a", "1").await;
    let other = Hub::start().await;
    let foreign = other.publish("a", "1").await;
    for (query, status, reason, field) in [
        (
            "topic=a&lastEventId=1c6b8c6e-d8d0-4a91-b51c-1f56bd04c758",
            400,
            "CURSOR_MALFORMED",
            "lastEventId",
        ),
        (&format!("topic=a&lastEventId={foreign}"), 409, "CURSOR_FOREIGN", ""),
        ("topic=a&timeout=5s", 400, "INVALID_FIELD", "timeout"),
        ("topic=a&timeout=-1", 400, "INVALID_FIELD", "timeout"),
        ("topic=a&since=x", 400, "INVALID_FIELD", "since"),
        ("", 400, "INVALID_FIELD", "topics"),
    ] {
        let problem = hub.refusal(&format!("/v1/feed?{query}"), status).await;
        assert_eq!(problem["reason"], reason, "{query}: {problem}");
        assert_eq!(problem["metadata"]["field"].as_str().unwrap_or_default(), field, "{query}");
    }
}
