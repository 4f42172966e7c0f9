//! `GET /v1/hints` with hints: the reader fetches for itself.

use std::sync::Arc;
use std::time::Duration;

use hintwire::backlog::Backlog;
use hintwire::backlog::memory::Memory;
use hintwire::config::Config;
use hintwire::cursor::Cursor;
use hintwire::v1;

use crate::ask::Hub;
use crate::sse::Stream;
use crate::support::{Server, batch, event};

/// A hub that gives signs of life as soon as it may.
pub async fn lively() -> Hub {
    on(Arc::default(), Duration::from_millis(20)).await
}

pub async fn on(memory: Arc<Memory>, heartbeat_interval: Duration) -> Hub {
    let config = Config { heartbeat_interval, ..Config::default() };
    Hub { server: Server::on(memory, config).await, http: reqwest::Client::new() }
}

#[tokio::test]
async fn a_stream_is_confirmed_at_once_and_hints_name_what_changed() {
    let hub = Hub::start().await;
    let head = hub.publish("b", "1").await;
    let mut stream = Stream::open(&hub, "topic=a/*").await;
    let first = stream.block().await.unwrap();
    let (name, confirmed) = first.message.unwrap();
    assert_eq!((name.as_str(), &confirmed["kind"]), ("hint", &"CONFIRMED".into()));
    assert_eq!((&confirmed["head"], first.id), (&head.clone().into(), Some(head)));
    assert_eq!(confirmed["topics_truncated"], false);
    assert_eq!(confirmed["heartbeat_interval_ms"], 15_000);
    assert!((1000..=2000).contains(&first.retry.unwrap()), "{:?}", first.retry);

    hub.publish("c", "2").await;
    let cursor = hub.publish("a/x", "3").await;
    let changed = stream.next("hint").await;
    assert_eq!((&changed["kind"], &changed["cursor"]), (&"CHANGED".into(), &cursor.into()));
    assert_eq!((&changed["topics"][0], &changed["fetch_after_ms"]), (&"a/x".into(), &0.into()));
}

#[tokio::test]
async fn who_is_cut_off_before_it_has_fetched_is_told_again() {
    let hub = lively().await;
    let mut stream = Stream::open(&hub, "topic=a").await;
    stream.next("hint").await;
    let place = stream.last_event_id.clone();
    let newest = hub.publish("a", "1").await;
    while stream.next("hint").await["kind"] != "CHANGED" {}
    // Neither the hint nor what comes after it takes the reader past what it has not fetched.
    hub.publish("b", "2").await;
    for _ in 0..3 {
        assert_eq!(stream.quiet().await, Some(place.clone()));
    }
    for _ in 0..2 {
        let id = std::mem::take(&mut stream.last_event_id);
        drop(stream);
        stream = Stream::resume(&hub, "topic=a", &id).await;
        let confirmed = stream.next("hint").await;
        assert_eq!(
            (&confirmed["cursor"], &confirmed["topics_truncated"]),
            (&newest.clone().into(), &true.into())
        );
        let page = fetched(&hub, &stream.last_event_id).await;
        assert_eq!(page.len(), 1, "a fetch from the id misses nothing");
    }
}

async fn fetched(hub: &Hub, cursor: &str) -> Vec<v1::StoredEvent> {
    let mut client = hub.server.client().await;
    client.fetch(crate::support::fetch("a", cursor)).await.unwrap().into_inner().events
}

#[tokio::test]
async fn while_there_is_nothing_to_fetch_the_id_follows_the_head() {
    let hub = lively().await;
    let own = hub.publish("a", "1").await;
    let mut stream = Stream::open(&hub, &format!("topic=a&since={own}")).await;
    stream.next("hint").await;
    let head = hub.publish("b", "2").await;
    while stream.quiet().await.unwrap() != head {}
    let mut stream = Stream::resume(&hub, "topic=a", &head).await;
    assert_eq!(stream.next("hint").await["topics_truncated"], false);
}

#[tokio::test]
async fn the_place_that_a_browser_brings_back_goes_before_the_one_in_its_address() {
    let hub = Hub::start().await;
    let first = hub.publish("a", "1").await;
    let newest = hub.publish("a", "2").await;
    for (since, id, behind) in [
        (&first, "", true),
        (&newest, "", false),
        (&newest, &*first, true),
        (&first, &newest, false),
    ] {
        let mut stream = Stream::resume(&hub, &format!("topic=a&since={since}"), id).await;
        assert_eq!(stream.next("hint").await["topics_truncated"], behind);
    }
}

#[tokio::test]
async fn an_id_that_retention_has_passed_says_fetch_though_a_since_like_that_is_an_error() {
    let memory = Arc::<Memory>::default();
    let hub = on(Arc::clone(&memory), Duration::from_secs(15)).await;
    let trimmed = hub.publish("a", "1").await;
    let newest = hub.publish("a", "2").await;
    memory.trim(newest.parse::<Cursor>().unwrap().position).await.unwrap();
    let mut stream = Stream::resume(&hub, "topic=a", &trimmed).await;
    let confirmed = stream.next("hint").await;
    assert_eq!(
        (&confirmed["cursor"], &confirmed["topics_truncated"]),
        (&newest.into(), &true.into())
    );
    assert_eq!(stream.last_event_id, trimmed);
    let mut stream = Stream::open(&hub, &format!("topic=a&since={trimmed}")).await;
    assert_eq!(stream.next("cursor-error").await["reason"], "CURSOR_TRIMMED");
}

#[tokio::test]
async fn closeafter_ends_the_answer_after_the_first_news() {
    let hub = Hub::start().await;
    let mut stream = Stream::open(&hub, "topic=a&closeafter=1").await;
    assert_eq!(stream.next("hint").await["kind"], "CONFIRMED");
    let own = hub.publish("a", "1").await;
    assert_eq!(stream.next("hint").await["kind"], "CHANGED");
    assert!(stream.has_ended().await);
    hub.publish("a", "2").await;
    let mut stream = Stream::open(&hub, &format!("topic=a&closeafter=1&since={own}")).await;
    assert_eq!(stream.next("hint").await["kind"], "CONFIRMED");
    assert!(stream.has_ended().await);
}

#[tokio::test]
async fn filters_and_the_least_interval_are_the_hubs_own() {
    let hub = lively().await;
    let query = "topic=a&type=wanted&attribute.x=1&min_interval=60s";
    let mut stream = Stream::open(&hub, query).await;
    stream.next("hint").await;
    let attributes = |x: &str| [("x".to_owned(), x.to_owned())].into();
    let wanted =
        v1::Event { r#type: "wanted".into(), attributes: attributes("1"), ..event("a", "") };
    let other = v1::Event { attributes: attributes("2"), ..wanted.clone() };
    let mut client = hub.server.client().await;
    client.publish(batch(vec![event("a", ""), other])).await.unwrap();
    let reply = client.publish(batch(vec![wanted.clone()])).await.unwrap().into_inner();
    assert_eq!(stream.next("hint").await["cursor"], reply.results[0].cursor);
    client.publish(batch(vec![wanted])).await.unwrap();
    for _ in 0..3 {
        stream.quiet().await;
    }
}
