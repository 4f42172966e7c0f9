//! How streams of Server-Sent Events are refused, and how they end.

use std::sync::Arc;
use std::time::Duration;

use hintwire::backlog::Backlog;
use hintwire::backlog::memory::Memory;
use hintwire::config::Config;
use hintwire::cursor::{Cursor, Incarnation, Position};

use crate::ask::{Hub, problem};
use crate::hints::on;
use crate::sse::Stream;
use crate::support::Server;

const MODES: [&str; 2] = ["hints", "events"];

async fn configured(config: Config) -> Hub {
    let server = Server::on(Arc::new(Memory::default()), config).await;
    Hub { server, http: reqwest::Client::new() }
}

#[tokio::test]
async fn a_cursor_that_cannot_be_used_is_told_within_the_stream_and_ends_it() {
    let memory = Arc::<Memory>::default();
    let hub = on(Arc::clone(&memory), Duration::from_secs(15)).await;
    let trimmed = hub.publish("a", "1").await;
    let newest: Cursor = hub.publish("a", "2").await.parse().unwrap();
    memory.trim(newest.position).await.unwrap();
    let foreign = Cursor { incarnation: Incarnation(7), ..newest }.to_string();
    let ahead = Cursor { position: Position(newest.position.0 + 9), ..newest }.to_string();
    for (token, status, reason, action) in [
        (&*trimmed, 410, "CURSOR_TRIMMED", "SNAPSHOT"),
        (&foreign, 409, "CURSOR_FOREIGN", "SNAPSHOT"),
        (&ahead, 409, "CURSOR_AHEAD", "FAIL"),
        ("nonsense", 400, "CURSOR_MALFORMED", "FAIL"),
    ] {
        for mode in MODES {
            let mut by_since =
                Stream::open(&hub, &format!("topic=a&mode={mode}&since={token}")).await;
            let mut by_id = Stream::resume(&hub, &format!("topic=a&mode={mode}"), token).await;
            let both =
                [Some(&mut by_since), (token != trimmed || mode == "events").then_some(&mut by_id)];
            for stream in both.into_iter().flatten() {
                let id = stream.last_event_id.clone();
                let block = stream.block().await.unwrap();
                let (name, problem) = block.message.unwrap();
                assert_eq!((name.as_str(), &problem["reason"]), ("cursor-error", &reason.into()));
                assert_eq!(
                    (&problem["status"], &problem["metadata"]["action"]),
                    (&status.into(), &action.into())
                );
                assert_eq!((block.retry, &stream.last_event_id), (Some(30_000), &id));
                assert!(stream.has_ended().await);
            }
        }
    }
}

#[tokio::test]
async fn all_else_is_refused_as_anywhere() {
    let hub = Hub::start().await;
    let place = hub.publish("a", "1").await;
    for (query, field) in [
        ("", "topics"),
        ("topic=a//b", "topics"),
        ("topic=a&mode=pages", "mode"),
        ("topic=a&snapshot=1", "snapshot"),
        ("topic=a&from_start=latest", "from_start"),
        ("topic=a&omit_data=1", "omit_data"),
        ("topic=a&mode=events&from_start=now", "from_start"),
        ("topic=a&mode=events&from_start=latest&snapshot=1", "snapshot"),
        (&*format!("topic=a&mode=events&since={place}&snapshot=1"), "snapshot"),
        ("topic=a&closeafter=yes", "closeafter"),
        ("topic=a&min_interval=soon", "min_interval"),
        ("topic=a&wait=30s", "wait"),
    ] {
        let problem = hub.refusal(&format!("/v1/hints?{query}"), 400).await;
        assert_eq!(problem["reason"], "INVALID_FIELD", "{query}: {problem}");
        assert_eq!(problem["metadata"]["field"], field, "{query}: {problem}");
    }
}

#[tokio::test]
async fn streams_are_counted_and_one_that_is_dropped_makes_room_at_once() {
    let both = [
        reqwest::Client::new(),
        reqwest::Client::builder().http2_prior_knowledge().build().unwrap(),
    ];
    for http in both {
        for mode in MODES {
            let hub = Hub {
                http: http.clone(),
                ..configured(Config { streams: 1, ..Config::default() }).await
            };
            let path = format!("topic=a&mode={mode}");
            let mut stream = Stream::open(&hub, &path).await;
            stream.block().await.unwrap();
            assert_eq!(hub.json("/v1/hub").await["streams"], 1);
            let second = hub.get(&format!("/v1/hints?{path}")).await;
            assert!(second.headers().contains_key("retry-after"));
            assert_eq!(problem(second, 429).await["reason"], "LIMIT_REACHED");
            drop(stream);
            while hub.json("/v1/hub").await["streams"] != 0 {
                tokio::task::yield_now().await;
            }
        }
    }
}

#[tokio::test]
async fn a_drain_tells_every_stream_to_come_back_and_ends_it() {
    let hub = Hub::start().await;
    hub.publish("a", "1").await;
    for mode in MODES {
        let hub = Hub { server: Server::start().await, http: hub.http.clone() };
        let mut stream = Stream::open(&hub, &format!("topic=a&mode={mode}")).await;
        stream.block().await.unwrap();
        hub.server.shut_down();
        let last = stream.block().await.unwrap();
        let (name, data) = last.message.unwrap();
        assert_eq!((name.as_str(), &data["reason"]), ("reconnect", &"DRAIN".into()));
        let after = data["reconnect_after_ms"].as_u64().unwrap();
        assert_eq!(last.retry, Some(1000 + after));
        assert!(stream.has_ended().await);
        hub.server.stopped().await.unwrap();
    }
}

#[tokio::test]
async fn a_stream_that_is_old_enough_is_told_to_come_back_and_loses_nothing() {
    let config = Config { stream_age: Duration::from_millis(100), ..Config::default() };
    let hub = configured(config).await;
    let mut id = String::new();
    for nth in 0..3 {
        let mut stream = Stream::resume(&hub, "topic=a&mode=events", &id).await;
        stream.block().await.unwrap();
        let cursor = hub.publish("a", "1").await;
        while stream.last_event_id < cursor {
            match stream.block().await {
                Some(_) => {}
                // Its time was over before it was told.
                None => {
                    stream =
                        Stream::resume(&hub, "topic=a&mode=events", &stream.last_event_id.clone())
                            .await
                }
            }
        }
        assert_eq!(stream.last_event_id, cursor, "{nth}");
        let data = stream.next("reconnect").await;
        assert_eq!(data["reason"], "AGE");
        assert!(stream.has_ended().await);
        id = stream.last_event_id;
    }
}
