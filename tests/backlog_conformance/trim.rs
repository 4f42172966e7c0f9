//! What retention leaves.

use hintwire::backlog::{Expected, Outcome, ReadError};
use hintwire::cursor::Position;
use hintwire::event::{Event, Micros};

use crate::engine::{
    Engine, all, event, key_of, patterns, read, snapshot_read, tombstone, with_id,
};

/// Bytes that no segment of the engines under test holds twice.
const LARGE: usize = 60 << 10;

/// Trims up to a place or further, as far as it takes. What is published on the way has one key.
async fn trim(engine: &Engine, place: Position) {
    for _ in 0..1000 {
        if engine.backlog.extent().earliest >= place {
            return;
        }
        let before = engine.append_one(event("filler", "", vec![7; LARGE])).await;
        engine.append_one(event("filler", "", vec![7; LARGE])).await;
        engine.backlog.trim(before).await.unwrap();
        tokio::task::yield_now().await;
    }
    panic!("{place} is never trimmed: {:?}", engine.backlog.extent());
}

pub async fn what_was_trimmed_cannot_be_read_and_the_rest_is_whole(engine: Engine) {
    let mut places = Vec::new();
    for n in 0..20 {
        places.push(engine.append_one(event("t", &n.to_string(), vec![7; LARGE])).await);
    }
    engine.backlog.trim(places[5]).await.unwrap();
    assert!(engine.backlog.extent().earliest <= places[5], "more went than asked for");
    trim(&engine, places[5]).await;
    let earliest = engine.backlog.extent().earliest;
    let before = engine.backlog.read(read(places[4], all())).await;
    assert_eq!(before, Err(ReadError::Trimmed));
    let stored = engine.everything().await;
    let left: Vec<Position> = stored.iter().map(|event| event.position).collect();
    let expected: Vec<Position> = places.into_iter().filter(|place| *place > earliest).collect();
    assert_eq!(left[..expected.len()], expected);
    let count = engine.backlog.topics().get("t").unwrap().count();
    assert_eq!(count, expected.len() as u64);
    assert_eq!(engine.backlog.status().events, left.len() as u64);
    let first = engine.backlog.published(earliest).await.unwrap();
    assert_eq!(first, Some(stored[0].published));
}

pub async fn survivors_are_seen_by_snapshots_alone(engine: Engine) {
    let old = event("t", "old", "survives");
    engine.append(vec![event("t", "both", "1"), old.clone()]).await;
    let place = engine.append_one(event("t", "last", "x")).await;
    engine.append(vec![event("t", "both", "2")]).await;
    trim(&engine, place).await;
    assert!(engine.everything().await.iter().all(|event| key_of(event) != "old"));
    let stored = engine.snapshot(patterns(&["t"])).await;
    let keys: Vec<String> = stored.iter().map(key_of).collect();
    assert_eq!(keys, ["both", "last", "old"]);
    assert_eq!(stored[0].view().unwrap().data, b"2");
    assert_eq!(stored[2].view().unwrap().data, b"survives");
    engine.append(vec![tombstone("t", "old")]).await;
    assert_eq!(engine.snapshot(patterns(&["t"])).await.len(), 2);
}

pub async fn a_trimmed_tombstone_leaves_nothing(engine: Engine) {
    let place = engine.append(vec![event("t", "k", "x"), tombstone("t", "k")]).await[1].position;
    trim(&engine, place).await;
    let page = engine.backlog.snapshot(snapshot_read(patterns(&["t"]))).await.unwrap();
    assert_eq!(page.events, []);
    let entry = engine.backlog.topics().get("t");
    assert_eq!(entry.and_then(|entry| entry.key("k")), None);
    let absent = vec![event("t", "k", "again")];
    let outcome = engine.try_append(absent, Some(Expected::Absent)).await;
    assert!(matches!(outcome, Outcome::Appended(_)), "{outcome:?}");
}

pub async fn a_time_before_what_is_retained_has_no_place(engine: Engine) {
    let place = engine.append_one(event("t", "", "x")).await;
    assert_eq!(engine.backlog.seek(Micros(1)).await, Ok(Some(Position::INCEPTION)));
    trim(&engine, place).await;
    assert_eq!(engine.backlog.seek(Micros(1)).await, Ok(None));
    let head = engine.backlog.extent().head;
    assert_eq!(engine.backlog.seek(Micros(u64::MAX)).await, Ok(Some(head)));
}

pub async fn ids_outlive_the_events_that_carried_them(engine: Engine) {
    let mine = || with_id("1", event("t", "", "x"));
    let place = engine.append_one(mine()).await;
    engine.append(vec![event("t", "", "newer")]).await;
    trim(&engine, place).await;
    let again = engine.append(vec![mine()]).await;
    assert_eq!((again[0].position, again[0].duplicate), (place, true));
}

pub async fn a_survivors_own_cursor_counts_and_what_cannot_be_told_is_refused(engine: Engine) {
    let survivor = engine.append_one(event("t", "k", "1")).await;
    let place = engine.append_one(event("t", "other", "1")).await;
    trim(&engine, place).await;
    let earliest = engine.backlog.extent().earliest;
    let put = |key: &str| vec![event("t", key, "2")];
    let expect =
        |key: &str, place: Position| engine.try_append(put(key), Some(Expected::NotAfter(place)));
    let unknown = Outcome::Expectation { index: 0, newest: None };
    assert_eq!(expect("unknown", survivor).await, unknown);
    let known = Outcome::Expectation { index: 0, newest: Some(survivor) };
    assert_eq!(expect("k", Position::INCEPTION).await, known);
    assert!(matches!(expect("unknown", earliest).await, Outcome::Appended(_)));
    assert!(matches!(expect("k", survivor).await, Outcome::Appended(_)));
}

pub async fn a_trim_moves_nothing_beyond_the_head(engine: Engine) {
    let head = engine.append_one(Event { ..event("t", "", "x") }).await;
    engine.backlog.trim(Position(u64::MAX)).await.unwrap();
    let extent = engine.backlog.extent();
    assert!(extent.earliest <= head && extent.head == head, "{extent:?}");
    assert!(engine.append_one(event("t", "", "y")).await > head);
}
