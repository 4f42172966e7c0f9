//! What is known of one topic.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::prefix::{Up, raise, raise_all};
use crate::cursor::Position;
use crate::topic::Topic;

/// The newest event of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyState {
    /// The place just after it.
    pub position: Position,
    /// Whether it is a tombstone.
    pub deleted: bool,
    /// The segment of the log that holds it; 0 where there is no log.
    pub segment: u32,
    /// Where in the segment.
    pub offset: u32,
}

/// One topic. One thread at a time changes it; everybody reads.
#[derive(Debug)]
pub struct TopicEntry {
    topic: Topic,
    up: Up,
    newest: AtomicU64,
    first: AtomicU64,
    count: AtomicU64,
    keys: Mutex<Keys>,
}

/// Most topics have the empty key alone: it needs no allocation.
#[derive(Debug, Default)]
struct Keys {
    empty: Option<KeyState>,
    named: BTreeMap<Box<str>, KeyState>,
}

impl TopicEntry {
    pub(super) fn new(topic: Topic, up: Up) -> Self {
        Self {
            topic,
            up,
            newest: AtomicU64::new(0),
            first: AtomicU64::new(0),
            count: AtomicU64::new(0),
            keys: Mutex::default(),
        }
    }

    /// Its name.
    pub fn topic(&self) -> &Topic {
        &self.topic
    }

    /// The place just after its newest event; inception if there never was one.
    pub fn newest(&self) -> Position {
        Position(self.newest.load(Ordering::Acquire))
    }

    /// A place before all its events that were retained when it was last looked at; never after the first of them.
    pub fn first(&self) -> Position {
        Position(self.first.load(Ordering::Acquire))
    }

    /// How many of its events are retained.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }

    /// The newest event of a key.
    pub fn key(&self, key: &str) -> Option<KeyState> {
        self.keys.lock().get(key)
    }

    /// Up to `most` keys after one, in bytewise order, with their newest events; from the first if `None`.
    pub fn keys_after(&self, key: Option<&str>, most: usize) -> Vec<(String, KeyState)> {
        self.keys.lock().after(key, most)
    }

    pub(super) fn up(&self) -> &Up {
        &self.up
    }

    /// An event more, published after the place `before`.
    pub(super) fn record(&self, before: Position, key: &str, at: KeyState) {
        if self.count.fetch_add(1, Ordering::Release) == 0 {
            self.first.store(before.0, Ordering::Release);
        }
        self.keep(key, at);
    }

    /// The newest event of a key, which does not count.
    pub(super) fn keep(&self, key: &str, at: KeyState) {
        self.keys.lock().set(key, at);
        self.raise(at.position);
    }

    pub(super) fn raise(&self, newest: Position) {
        raise(&self.newest, newest);
        raise_all(&self.up, newest);
    }

    pub(super) fn restore(&self, newest: Position, first: Position, count: u64) {
        self.first.store(first.0, Ordering::Release);
        self.count.store(count, Ordering::Release);
        self.raise(newest);
    }

    /// Events fewer: those before `earliest` are gone.
    pub(super) fn forget(&self, events: u64, earliest: Position) {
        self.count.fetch_sub(events.min(self.count()), Ordering::Release);
        self.first.fetch_max(earliest.0, Ordering::Release);
    }

    /// Changes or drops the state of a key, unless a newer event has replaced it.
    pub(super) fn replace(&self, key: &str, position: Position, with: Option<KeyState>) -> bool {
        let mut keys = self.keys.lock();
        let same = keys.get(key).is_some_and(|state| state.position == position);
        match with {
            Some(state) if same => keys.set(key, state),
            None if same => keys.remove(key),
            _ => {}
        }
        same
    }

    /// Whether nothing of it is left, not even a survivor.
    pub(super) fn is_spent(&self) -> bool {
        let keys = self.keys.lock();
        self.count() == 0 && keys.empty.is_none() && keys.named.is_empty()
    }
}

impl Keys {
    fn get(&self, key: &str) -> Option<KeyState> {
        if key.is_empty() { self.empty } else { self.named.get(key).copied() }
    }

    fn set(&mut self, key: &str, state: KeyState) {
        if key.is_empty() {
            self.empty = Some(state);
        } else if let Some(present) = self.named.get_mut(key) {
            *present = state;
        } else {
            self.named.insert(key.into(), state);
        }
    }

    fn remove(&mut self, key: &str) {
        if key.is_empty() {
            self.empty = None;
        } else {
            self.named.remove(key);
        }
    }

    fn after(&self, key: Option<&str>, most: usize) -> Vec<(String, KeyState)> {
        let empty = self.empty.filter(|_| key.is_none()).map(|state| (String::new(), state));
        let bounds = (Bound::Excluded(key.unwrap_or_default()), Bound::Unbounded);
        let named = self.named.range::<str, _>(bounds);
        let named = named.map(|(key, state)| (String::from(&**key), *state));
        empty.into_iter().chain(named).take(most).collect()
    }
}
