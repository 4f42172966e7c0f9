use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Wake, Waker};

use super::slot::{Call, Wave};
use super::*;
use crate::event::{Event, EventHead};
use crate::topic::{Patterns, Topic};

fn index() -> Arc<Index> {
    Arc::new(Index::new(Position(0), Duration::from_secs(15)))
}

fn register(index: &Arc<Index>, texts: &[&str]) -> Registration {
    let patterns = Patterns::parse(texts, 100, "topics").unwrap();
    let slot = Slot::new(patterns.iter().count(), &Arc::default(), u64::MAX);
    index.register(Selection::of(patterns), slot).unwrap()
}

fn head(topic: &str) -> EventHead {
    Event::new(Topic::parse(topic, "topic").unwrap(), "").encode().head
}

/// Spreads one event, whose place is the head.
fn spread(index: &Index, topic: &str, position: u64) -> u32 {
    index.spread(vec![(Position(position), head(topic))], Position(position), Duration::ZERO)
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

/// Notes the watermark when it is woken.
struct Watch {
    index: Arc<Index>,
    seen: AtomicU64,
}

impl Wake for Watch {
    fn wake(self: Arc<Self>) {
        self.seen.store(self.index.watermark().0, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn the_watermark_moves_only_after_every_slot_was_touched() {
    let index = index();
    let registrations = [register(&index, &["**", "a"]), register(&index, &["a"])];
    for position in [10, 20, 30] {
        let before = index.watermark();
        let watches = registrations.each_ref().map(|registration| {
            let seen = AtomicU64::new(u64::MAX);
            let watch = Arc::new(Watch { index: Arc::clone(&index), seen });
            registration.slot().poll(&Waker::from(Arc::clone(&watch)));
            watch
        });
        spread(&index, "a", position);
        for (registration, watch) in registrations.iter().zip(watches) {
            assert_eq!(watch.seen.load(Ordering::SeqCst), before.0, "woken after the watermark");
            assert_eq!(registration.slot().newest(), Position(position));
            registration.slot().take(0);
        }
        assert_eq!(index.watermark(), Position(position));
    }
}

#[tokio::test]
async fn news_that_comes_while_others_are_taken_is_never_lost() {
    let index = index();
    let registration = register(&index, &["a"]);
    let taken = Arc::new(AtomicU64::new(0));
    let last = 4_000;
    let taker = std::thread::spawn({
        let (slot, taken) = (Arc::clone(registration.slot()), Arc::clone(&taken));
        move || {
            while taken.load(Ordering::SeqCst) < last {
                if slot.poll(Waker::noop()) == Call::News {
                    slot.take(0);
                    taken.store(slot.newest().0, Ordering::SeqCst);
                }
            }
        }
    });
    // Two at a time: the second comes while the first is taken.
    for position in (1..=last).step_by(2) {
        for position in [position, position + 1] {
            registration.slot().touch(Position(position), Wave { crowd: 1, now: 0, since: 0 });
        }
        let mut looks = 0;
        while taken.load(Ordering::SeqCst) <= position {
            looks += 1;
            assert!(looks < 1_000_000, "{} was lost", position + 1);
            std::thread::yield_now();
        }
    }
    taker.join().unwrap();
}
