//! `GET /v1/hints?mode=events`: the events themselves.

use hintwire::v1;

use crate::ask::Hub;
use crate::hints::lively;
use crate::sse::{Stream, payload};
use crate::support::{batch, event};

/// An event whose payload is a JSON string.
fn text(topic: &str, key: &str, data: &str) -> v1::Event {
    let data = format!("{data:?}");
    v1::Event { key: key.into(), content_type: "application/json".into(), ..event(topic, &data) }
}

async fn publish(hub: &Hub, events: Vec<v1::Event>) -> Vec<String> {
    let mut client = hub.server.client().await;
    let reply = client.publish(batch(events)).await.unwrap().into_inner();
    reply.results.into_iter().map(|result| result.cursor).collect()
}

fn numbered(topic: &str, numbers: std::ops::Range<usize>) -> Vec<v1::Event> {
    numbers.map(|nth| text(topic, "", &format!("{nth:04}"))).collect()
}

fn names(numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.map(|nth| format!("{nth:04}")).collect()
}

#[tokio::test]
async fn a_reader_that_is_cut_off_anywhere_gets_the_rest_exactly_and_then_what_is_new() {
    for client in [
        reqwest::Client::new(),
        reqwest::Client::builder().http2_prior_knowledge().build().unwrap(),
    ] {
        let hub = Hub { http: client, ..Hub::start().await };
        publish(&hub, numbered("a", 0..5)).await;
        publish(&hub, numbered("b", 0..1)).await;
        let mut stream = Stream::open(&hub, "topic=a&mode=events").await;
        assert_eq!(stream.events(2).await, names(0..2));
        let id = stream.last_event_id.clone();
        drop(stream);
        let mut stream = Stream::resume(&hub, "topic=a&mode=events", &id).await;
        assert_eq!(stream.events(3).await, names(2..5));
        publish(&hub, numbered("a", 5..7)).await;
        assert_eq!(stream.events(2).await, names(5..7));
    }
}

#[tokio::test]
async fn a_long_backlog_comes_page_by_page_whole_and_in_order() {
    let hub = Hub::start().await;
    let long = "x".repeat(1000);
    let events = (0..500).map(|nth| text("a", "", &format!("{nth:04}{long}"))).collect();
    publish(&hub, events).await;
    let mut stream = Stream::open(&hub, "topic=**&mode=events").await;
    let found = stream.events(500).await;
    let expected: Vec<_> = (0..500).map(|nth| format!("{nth:04}{long}")).collect();
    assert!(found == expected);
}

#[tokio::test]
async fn signs_of_life_take_the_reader_to_the_head() {
    let hub = lively().await;
    publish(&hub, numbered("a", 0..1)).await;
    let mut stream = Stream::open(&hub, "topic=a&mode=events").await;
    stream.events(1).await;
    let head = hub.publish("b", "2").await;
    while stream.quiet().await.unwrap() != head {}
    let mut stream = Stream::resume(&hub, "topic=**&mode=events", &head).await;
    publish(&hub, numbered("a", 1..2)).await;
    assert_eq!(stream.events(1).await, names(1..2));
}

#[tokio::test]
async fn a_start_is_the_earliest_the_latest_or_a_place() {
    for (start, first) in
        [("", 0), ("from_start=earliest", 0), ("from_start=latest", 3), ("since=", 1)]
    {
        let hub = Hub::start().await;
        let cursors = publish(&hub, numbered("a", 0..3)).await;
        let place = if start == "since=" { &cursors[0] } else { "" };
        let query = format!("topic=a&mode=events&{start}{place}");
        let mut stream = Stream::open(&hub, &query).await;
        // The first block says that the stream is open.
        stream.block().await.unwrap();
        publish(&hub, numbered("a", 3..4)).await;
        assert_eq!(stream.events(4 - first).await, names(first..4), "{start}");
    }
}

#[tokio::test]
async fn a_filter_and_omitted_data_are_as_in_a_fetch() {
    let hub = Hub::start().await;
    let wanted = v1::Event { r#type: "wanted".into(), ..text("a", "", "x") };
    publish(&hub, vec![text("a", "", "other"), wanted, text("a", "", "other")]).await;
    let mut stream = Stream::open(&hub, "topic=a&mode=events&type=wanted&omit_data=1").await;
    let found = stream.next("event").await;
    assert_eq!((&found["type"], &found["data_size"]), (&"wanted".into(), &3.into()));
    assert!(found.get("data").is_none() && found.get("data_base64").is_none());
    let end = hub.json("/v1/hub").await["head"].as_str().unwrap().to_owned();
    assert_eq!(stream.quiet().await, Some(end), "what was looked at is done");
}

#[tokio::test]
async fn closeafter_ends_the_answer_after_the_first_events() {
    let hub = Hub::start().await;
    let mut stream = Stream::open(&hub, "topic=a&mode=events&closeafter=1").await;
    stream.block().await.unwrap();
    publish(&hub, numbered("a", 0..3)).await;
    assert_eq!(stream.events(3).await, names(0..3));
    assert!(stream.has_ended().await);
}

#[tokio::test]
async fn a_snapshot_comes_first_then_what_changed_since_with_no_gap() {
    let hub = Hub::start().await;
    let long = "x".repeat(1000);
    let keys: Vec<_> = (0..200).map(|nth| format!("{nth:04}")).collect();
    publish(&hub, keys.iter().map(|key| text("a", key, "old")).collect()).await;
    publish(&hub, keys.iter().map(|key| text("a", key, &long)).collect()).await;
    let mut stream = Stream::open(&hub, "topic=a&mode=events&snapshot=1").await;
    let first = stream.next("snapshot").await;
    assert_eq!((&first["key"], payload(&first)), (&keys[0].as_str().into(), long));
    let changed =
        publish(&hub, vec![text("a", &keys[0], "new"), text("a", &keys[199], "new")]).await;
    for key in &keys[1..] {
        assert_eq!(stream.next("snapshot").await["key"], *key);
        assert_eq!(stream.last_event_id, "", "half a snapshot is worth nothing");
    }
    let end = stream.next("snapshot-end").await;
    assert_eq!(end["cursor"], stream.last_event_id);
    let pinned = stream.last_event_id.clone();
    assert_eq!(stream.events(2).await, ["new", "new"]);
    assert_eq!(stream.last_event_id, changed[1]);

    let mut stream = Stream::resume(&hub, "topic=a&mode=events&snapshot=1", &pinned).await;
    assert_eq!(stream.events(2).await, ["new", "new"], "who has a place needs no snapshot");
}

#[tokio::test]
async fn closeafter_ends_the_answer_after_a_snapshot_even_an_empty_one() {
    let hub = Hub::start().await;
    let mut stream = Stream::open(&hub, "topic=a&mode=events&snapshot=1&closeafter=1").await;
    stream.next("snapshot-end").await;
    assert!(stream.has_ended().await);
}
