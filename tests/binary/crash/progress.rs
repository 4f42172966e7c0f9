//! How far everybody is.

use std::collections::HashMap;
use std::sync::atomic::AtomicUsize;

use hintwire::cursor::Position;
use parking_lot::Mutex;
use tokio::sync::watch;

use super::followers::selection;

/// How far everybody is.
#[derive(Default)]
pub struct Progress {
    /// Publishers end after what they are at.
    pub stop: watch::Sender<bool>,
    pub kills: AtomicUsize,
    /// Events acknowledged.
    pub acks: AtomicUsize,
    /// Of them, those that an earlier attempt had written.
    pub repeats: AtomicUsize,
    /// Batches whose outcome was unknown.
    pub unknown: AtomicUsize,
    /// Runs of followers and streams.
    pub runs: AtomicUsize,
    /// The newest acknowledged place of each topic.
    newest: Mutex<HashMap<String, Position>>,
    /// Where each follower is.
    reached: Mutex<HashMap<u64, Position>>,
}

impl Progress {
    /// An event of a topic was acknowledged at a place.
    pub fn acknowledged(&self, topic: &str, at: Position) {
        let mut newest = self.newest.lock();
        match newest.get_mut(topic) {
            Some(known) => *known = at.max(*known),
            None => drop(newest.insert(topic.to_owned(), at)),
        }
    }

    /// A follower has all up to a place.
    pub fn reached(&self, follower: u64, at: Position) {
        self.reached.lock().insert(follower, at);
    }

    /// Whether a follower has everything that was acknowledged.
    pub fn has_reached(&self, follower: u64) -> bool {
        let patterns = selection(follower).patterns;
        let newest = self.newest.lock();
        let due = newest.iter().filter(|(topic, _)| patterns.matches(topic)).map(|(_, at)| *at);
        let reached = self.reached.lock().get(&follower).copied().unwrap_or_default();
        due.max().unwrap_or_default() <= reached
    }
}
