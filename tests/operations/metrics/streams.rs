//! What streams and hints move, and who is behind.

use std::time::Duration;

use hintwire::v1::SubscribeResponse;
use hintwire::v1::subscribe_response::Kind;
use tokio_stream::StreamExt;
use tonic::Streaming;

use super::scrape::Hub;
use crate::support::{fetch, subscribe};

const BEHIND: &str = "hintwire_connections_behind{over=\"0\"}";

async fn next(hints: &mut Streaming<SubscribeResponse>) -> SubscribeResponse {
    let hint = tokio::time::timeout(Duration::from_secs(30), hints.next()).await;
    hint.expect("a hint").unwrap().unwrap()
}

#[tokio::test]
async fn who_was_told_is_behind_until_it_has_fetched() {
    let hub = Hub::start().await;
    let mut client = hub.client().await;
    let mut hints = client.subscribe(subscribe("a", "")).await.unwrap().into_inner();
    assert_eq!(next(&mut hints).await.kind(), Kind::Confirmed);
    let scrape = hub.scrape().await;
    assert_eq!((scrape.get("hintwire_streams"), scrape.get(BEHIND)), (1.0, 0.0));
    let cursor = hub.publish("a").await;
    assert_eq!(next(&mut hints).await.kind(), Kind::Changed);
    let scrape = hub.scrape().await;
    for (sample, value) in [
        (BEHIND, 1.0),
        ("hintwire_connections_behind{over=\"60\"}", 0.0),
        ("hintwire_streams_opened_total", 1.0),
        ("hintwire_patterns", 1.0),
        ("hintwire_hints_total{kind=\"confirmed\"}", 1.0),
        ("hintwire_hints_total{kind=\"changed\"}", 1.0),
        ("hintwire_hint_seconds_count", 1.0),
        ("hintwire_connections{protocol=\"http2\"}", 1.0),
    ] {
        assert!(scrape.get(sample) >= value, "{sample}");
    }
    assert!(scrape.get("hintwire_hint_seconds_sum") > 0.0);
    assert!(scrape.get("hintwire_connections_behind_oldest_seconds") > 0.0);
    // Of another connection: it says nothing of the one that was told.
    hub.client().await.fetch(fetch("a", "")).await.unwrap();
    assert_eq!(hub.scrape().await.get(BEHIND), 1.0);
    client.fetch(fetch("a", "")).await.unwrap();
    let scrape = hub.scrape().await;
    assert_eq!((scrape.get(BEHIND), scrape.get("hintwire_converge_seconds_count")), (0.0, 1.0));
    // It has everything, so there is nothing to converge to.
    client.fetch(fetch("a", &cursor)).await.unwrap();
    assert_eq!(hub.scrape().await.get("hintwire_converge_seconds_count"), 1.0);
}

#[tokio::test]
async fn who_leaves_without_fetching_is_left_behind() {
    let hub = Hub::start().await;
    let mut client = hub.client().await;
    let mut hints = client.subscribe(subscribe("a", "")).await.unwrap().into_inner();
    next(&mut hints).await;
    hub.publish("a").await;
    next(&mut hints).await;
    drop((hints, client));
    let scrape = hub.comes_to("hintwire_connections_left_behind_total", 1.0).await;
    assert_eq!((scrape.get(BEHIND), scrape.get("hintwire_streams")), (0.0, 0.0));
}
