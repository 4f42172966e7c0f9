use hintwire::config::Config;
use hintwire::v1;
use hintwire::v1::subscribe_response::{Kind, ReconnectReason};
use prost_types::Duration;

use std::sync::Arc;

use hintwire::backlog::memory::Memory;

use crate::support::{Server, batch, event, info, reason, subscribe};

#[tokio::test]
async fn a_subscription_is_confirmed_at_once_and_hints_name_what_changed() {
    let server = Server::start().await;
    let (mut client, mut publisher) = (server.client().await, server.client().await);
    let mut hints = client.subscribe(subscribe("a/*", "")).await.unwrap().into_inner();
    let confirmed = hints.message().await.unwrap().unwrap();
    assert_eq!(confirmed.kind(), Kind::Confirmed);
    assert!(!confirmed.topics_truncated && confirmed.topics.is_empty());
    assert_eq!(confirmed.heartbeat_interval, Some(Duration { seconds: 15, nanos: 0 }));

    let events = vec![event("b/x", ""), event("a/x", "")];
    let results = publisher.publish(batch(events)).await.unwrap().into_inner().results;
    let changed = hints.message().await.unwrap().unwrap();
    assert_eq!(changed.kind(), Kind::Changed);
    assert_eq!(changed.topics, ["a/x"]);
    assert_eq!(changed.cursor, results[1].cursor);
    assert!(changed.head >= changed.cursor && confirmed.head < changed.cursor);
}

#[tokio::test]
async fn a_client_that_is_behind_is_told_so_by_the_confirmation() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut cursors = Vec::new();
    for _ in 0..2 {
        let reply = client.publish(batch(vec![event("a", "")])).await.unwrap().into_inner();
        cursors.push(reply.results[0].cursor.clone());
    }
    for (own, behind) in [(&cursors[0], true), (&cursors[1], false)] {
        let mut hints = client.subscribe(subscribe("a", own)).await.unwrap().into_inner();
        let confirmed = hints.message().await.unwrap().unwrap();
        assert_eq!((confirmed.topics_truncated, &confirmed.cursor), (behind, &cursors[1]));
    }
}

#[tokio::test]
async fn a_filter_keeps_other_events_from_being_hinted_at() {
    let server = Server::start().await;
    let (mut client, mut publisher) = (server.client().await, server.client().await);
    let request = v1::SubscribeRequest { types: vec!["wanted".into()], ..subscribe("**", "") };
    let mut hints = client.subscribe(request).await.unwrap().into_inner();
    hints.message().await.unwrap().unwrap();
    publisher.publish(batch(vec![event("other", "")])).await.unwrap();
    let wanted = v1::Event { r#type: "wanted".into(), ..event("a", "") };
    publisher.publish(batch(vec![wanted])).await.unwrap();
    assert_eq!(hints.message().await.unwrap().unwrap().topics, ["a"]);
}

#[tokio::test]
async fn wrong_requests_are_refused_before_the_first_message() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let minus = Some(Duration { seconds: 0, nanos: -1 });
    let wrong = v1::SubscribeRequest { min_interval: minus, ..subscribe("**", "") };
    let refused = client.subscribe(wrong).await.unwrap_err();
    assert_eq!(info(&refused).metadata["field"], "min_interval");
    assert_eq!(reason(client.subscribe(subscribe("a//b", "")).await), "INVALID_FIELD");
    assert_eq!(reason(client.subscribe(subscribe("a", "x")).await), "CURSOR_MALFORMED");
    let none = v1::SubscribeRequest::default();
    assert_eq!(reason(client.subscribe(none).await), "INVALID_FIELD");
}

#[tokio::test]
async fn streams_over_the_limit_are_refused_and_a_closed_one_makes_room() {
    let config = Config { streams: 1, ..Config::default() };
    let server = Server::on(Arc::new(Memory::default()), config).await;
    let mut client = server.client().await;
    let mut first = client.subscribe(subscribe("a", "")).await.unwrap().into_inner();
    first.message().await.unwrap();
    assert_eq!(reason(client.subscribe(subscribe("b", "")).await), "LIMIT_REACHED");
    drop(first);
    while client.get_hub(v1::GetHubRequest {}).await.unwrap().into_inner().streams > 0 {
        tokio::task::yield_now().await;
    }
    assert!(client.subscribe(subscribe("b", "")).await.is_ok());
}

#[tokio::test]
async fn a_drain_sends_reconnect_to_every_stream_and_ends_it_with_ok() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut streams = Vec::new();
    for pattern in ["a", "b/*", "**"] {
        let mut hints = client.subscribe(subscribe(pattern, "")).await.unwrap().into_inner();
        hints.message().await.unwrap();
        streams.push(hints);
    }
    server.shut_down();
    for mut hints in streams {
        let last = hints.message().await.unwrap().unwrap();
        assert_eq!(last.kind(), Kind::Reconnect);
        assert_eq!(last.reconnect_reason(), ReconnectReason::Drain);
        assert_eq!(hints.message().await.unwrap(), None);
    }
    server.stopped().await.unwrap();
}
