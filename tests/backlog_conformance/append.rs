//! What an append promises.

use std::sync::Arc;

use hintwire::backlog::{Expected, Outcome, Placed};
use hintwire::cursor::Position;
use hintwire::event::Event;

use crate::engine::{Engine, all, batch, event, is, read, tombstone, with_id};

fn new(placed: &[Placed]) -> Vec<Position> {
    assert!(placed.iter().all(|placed| !placed.duplicate), "{placed:?}");
    placed.iter().map(|placed| placed.position).collect()
}

pub async fn a_batch_is_contiguous_and_readable_once_it_is_answered(engine: Engine) {
    let mut published = Vec::new();
    for n in 0..10u8 {
        let events: Vec<Event> = (0..n + 1).map(|i| event("t", "", [n, i])).collect();
        let places = new(&engine.append(events.clone()).await);
        let head = engine.backlog.extent().head;
        assert_eq!(places.last(), Some(&head));
        assert_eq!(engine.backlog.topics().newest(&all()), head);
        published.extend(places.into_iter().zip(events));
    }
    let stored = engine.everything().await;
    assert_eq!(stored.len(), published.len());
    for (stored, (position, event)) in stored.iter().zip(&published) {
        assert_eq!(stored.position, *position);
        assert!(is(stored, event), "{stored:?} is not {event:?}");
    }
}

pub async fn batches_queued_together_keep_their_order(engine: Engine) {
    let receipts: Vec<_> =
        (0..100u8).map(|n| engine.backlog.append(batch(vec![event("t", "", [n])], None))).collect();
    let mut last = Position::INCEPTION;
    for receipt in receipts {
        let Outcome::Appended(placed) = receipt.await else { panic!("refused") };
        assert!(placed[0].position > last);
        last = placed[0].position;
    }
}

pub async fn a_repeat_is_answered_with_its_first_place_and_not_appended_again(engine: Engine) {
    let first = engine.append_one(with_id("1", event("t", "", "one"))).await;
    let mixed = vec![
        event("t", "", "new"),
        with_id("1", event("t", "", "one")),
        with_id("2", event("t", "", "two")),
        with_id("2", event("t", "", "two")),
        event("t", "", "newer"),
    ];
    let placed = engine.append(mixed).await;
    let duplicates: Vec<bool> = placed.iter().map(|placed| placed.duplicate).collect();
    assert_eq!(duplicates, [false, true, false, true, false]);
    assert_eq!(placed[1].position, first);
    assert_eq!(placed[3].position, placed[2].position);
    assert!(placed[0].position < placed[2].position && placed[2].position < placed[4].position);
    assert_eq!(engine.everything().await.len(), 4);
    let all_repeats =
        vec![with_id("2", event("t", "", "two")), with_id("1", event("t", "", "one"))];
    let head = engine.backlog.extent().head;
    let placed = engine.append(all_repeats).await;
    assert!(placed.iter().all(|placed| placed.duplicate), "{placed:?}");
    assert_eq!(engine.backlog.extent().head, head);
}

pub async fn an_id_with_other_content_refuses_the_whole_batch_and_names_the_event(engine: Engine) {
    engine.append_one(with_id("1", event("t", "", "one"))).await;
    let later = Event { time: Some((5, 0)), ..with_id("1", event("t", "", "one")) };
    assert!(engine.append(vec![later]).await[0].duplicate, "time is no content");
    for refused in [
        vec![event("t", "", "new"), with_id("1", event("t", "", "other"))],
        vec![with_id("2", event("t", "", "a")), with_id("2", event("t", "", "b"))],
    ] {
        assert_eq!(engine.try_append(refused, None).await, Outcome::Conflict { index: 1 });
    }
    assert_eq!(engine.everything().await.len(), 1);
    let unused = engine.append(vec![with_id("2", event("t", "", "b"))]).await;
    assert!(!unused[0].duplicate, "a refused batch left an id behind");
}

pub async fn an_id_belongs_to_its_topic(engine: Engine) {
    let first = engine.append(vec![with_id("1", event("a", "", "one"))]).await;
    let other = engine.append(vec![with_id("1", event("b", "", "two"))]).await;
    assert!(new(&other) > new(&first));
}

pub async fn none_of_the_keys_may_be_live_where_absence_is_expected(engine: Engine) {
    let put = |key: &str| vec![event("t", key, "x")];
    let absent = Some(Expected::Absent);
    assert!(matches!(engine.try_append(put("k"), absent).await, Outcome::Appended(_)));
    let newest = Some(engine.backlog.extent().head);
    let both = vec![event("t", "free", "x"), event("t", "k", "y")];
    let refusal = Outcome::Expectation { index: 1, newest };
    assert_eq!(engine.try_append(both, absent).await, refusal);
    engine.append_one(tombstone("t", "k")).await;
    assert!(matches!(engine.try_append(put("k"), absent).await, Outcome::Appended(_)));
    let other_topic = vec![event("u", "k", "x")];
    assert!(matches!(engine.try_append(other_topic, absent).await, Outcome::Appended(_)));
}

pub async fn a_key_must_not_have_changed_after_the_expected_place(engine: Engine) {
    let first = engine.append_one(event("t", "k", "1")).await;
    engine.append_one(event("t", "other", "1")).await;
    let put = || vec![event("t", "k", "2")];
    let outcome = engine.try_append(put(), Some(Expected::NotAfter(first))).await;
    let Outcome::Appended(placed) = outcome else { panic!("{outcome:?}") };
    let refusal = Outcome::Expectation { index: 0, newest: Some(placed[0].position) };
    for place in [first, Position::INCEPTION] {
        let again = engine.try_append(put(), Some(Expected::NotAfter(place))).await;
        assert_eq!(again, refusal);
    }
    let unused = vec![event("t", "unused", "1")];
    let outcome = engine.try_append(unused, Some(Expected::NotAfter(Position::INCEPTION))).await;
    assert!(matches!(outcome, Outcome::Appended(_)), "{outcome:?}");
}

pub async fn a_repeat_is_fine_whatever_is_expected(engine: Engine) {
    let mine = || with_id("1", event("t", "k", "1"));
    let first = engine.append_one(mine()).await;
    let mixed = vec![mine(), event("t", "new", "1")];
    let outcome = engine.try_append(mixed, Some(Expected::Absent)).await;
    let Outcome::Appended(placed) = outcome else { panic!("{outcome:?}") };
    assert_eq!(placed[0], Placed { position: first, duplicate: true });
}

pub async fn an_expectation_sees_batches_queued_before_but_not_its_own_events(engine: Engine) {
    let absent = Some(Expected::Absent);
    let twice = batch(vec![event("t", "k", "1"), event("t", "k", "2")], absent);
    let first = engine.backlog.append(twice);
    let second = engine.backlog.append(batch(vec![event("t", "k", "3")], absent));
    let Outcome::Appended(placed) = first.await else { panic!("refused") };
    let newest = Some(placed[1].position);
    assert_eq!(second.await, Outcome::Expectation { index: 0, newest });
}

pub async fn a_dropped_receipt_changes_nothing(engine: Engine) {
    drop(engine.backlog.append(batch(vec![event("t", "", "dropped")], None)));
    let kept = engine.append_one(event("t", "", "kept")).await;
    let stored = engine.everything().await;
    assert_eq!(stored.len(), 2);
    assert_eq!(stored[1].position, kept);
}

pub async fn the_tail_tells_what_was_appended_once_it_can_be_read(engine: Engine) {
    let before = engine.append_one(event("t", "", "before")).await;
    let mut tail = engine.backlog.tail();
    let mut expected = Vec::new();
    for n in 0..50 {
        let typed = Event { event_type: n.to_string(), ..event("t", "k", "x") };
        let events = vec![typed, tombstone("u", "k"), with_id("once", event("t", "", ""))];
        let heads: Vec<_> = events.iter().map(|event| event.clone().encode().head).collect();
        let placed = engine.append(events).await;
        let new = placed.into_iter().zip(heads).filter(|(placed, _)| !placed.duplicate);
        expected.extend(new.map(|(placed, head)| (placed.position, head)));
    }
    let mut told = Vec::new();
    while told.len() < expected.len() {
        let appended = tail.recv().await.unwrap();
        assert!(appended.head <= engine.backlog.extent().head);
        assert!(appended.events.last().is_some_and(|(position, _)| *position <= appended.head));
        // It may begin a little earlier than it was asked for.
        told.extend(appended.events.into_iter().filter(|(position, _)| *position > before));
    }
    assert_eq!(told, expected);
}

pub async fn publish_time_never_decreases(engine: Engine) {
    for n in 0..20u8 {
        engine.append(vec![event("t", "", [n]), event("t", "", [n])]).await;
    }
    let times: Vec<_> = engine.everything().await.iter().map(|event| event.published).collect();
    assert!(times.is_sorted() && times[0].0 > 0, "{times:?}");
}

pub async fn many_writers_and_a_reader_agree_on_one_order(engine: Engine) {
    let engine = Arc::new(engine);
    let writer = |name: u8| {
        let engine = Arc::clone(&engine);
        tokio::spawn(async move {
            for n in 0..100u8 {
                let events = (0..3).map(|i| event("t", "", [name, n, i])).collect();
                new(&engine.append(events).await);
            }
        })
    };
    let writers: Vec<_> = (0..8).map(writer).collect();
    let mut seen = Vec::new();
    let mut after = Position::INCEPTION;
    while seen.len() < 8 * 300 {
        let page = engine.page(read(after, all())).await;
        assert!(page.next >= after && page.head >= page.next);
        seen.extend(page.events);
        after = page.next;
        tokio::task::yield_now().await;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert!(seen.windows(2).all(|pair| pair[0].position < pair[1].position));
    for batch in seen.chunks(3) {
        let data: Vec<&[u8]> = batch.iter().map(|event| event.view().unwrap().data).collect();
        assert_eq!((data[0][..2].to_vec(), data[0][2]), (data[2][..2].to_vec(), 0), "{data:?}");
    }
}

pub async fn after_close_appends_are_refused_and_reads_go_on(engine: Engine) {
    engine.append_one(event("t", "", "x")).await;
    engine.backlog.close().await.unwrap();
    let outcome = engine.try_append(vec![event("t", "", "y")], None).await;
    assert_eq!(outcome, Outcome::Closing);
    assert_eq!(engine.everything().await.len(), 1);
}
