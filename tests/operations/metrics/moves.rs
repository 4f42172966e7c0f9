//! What publishing, retention and fetching move.

use hintwire::cursor::Cursor;
use hintwire::v1;
use tokio_stream::StreamExt;

use super::scrape::Hub;
use crate::support::{batch, event, fetch};

#[tokio::test]
async fn publishing_counts_events_batches_repeats_and_syncs() {
    let hub = Hub::start().await;
    let mut client = hub.client().await;
    let once = v1::Event { id: "1".into(), ..event("a", "data") };
    client.publish(batch(vec![once.clone(), event("b", "data")])).await.unwrap();
    client.publish(batch(vec![once])).await.unwrap();
    let scrape = hub.comes_to("hintwire_publish_events_total", 2.0).await;
    for (sample, value) in [
        ("hintwire_publish_seconds_count", 2.0),
        ("hintwire_publish_batch_events_sum", 3.0),
        ("hintwire_publish_duplicates_total", 1.0),
        ("hintwire_log_sync_seconds_count", 1.0),
        ("hintwire_log_group_batches_sum", 1.0),
        ("hintwire_backlog_events", 2.0),
        ("hintwire_backlog_topics", 2.0),
        ("hintwire_backlog_segments", 1.0),
        ("hintwire_health{state=\"ok\"}", 1.0),
        ("hintwire_health{state=\"failed\"}", 0.0),
    ] {
        assert_eq!(scrape.get(sample), value, "{sample}");
    }
    for sample in [
        "hintwire_publish_seconds_sum",
        "hintwire_log_written_bytes_total",
        "hintwire_backlog_bytes",
        "hintwire_backlog_oldest_seconds",
        "hintwire_backlog_free_bytes",
        "process_resident_memory_bytes",
        "process_open_fds",
    ] {
        assert!(scrape.get(sample) > 0.0, "{sample}");
    }
}

#[tokio::test]
async fn retention_counts_what_it_passes() {
    let hub = Hub::start().await;
    let large = "x".repeat(20 << 10);
    let mut client = hub.client().await;
    let mut last = String::new();
    for _ in 0..5 {
        let answer = client.publish(batch(vec![event("a", &large)])).await.unwrap();
        last = answer.into_inner().results.swap_remove(0).cursor;
    }
    let last: Cursor = last.parse().unwrap();
    hub.backlog.trim(last.position).await.unwrap();
    let scrape = hub.scrape().await;
    assert_eq!(scrape.get("hintwire_retention_runs_total"), 1.0);
    assert_eq!(scrape.get("hintwire_retention_segments_total"), 2.0);
    let passed = scrape.get("hintwire_retention_events_total");
    assert!(passed > 0.0);
    assert_eq!(scrape.get("hintwire_backlog_events"), 5.0 - passed);
}

#[tokio::test]
async fn each_way_to_fetch_is_counted_and_so_are_those_in_vain() {
    let hub = Hub::start().await;
    let cursor = hub.publish("a").await;
    let mut client = hub.client().await;
    client.fetch(fetch("a", "")).await.unwrap();
    client.fetch(fetch("a", &cursor)).await.unwrap();
    let waiting = v1::FetchRequest {
        wait: Some(prost_types::Duration { seconds: 0, nanos: 1 }),
        ..fetch("a", &cursor)
    };
    client.fetch(waiting).await.unwrap();
    let request = v1::FetchStreamRequest { request: Some(fetch("a", "")) };
    let mut pages = client.fetch_stream(tokio_stream::once(request)).await.unwrap().into_inner();
    assert!(pages.next().await.is_some());
    let topics = vec!["a".to_owned()];
    client.snapshot(v1::SnapshotRequest { topics, ..Default::default() }).await.unwrap();
    assert_eq!(hub.get("/v1/events?topic=a").await.status(), 200);
    assert_eq!(hub.get("/v1/feed?topic=a").await.status(), 200);
    let events = hub.get("/v1/hints?topic=a&mode=events&closeafter=1").await;
    assert!(events.text().await.unwrap().contains("event: event"));
    let url = format!("http://{}/v1/events:fetch", hub.server.address);
    let body = r#"{"requests":[{"topics":["a"]}]}"#;
    let batch = hub.http.post(url).header("content-type", "application/json").body(body);
    assert_eq!(batch.send().await.unwrap().status(), 200);
    let scrape = hub.comes_to("hintwire_fetches_total{kind=\"sse\"}", 1.0).await;
    for (kind, all, empty) in [
        ("fetch", 2.0, 1.0),
        ("fetch_stream", 1.0, 0.0),
        ("long_poll", 1.0, 1.0),
        ("http_events", 1.0, 0.0),
        ("http_batch", 1.0, 0.0),
        ("feed", 1.0, 0.0),
        ("sse", 1.0, 0.0),
        ("snapshot", 1.0, 0.0),
    ] {
        let get = |metric| scrape.get(&format!("{metric}{{kind=\"{kind}\"}}"));
        let found = (get("hintwire_fetches_total"), get("hintwire_fetches_empty_total"));
        assert_eq!(found, (all, empty), "{kind}");
    }
    assert_eq!(scrape.get("hintwire_fetch_events_total"), 7.0);
}

#[tokio::test]
async fn a_304_is_counted_as_one_and_as_a_fetch_in_vain() {
    let hub = Hub::start().await;
    hub.publish("a").await;
    let answer = hub.get("/v1/events?topic=a").await;
    let tag = answer.headers()["etag"].clone();
    let url = format!("http://{}/v1/events?topic=a", hub.server.address);
    let again = hub.http.get(url).header("if-none-match", tag).send().await.unwrap();
    assert_eq!(again.status(), 304);
    let scrape = hub.scrape().await;
    assert_eq!(scrape.get("hintwire_not_modified_total"), 1.0);
    assert_eq!(scrape.get("hintwire_fetches_empty_total{kind=\"http_events\"}"), 1.0);
}
