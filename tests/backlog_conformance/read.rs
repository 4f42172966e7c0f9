//! What reads promise.

use std::sync::Arc;

use hintwire::backlog::{Read, SnapshotRead};
use hintwire::cursor::Position;
use hintwire::event::{Event, Micros, StoredEvent};
use hintwire::limits::EXAMINED_EVENTS;
use hintwire::topic::{Filter, Selection};

use crate::engine::{Engine, all, event, is, key_of, patterns, read, snapshot_read, tombstone};

fn keys(events: &[StoredEvent]) -> Vec<String> {
    events.iter().map(key_of).collect()
}

pub async fn a_page_holds_what_is_selected_after_the_start(engine: Engine) {
    let typed = |topic: &str, key: &str, event_type: &str| Event {
        event_type: event_type.into(),
        attributes: [("for".into(), key.into())].into(),
        ..event(topic, key, "x")
    };
    let start = engine.append_one(typed("a", "0", "x")).await;
    let batch = vec![
        typed("a", "1", "x"),
        typed("a/b", "2", "y"),
        typed("a/~b", "3", "x"),
        typed("c", "4", "x"),
        Event { attributes: [].into(), ..typed("c", "5", "x") },
    ];
    engine.append(batch).await;
    let read = |texts: &[&str], filter: Filter| {
        let selection = Selection { patterns: patterns(texts), filter: Arc::new(filter) };
        engine.page(Read { selection, ..read(start, all()) })
    };
    let none = Filter::default;
    assert_eq!(keys(&read(&["a"], none()).await.events), ["1"]);
    assert_eq!(keys(&read(&["**"], none()).await.events), ["1", "2", "4", "5"]);
    assert_eq!(keys(&read(&["a/*", "a/~b", "a/b"], none()).await.events), ["2", "3"]);
    let x = || Filter { types: vec!["x".into()], ..none() };
    assert_eq!(keys(&read(&["**"], x()).await.events), ["1", "4", "5"]);
    let for_4 = Filter { attributes: [("for".into(), "4".into())].into(), ..x() };
    let page = read(&["**"], for_4).await;
    assert_eq!(keys(&page.events), ["4"]);
    assert_eq!((page.next, page.has_more), (engine.backlog.extent().head, false));
}

pub async fn a_page_keeps_its_limits_but_holds_one_event(engine: Engine) {
    let events: Vec<Event> = (0..10).map(|n| event("t", &n.to_string(), vec![7; 1000])).collect();
    let size = events[0].clone().encode().wire.len();
    engine.append(events).await;
    let from = read(Position::INCEPTION, all());
    for (limits, expected) in [((3, 1 << 20), 3), ((1000, 4 * size), 4), ((1000, 1), 1)] {
        let page = engine.page(Read { events: limits.0, bytes: limits.1, ..from.clone() }).await;
        assert_eq!((page.events.len(), page.has_more), (expected, true), "{limits:?}");
        assert_eq!(page.next, page.events[expected - 1].position);
    }
}

pub async fn data_that_is_omitted_does_not_count(engine: Engine) {
    engine.append((0..10).map(|n| event("t", &n.to_string(), vec![7; 1000])).collect()).await;
    let from = read(Position::INCEPTION, all());
    let page = engine.page(Read { bytes: 1000, omit_data: true, ..from }).await;
    assert_eq!((page.events.len(), page.has_more), (10, false));
    let catalog = SnapshotRead { bytes: 1000, omit_data: true, ..snapshot_read(all()) };
    assert_eq!(engine.backlog.snapshot(catalog).await.unwrap().events.len(), 10);
}

pub async fn pages_joined_are_the_whole_and_only_the_last_ends_at_head(engine: Engine) {
    let events: Vec<Event> =
        (0..100).map(|n| event(["a", "b", "c"][n % 3], &n.to_string(), "x")).collect();
    engine.append(events.clone()).await;
    let mut after = Position::INCEPTION;
    let mut seen = Vec::new();
    loop {
        let from = Read { events: 7, ..read(after, patterns(&["a", "c"])) };
        let page = engine.page(from).await;
        assert_eq!(page.next == page.head, !page.has_more);
        assert!(page.next > after);
        seen.extend(page.events);
        after = page.next;
        if !page.has_more {
            break;
        }
    }
    let expected: Vec<&Event> = events.iter().filter(|e| e.topic.as_str() != "b").collect();
    assert_eq!(seen.len(), expected.len());
    assert!(seen.iter().zip(expected).all(|(stored, event)| is(stored, event)));
}

pub async fn a_read_examines_only_so_much_and_says_where_to_go_on(engine: Engine) {
    let many = EXAMINED_EVENTS + 500;
    for chunk in 0..many.div_ceil(1000) {
        let count = 1000.min(many - chunk * 1000);
        engine.append((0..count).map(|_| event("t", "", "x")).collect()).await;
    }
    let wanted = Event { event_type: "rare".into(), ..event("t", "", "x") };
    let wanted = engine.append_one(wanted).await;
    let filter = Filter { types: vec!["rare".into()], ..Filter::default() };
    let selection = Selection { patterns: patterns(&["t"]), filter: Arc::new(filter) };
    let first = Read { selection, ..read(Position::INCEPTION, all()) };
    let page = engine.page(first.clone()).await;
    assert_eq!((page.events.len(), page.has_more), (0, true));
    assert!(page.next > Position::INCEPTION && page.next < wanted);
    let page = engine.page(Read { after: page.next, ..first }).await;
    assert_eq!((page.events.len(), page.has_more), (1, false));
}

pub async fn a_snapshot_holds_the_newest_of_each_key_without_tombstones(engine: Engine) {
    let newest = [event("a", "", "keyless 2"), event("a", "k", "3"), event("b", "k", "4")];
    engine.append(vec![event("a", "", "keyless 1"), event("a", "k", "1")]).await;
    engine.append(vec![event("a", "gone", "2"), tombstone("a", "gone")]).await;
    engine.append(newest.to_vec()).await;
    engine.append(vec![event("~log", "k", "5")]).await;
    let stored = engine.snapshot(all()).await;
    assert_eq!(stored.len(), 3);
    assert!(stored.iter().zip(&newest).all(|(stored, event)| is(stored, event)), "{stored:?}");
    assert_eq!(engine.snapshot(patterns(&["b"])).await.len(), 1);
}

pub async fn snapshot_pages_joined_are_the_whole_in_order(engine: Engine) {
    for n in 0..60 {
        let topic = ["b", "a", "a/b", "c"][n % 4];
        engine.append(vec![event(topic, &format!("k{}", n % 15), "x")]).await;
    }
    engine.append(vec![tombstone("a/b", "k2"), tombstone("c", "k14")]).await;
    let whole = engine.snapshot(all()).await;
    for events in [1, 2, 7] {
        let mut read = SnapshotRead { events, ..snapshot_read(all()) };
        let mut seen = Vec::new();
        loop {
            let page = engine.backlog.snapshot(read.clone()).await.unwrap();
            assert!(page.events.len() <= events);
            seen.extend(page.events);
            let Some(next) = page.next else { break };
            read.after = Some(next);
        }
        assert_eq!(seen, whole);
    }
    let order: Vec<_> = whole.iter().map(|event| event.view().unwrap()).collect();
    assert!(order.is_sorted_by_key(|event| (event.topic, event.key)));
    assert_eq!(whole.len(), 58);
}

pub async fn a_snapshot_of_some_keys_holds_these_alone(engine: Engine) {
    for topic in ["a", "b"] {
        engine.append(["1", "2", "3"].map(|key| event(topic, key, "x")).into()).await;
    }
    let wanted = vec!["0".into(), "1".into(), "3".into()];
    let read = SnapshotRead { keys: wanted, ..snapshot_read(all()) };
    let page = engine.backlog.snapshot(read.clone()).await.unwrap();
    assert_eq!(keys(&page.events), ["1", "3", "1", "3"]);
    let first = SnapshotRead { events: 3, ..read };
    let page = engine.backlog.snapshot(first.clone()).await.unwrap();
    let rest = SnapshotRead { after: page.next, ..first };
    assert_eq!(keys(&engine.backlog.snapshot(rest).await.unwrap().events), ["3"]);
}

pub async fn a_time_is_found_by_when_events_were_published(engine: Engine) {
    for n in 0..5u8 {
        engine.append(vec![event("t", "", [n])]).await;
        while Micros::now() <= engine.everything().await.last().unwrap().published {}
    }
    let stored = engine.everything().await;
    let backlog = &engine.backlog;
    let seek = |time: Micros| async move { backlog.seek(time).await.unwrap().unwrap() };
    for (n, event) in stored.iter().enumerate() {
        let place = seek(event.published).await;
        assert!(place < event.position);
        assert!(n == 0 || place >= stored[n - 1].position);
    }
    assert!(seek(Micros(0)).await < stored[0].position);
    assert_eq!(seek(Micros(u64::MAX)).await, stored[4].position);
}

pub async fn the_topic_table_knows_newest_and_count(engine: Engine) {
    let first = engine.append(vec![event("a/b", "", "1"), event("a/b", "k", "2")]).await;
    let second = engine.append(vec![event("a/c", "", "3")]).await;
    let topics = engine.backlog.topics();
    let entry = topics.get("a/b").unwrap();
    assert_eq!((entry.newest(), entry.count()), (first[1].position, 2));
    assert!(entry.first() < first[0].position);
    assert_eq!(topics.newest(&patterns(&["a/**"])), second[0].position);
    assert_eq!(topics.newest(&patterns(&["a/b", "nothing"])), first[1].position);
    let published = engine.backlog.published(first[1].position).await.unwrap();
    assert_eq!(published, Some(engine.everything().await[1].published));
}
