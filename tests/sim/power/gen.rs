//! What a seed does: settings, batches, selections, and one operation after the other.

use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use hintwire::backlog::log::{LogSettings, Retention};
use hintwire::backlog::{Batch, Expected};
use hintwire::cursor::Position;
use hintwire::event::{Event, Once};
use hintwire::topic::{Filter, Patterns, Selection, Topic};

use super::model::Model;
use crate::disk::DiskFaults;

const TOPICS: [&str; 7] = ["a/x", "a/y", "b/x", "b/y/z", "c", "~s/x", "a/~t/x"];
const KEYS: [&str; 5] = ["", "", "k1", "k2", "k3"];
const TYPES: [&str; 3] = ["", "changed", "moved"];
const PATTERNS: [&[&str]; 11] = [
    &["**"],
    &["**", "~s/**"],
    &["a/**"],
    &["a/*"],
    &["a/x"],
    &["a/x", "b/y/z"],
    &["*/x"],
    &["~s/**", "b/x"],
    &["a/~t/x"],
    &["absent", "b/**"],
    &["c"],
];

/// One operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Publish,
    /// Ten thousand small events, and a fetch for none of them.
    Bulk,
    Fetch,
    Follow,
    Snapshot,
    Seek,
    Maintain,
    Trim,
    Tick,
    Pass,
    Squeeze,
    Close,
    Kill,
    LosePower,
    Check,
}

/// The random choices of one seed.
pub struct Gen {
    pub rng: Rng,
    number: u64,
    ids: Vec<Event>,
}

impl Gen {
    pub fn new(seed: u64) -> Self {
        Self { rng: Rng::with_seed(seed), number: 0, ids: Vec::new() }
    }

    /// One in so many.
    pub fn one_in(&mut self, count: u32) -> bool {
        self.rng.u32(..count) == 0
    }

    fn of<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.rng.usize(..from.len())]
    }

    pub fn settings(&mut self) -> LogSettings {
        let retention = Retention {
            age: Duration::from_secs(self.of(&[0, 0, 60, 1200])),
            bytes: self.of(&[0, 0, 100 << 10, 300 << 10]),
            events: self.of(&[0, 0, 0, 20, 60]),
        };
        LogSettings {
            segment_bytes: 64 << 10,
            retention,
            keep_latest: !self.one_in(8),
            reserve_bytes: self.of(&[0, 64 << 10]),
            id_window: Duration::from_secs(self.of(&[1, 60, 600, 600])),
            id_window_events: self.of(&[8, 40, 1_000_000, 1_000_000]),
        }
    }

    pub fn faults(&mut self) -> DiskFaults {
        let eio = self.of(&[0, 0, 0, 300, 3000]);
        let enospc = self.of(&[0, 0, 0, 2000, 20_000]);
        DiskFaults { eio, enospc, latency: self.of(&[0, 50, 2000]) }
    }

    pub fn op(&mut self) -> Op {
        match self.rng.u8(..100) {
            0..40 => Op::Publish,
            40..50 => Op::Fetch,
            50..54 => Op::Follow,
            54..58 => Op::Snapshot,
            58..61 => Op::Seek,
            61..74 => Op::Maintain,
            74..79 => Op::Trim,
            79..81 => Op::Tick,
            81..87 => Op::Pass,
            87..89 => Op::Squeeze,
            89..91 => Op::Close,
            91..94 => Op::Kill,
            94..98 => Op::LosePower,
            _ => Op::Check,
        }
    }

    /// Batches that are committed together.
    pub fn group(&mut self, known: &[u64], model: &Model) -> Vec<Batch> {
        let batches = if self.one_in(3) { self.rng.usize(2..6) } else { 1 };
        (0..batches).map(|_| self.batch(known, model)).collect()
    }

    fn batch(&mut self, known: &[u64], model: &Model) -> Batch {
        let events = if self.one_in(3) { self.rng.usize(2..7) } else { 1 };
        let mut events: Vec<Event> = (0..events).map(|_| self.event()).collect();
        if events.len() > 1 {
            // If its outcome is unknown, what of it is new must be beyond doubt.
            let first = events[0].clone();
            events.retain(|event| self.is_last(event) || model.is_known(event));
            events.splice(0..0, events.is_empty().then_some(first));
        }
        let expected = match self.rng.u8(..12) {
            0 => Some(Expected::Absent),
            1..3 if !known.is_empty() => Some(Expected::NotAfter(Position(self.of(known)))),
            _ => None,
        };
        Batch { events: events.into_iter().map(Event::encode).collect(), expected }
    }

    /// The ids of a batch are used no more. Who retries a part of a batch of unknown outcome makes it impossible to say
    /// afterwards whether that was written as a whole.
    pub fn retire(&mut self, batch: &Batch) {
        let used = |event: &Event| {
            let once = Once::of(event);
            batch.events.iter().any(|e| e.once.is_some_and(|used| used.id == once.id))
        };
        self.ids.retain(|event| !used(event));
    }

    /// A whole batch of events as small as can be.
    pub fn bulk(&mut self) -> Batch {
        let small = |_| {
            self.number += 1;
            Event::new(topic("bulk"), self.number.to_string()).encode()
        };
        Batch { events: (0..1000).map(small).collect(), expected: None }
    }

    /// Whether it is one of the newest events, made for this very batch.
    fn is_last(&self, event: &Event) -> bool {
        event.id.is_empty() || event.id.parse::<u64>().is_ok_and(|id| id + 7 > self.number)
    }

    fn event(&mut self) -> Event {
        if !self.ids.is_empty() && self.one_in(6) {
            let back = self.rng.usize(..self.ids.len().min(30));
            let mut event = self.ids[self.ids.len() - 1 - back].clone();
            if self.one_in(4) {
                event.event_type = "other".into();
            }
            return event;
        }
        self.number += 1;
        let size = match self.rng.u8(..10) {
            0..6 => self.rng.usize(..300),
            6..9 => self.rng.usize(300..6000),
            _ => self.rng.usize(6000..28_000),
        };
        let mut data = format!("{} ", self.number).into_bytes();
        data.resize(data.len() + size, self.rng.u8(..));
        let mut event = Event::new(topic(self.of(&TOPICS)), data);
        event.key = self.of(&KEYS).into();
        event.event_type = self.of(&TYPES).into();
        if !event.key.is_empty() && self.one_in(5) {
            (event.deleted, event.data) = (true, Default::default());
            event.attributes.insert("number".into(), self.number.to_string());
        }
        if self.one_in(3) {
            event.id = self.number.to_string();
            self.ids.push(event.clone());
        }
        event
    }

    pub fn selection(&mut self) -> Selection {
        let mut selection = all();
        selection.patterns = Patterns::parse(self.of(&PATTERNS), 9, "topics").unwrap();
        if self.one_in(4) {
            let types = vec![self.of(&TYPES).to_owned()];
            selection.filter = Arc::new(Filter { types, ..Filter::default() });
        }
        selection
    }
}

/// Every event there is.
pub fn all() -> Selection {
    Selection::of(Patterns::parse(&["**", "~s/**", "a/~t/*"], 9, "topics").unwrap())
}

fn topic(name: &str) -> Topic {
    Topic::parse(name, "topic").unwrap()
}
