//! Models of the places where fan-out, clock and subscribers meet.

use std::future::poll_fn;
use std::task::Poll;

use loom::future::block_on;
use loom::sync::atomic::AtomicBool;
use loom::thread::{self, JoinHandle};

use super::slot::{Call, Touched, Wave};
use super::*;
use crate::event::{Event, EventHead};
use crate::sync::model;
use crate::topic::{Patterns, Topic};

fn index() -> Arc<Index> {
    Arc::new(Index::new(Position(0), Duration::from_secs(15)))
}

fn slot() -> Arc<Slot> {
    Arc::new(Slot::new(1, &Arc::default(), u64::MAX))
}

fn wave(now: u64) -> Wave {
    Wave { crowd: 1, now, since: 0 }
}

fn register(index: &Arc<Index>, pattern: &str) -> Registration {
    let patterns = Patterns::parse(&[pattern], 1, "topics").unwrap();
    index.register(Selection::of(patterns), Slot::new(1, &Arc::default(), u64::MAX)).unwrap()
}

fn head(topic: &str) -> EventHead {
    Event::new(Topic::parse(topic, "topic").unwrap(), "").encode().head
}

/// The engine and the fan-out: an event becomes visible, then it is spread.
fn publish(index: &Arc<Index>, backlog: &Arc<AtomicU64>, positions: u64) -> JoinHandle<()> {
    let (index, backlog) = (Arc::clone(index), Arc::clone(backlog));
    thread::spawn(move || {
        for position in (1..=positions).map(Position) {
            backlog.store(position.0, Ordering::Release);
            index.spread(vec![(position, head("a"))], position, Duration::ZERO);
        }
    })
}

/// Sleeps until there is something for a slot.
fn called(slot: &Slot) -> Call {
    block_on(poll_fn(|cx| match slot.poll(cx.waker()) {
        Call::Nothing => Poll::Pending,
        call => Poll::Ready(call),
    }))
}

#[test]
fn news_that_comes_while_others_are_taken_is_never_lost() {
    model(|| {
        let slot = slot();
        let fanout = thread::spawn({
            let slot = Arc::clone(&slot);
            move || {
                (1..=3).for_each(|n| {
                    assert!(!matches!(slot.touch(Position(n), wave(0)), Touched::Later(_)))
                })
            }
        });
        let mut told = Position(0);
        while told < Position(3) {
            assert_eq!(called(&slot), Call::News);
            slot.take(0);
            assert!(slot.newest() >= told, "the newest went back");
            told = slot.newest();
        }
        fanout.join().unwrap();
    });
}

#[test]
fn what_comes_within_the_interval_is_told_once_the_pacing_lets_it_go_and_not_before() {
    model(|| {
        let (slot, let_go) = (slot(), Arc::new(std::sync::atomic::AtomicBool::new(false)));
        let fanout = thread::spawn({
            let (slot, let_go) = (Arc::clone(&slot), Arc::clone(&let_go));
            move || {
                for n in 1..=2 {
                    if let Touched::Later(due) = slot.touch(Position(n), wave(5)) {
                        assert_eq!((n, due), (2, 10));
                        let_go.store(true, Ordering::SeqCst);
                        slot.release();
                    }
                }
            }
        });
        called(&slot);
        assert_eq!(slot.crowd(), 1);
        slot.take(10);
        if slot.newest() < Position(2) {
            assert_eq!(called(&slot), Call::News);
            assert!(let_go.load(Ordering::SeqCst), "told within the interval");
            slot.take(20);
        }
        assert_eq!(slot.newest(), Position(2));
        fanout.join().unwrap();
    });
}

#[test]
fn a_heartbeat_that_is_sent_while_news_comes_neither_takes_nor_hides_it() {
    model(|| {
        let slot = slot();
        slot.spoke(10);
        let clock = thread::spawn({
            let slot = Arc::clone(&slot);
            move || slot.tick(20, 10)
        });
        let fanout = thread::spawn({
            let slot = Arc::clone(&slot);
            move || slot.touch(Position(1), wave(20))
        });
        while called(&slot) == Call::Beat {
            slot.spoke(30);
        }
        slot.take(0);
        assert_eq!(slot.newest(), Position(1));
        assert_eq!(fanout.join().unwrap(), Touched::Done);
        clock.join().unwrap();
    });
}

#[test]
fn the_watermark_is_never_ahead_of_a_slot_that_the_events_below_it_concern() {
    model(|| {
        let (index, backlog) = (index(), Arc::new(AtomicU64::new(0)));
        let registration = register(&index, "a");
        let publisher = publish(&index, &backlog, 2);
        for _ in 0..2 {
            let (watermark, newest) = registration.reach();
            assert!(newest >= watermark, "{newest:?} was told as of {watermark:?}");
        }
        publisher.join().unwrap();
        assert_eq!(registration.reach(), (Position(2), Position(2)));
    });
}

/// Subscribes while an event is published: by the head it reads, or by its slot, it must hear of it.
fn hears_of_it(index: &Arc<Index>, backlog: &AtomicU64) -> Registration {
    let registration = register(index, "a");
    if backlog.load(Ordering::Acquire) < 1 {
        assert_eq!(called(registration.slot()), Call::News);
        assert_eq!(registration.slot().newest(), Position(1));
    }
    registration
}

#[test]
fn who_registers_while_an_event_is_published_reads_its_head_or_is_woken() {
    model(|| {
        let (index, backlog) = (index(), Arc::new(AtomicU64::new(0)));
        let publisher = publish(&index, &backlog, 1);
        hears_of_it(&index, &backlog);
        publisher.join().unwrap();
    });
}

#[test]
fn who_registers_while_the_last_of_its_pattern_leaves_reads_the_head_or_is_woken() {
    model(|| {
        let (index, backlog) = (index(), Arc::new(AtomicU64::new(0)));
        let last = register(&index, "a");
        let leaver = thread::spawn(move || drop(last));
        let publisher = publish(&index, &backlog, 1);
        drop(hears_of_it(&index, &backlog));
        leaver.join().unwrap();
        publisher.join().unwrap();
        assert!(index.groups.is_empty() && index.groups.shapes().is_empty());
    });
}

#[test]
fn a_drain_ends_each_wait_however_late_it_registered() {
    model(|| {
        let (index, draining) = (index(), Arc::new(AtomicBool::new(false)));
        let drain = thread::spawn({
            let (index, draining) = (Arc::clone(&index), Arc::clone(&draining));
            move || {
                draining.store(true, Ordering::SeqCst);
                index.wake_all();
            }
        });
        let registration = register(&index, "a");
        block_on(poll_fn(|cx| match registration.slot().poll(cx.waker()) {
            Call::Nothing if !draining.load(Ordering::SeqCst) => Poll::Pending,
            _ => Poll::Ready(()),
        }));
        drain.join().unwrap();
    });
}

#[test]
fn what_is_added_to_a_wheel_that_falls_asleep_goes_off() {
    model(|| {
        let wheel = Arc::new(Wheel::new(PACING_TICK));
        let add = |n: u64| {
            let wheel = Arc::clone(&wheel);
            thread::spawn(move || wheel.add(n, n))
        };
        let adders = [add(1), add(2)];
        let (mut now, mut gone_off) = (0, Vec::new());
        while gone_off.len() < 2 {
            block_on(wheel.filled());
            now += wheel.tick();
            gone_off.extend(wheel.due(now));
        }
        gone_off.sort_unstable();
        assert_eq!(gone_off, [1, 2]);
        adders.into_iter().for_each(|adder| adder.join().unwrap());
    });
}
