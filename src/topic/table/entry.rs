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

    /// Newest, first and count of one moment.
    pub fn known(&self) -> (Position, Position, u64) {
        let _keys = self.keys.lock();
        (self.newest(), self.first(), self.count())
    }

    /// An event more, published after the place `before`, unless it is known already.
    pub(super) fn record(&self, before: Position, key: &str, at: KeyState) {
        let mut keys = self.keys.lock();
        if at.position > self.newest() {
            if self.count.fetch_add(1, Ordering::Release) == 0 {
                self.first.store(before.0, Ordering::Release);
            }
            raise(&self.newest, at.position);
        }
        keys.set_newer(key, at);
        drop(keys);
        raise_all(&self.up, at.position);
    }

    /// The newest event of a key, which does not count.
    pub(super) fn keep(&self, key: &str, at: KeyState) {
        self.keys.lock().set_newer(key, at);
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

    /// So many events: those before `earliest` are gone.
    pub(super) fn recount(&self, events: u64, earliest: Position) {
        self.count.store(events, Ordering::Release);
        self.first.fetch_max(earliest.0, Ordering::Release);
    }

    /// Drops a key, unless a newer event has come; whether it did.
    pub(super) fn forget_key(&self, key: &str, position: Position) -> bool {
        let mut keys = self.keys.lock();
        let same = keys.get(key).is_some_and(|state| state.position == position);
        if same {
            keys.remove(key);
        }
        same
    }

    /// Whether nothing of it is left, not even a survivor.
    pub(super) fn is_spent(&self) -> bool {
        let keys = self.keys.lock();
        self.newest() <= self.first() && keys.empty.is_none() && keys.named.is_empty()
    }
}

impl Keys {
    fn get(&self, key: &str) -> Option<KeyState> {
        if key.is_empty() { self.empty } else { self.named.get(key).copied() }
    }

    fn set_newer(&mut self, key: &str, state: KeyState) {
        let newer = |present: &KeyState| present.position < state.position;
        if key.is_empty() {
            if self.empty.as_ref().is_none_or(newer) {
                self.empty = Some(state);
            }
        } else if let Some(present) = self.named.get_mut(key) {
            if newer(present) {
                *present = state;
            }
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
