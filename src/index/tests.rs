use std::sync::atomic::AtomicBool;
use std::task::Waker;

use super::slot::Call;
use super::*;
use crate::event::{Event, EventHead};
use crate::topic::{Patterns, Topic};

fn index() -> Arc<Index> {
    Arc::new(Index::new(Position(0), Duration::from_secs(15)))
}

fn register(index: &Arc<Index>, texts: &[&str]) -> Registration {
    let patterns = Patterns::parse(texts, 100, "topics").unwrap();
    let slot = Slot::new(patterns.iter().count(), &Arc::default(), u64::MAX);
    index.register(Selection::of(patterns), slot)
}

fn head(topic: &str) -> EventHead {
    Event::new(Topic::parse(topic, "topic").unwrap(), "").encode().head
}

/// Spreads one event, whose place is the head.
fn spread(index: &Index, topic: &str, position: u64) -> u32 {
    index.spread(vec![(Position(position), head(topic))], Position(position))
}

#[tokio::test]
async fn a_dropped_registration_leaves_nothing_behind_and_touches_no_other() {
    let index = index();
    let kept = register(&index, &["a", "b/*"]);
    let mut dropped: Vec<_> = (0..100).map(|_| register(&index, &["a", "c/**", "b/*"])).collect();
    let last = register(&index, &["a"]);
    while !dropped.is_empty() {
        dropped.swap_remove(dropped.len() / 2);
    }
    assert_eq!(spread(&index, "a", 1), 2);
    assert_eq!(spread(&index, "c/x", 2), 0);
    assert_eq!((kept.slot().newest(), last.slot().newest()), (Position(1), Position(1)));
    assert_eq!(index.groups.shapes().len(), 2);
    drop((kept, last));
    assert!(index.groups.is_empty());
    assert_eq!(index.groups.shapes(), []);
}

#[tokio::test]
async fn who_has_several_patterns_that_match_is_called_once() {
    let index = index();
    let registration = register(&index, &["a/b", "a/*", "**"]);
    spread(&index, "a/b", 1);
    assert_eq!(registration.slot().poll(Waker::noop()), Call::News);
    registration.slot().take(0);
    assert_eq!(registration.slot().poll(Waker::noop()), Call::Nothing);
}

#[tokio::test]
async fn the_watermark_is_never_ahead_of_a_slot() {
    let index = index();
    let registration = register(&index, &["**", "a"]);
    let over = Arc::new(AtomicBool::new(false));
    let reader = std::thread::spawn({
        let (index, slot, over) =
            (Arc::clone(&index), Arc::clone(registration.slot()), Arc::clone(&over));
        move || {
            let mut looks = 0;
            while !over.load(Ordering::SeqCst) || looks == 0 {
                let watermark = index.watermark();
                assert!(slot.newest() >= watermark, "{watermark} is ahead");
                looks += 1;
            }
        }
    });
    for position in 1..20_000 {
        spread(&index, "a", position);
    }
    over.store(true, Ordering::SeqCst);
    reader.join().unwrap();
    assert_eq!(index.watermark(), Position(19_999));
}

#[tokio::test]
async fn news_that_comes_while_others_are_taken_is_never_lost() {
    let index = index();
    let registration = register(&index, &["a"]);
    let last = 50_000;
    let taker = std::thread::spawn({
        let slot = Arc::clone(registration.slot());
        move || {
            let mut taken = Position(0);
            while taken < Position(last) {
                if slot.poll(Waker::noop()) == Call::News {
                    slot.take(0);
                    taken = slot.newest();
                }
            }
        }
    });
    for position in 1..=last {
        spread(&index, "a", position);
    }
    // It ends only if the last one is told.
    taker.join().unwrap();
}
