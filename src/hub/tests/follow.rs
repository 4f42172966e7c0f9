//! What a client that keeps the rules gets.

use super::*;
use crate::backlog::memory::MemorySettings;
use crate::cursor::{Incarnation, Position};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_follows_hints_gets_all_events_in_order_and_no_hint_comes_before_its_events() {
    let hub = hub();
    let mut followers = Vec::new();
    for texts in [&["**"][..], &["a"], &["b/*"], &["a", "b/**"]] {
        let subscription = subscribe(&hub, texts).await;
        let (hub, texts) = (Arc::clone(&hub), texts.to_vec());
        followers.push(tokio::spawn(async move { follow(&hub, subscription, &texts).await }));
    }
    let writers: Vec<_> = (0..4).map(|_| tokio::spawn(write(Arc::clone(&hub)))).collect();
    for writer in writers {
        writer.await.unwrap();
    }
    hub.publish(vec![event("a"), event("b/end")].into(), None).unwrap().await.unwrap();
    let counts = [4 * 300 + 2, 4 * 100 + 1, 4 * 100 + 1, 4 * 200 + 2];
    for (follower, expected) in followers.into_iter().zip(counts) {
        assert_eq!(follower.await.unwrap(), expected);
    }
}

async fn write(hub: Arc<Hub>) {
    for n in 0..100 {
        hub.publish(vec![event("a"), event("b/x"), event("c")].into(), None)
            .unwrap()
            .await
            .unwrap();
        if n % 10 == 0 {
            tokio::task::yield_now().await;
        }
    }
}

/// Fetches when a hint says so, until the last event; returns how many there were.
async fn follow(hub: &Hub, mut hints: Subscription, texts: &[&str]) -> usize {
    let mut own = Position::INCEPTION;
    let mut seen = 0;
    let last = if texts == ["a"] { "a" } else { "b/end" };
    loop {
        let hint = hints.next().await.unwrap();
        while own < hint.cursor.position {
            let start = Cursor { position: own, ..hint.cursor };
            let page = hub.fetch(from(Start::Cursor(Some(start)), texts)).await.unwrap();
            assert!(page.next.position >= hint.cursor.position || page.has_more, "not fetchable");
            assert!(page.events.iter().all(|event| event.position > own));
            assert!(page.events.is_sorted_by_key(|event| event.position));
            seen += page.events.len();
            own = page.next.position;
            let ended = |event: &str| event == "b/end" || last == "a" && seen == 401;
            if topics_of(&page).last().is_some_and(|topic| ended(topic)) {
                return seen;
            }
        }
        own = own.max(hint.head.position);
        if last == "b/end" && texts == ["b/*"] && seen == 401 {
            return seen;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_on_a_quiet_topic_never_falls_off_retention() {
    let settings = MemorySettings { retention_events: 100, ..MemorySettings::default() };
    let hub = Hub::start(Arc::new(Memory::new(Incarnation(7), settings)), HubSettings::default());
    let first = publish(&hub, event("quiet")).await;
    let mut subscription = subscribe(&hub, &["quiet"]).await;
    let mut own = first;
    for _ in 0..50 {
        for _ in 0..40 {
            publish(&hub, event("busy")).await;
        }
        let hint = next(&mut subscription).await;
        assert!(hint.cursor.position <= own.position, "{hint:?} says that there is news");
        own = hint.head;
        hub.fetch(from(Start::Cursor(Some(own)), &["quiet"])).await.unwrap();
    }
    let error = hub.fetch(from(Start::Cursor(Some(first)), &["quiet"])).await.unwrap_err();
    assert!(matches!(error, Error::Cursor(_)), "nothing was trimmed: {error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_message_is_never_before_earliest() {
    let hub = hub();
    let mut subscription = subscribe(&hub, &["quiet"]).await;
    publish(&hub, event("quiet")).await;
    let place = publish(&hub, event("busy")).await;
    assert!(at_once(&mut subscription).await.is_some());
    hub.backlog.trim(place.position).await.unwrap();
    let hint = next(&mut subscription).await;
    assert_eq!((hint.cursor, hint.head), (place, place));
}
