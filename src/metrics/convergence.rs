//! Who was told and has not fetched.
//!
//! A connection is *behind* from the first hint that it is handed until a fetch on it ends at or after the newest place
//! that it was hinted. That costs a hint one comparison, whatever the number of streams. Its limits: a client that hears
//! on one connection and fetches on another stays behind on the first, and one fetch that comes to the newest place speaks
//! for all streams of a connection, also behind a gateway. Connections of HTTP/1 carry a stream or fetches, never both, so
//! they are not watched.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::counter::Counter;
use super::histogram::{Histogram, Of};
use crate::cursor::Position;

/// All connections that are watched.
#[derive(Debug)]
pub struct Convergence {
    began: Instant,
    all: Mutex<BTreeMap<u64, Arc<State>>>,
    next: AtomicU64,
    took: Histogram,
    left: Counter,
}

/// How one connection stands. One task drives a connection, so hint and fetch do not come between each other.
#[derive(Debug, Default)]
struct State {
    /// The newest place that it was hinted.
    hinted: AtomicU64,
    /// When it was told first of what it has not fetched, in µs; 0 if it has everything.
    since: AtomicU64,
}

impl Default for Convergence {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            all: Mutex::default(),
            next: AtomicU64::new(0),
            took: Histogram::new(Of::Times),
            left: Counter::default(),
        }
    }
}

impl Convergence {
    /// Watches one more connection, until what is returned is dropped.
    pub fn watch(self: &Arc<Self>) -> Converging {
        let (id, state) = (self.next.fetch_add(1, Relaxed), Arc::<State>::default());
        self.all.lock().insert(id, Arc::clone(&state));
        Converging { of: Arc::clone(self), id, state }
    }

    /// How long each that is behind has been so.
    pub fn behind(&self) -> Vec<Duration> {
        let now = self.now();
        let since = |state: &Arc<State>| state.since.load(Relaxed);
        let all: Vec<u64> = self.all.lock().values().map(since).collect();
        let behind = all.into_iter().filter(|since| *since > 0);
        behind.map(|since| Duration::from_micros(now.saturating_sub(since))).collect()
    }

    /// From the first hint to the fetch.
    pub fn took(&self) -> &Histogram {
        &self.took
    }

    /// Connections that ended while they were behind.
    pub fn left(&self) -> u64 {
        self.left.get()
    }

    /// µs, never 0.
    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX).max(1)
    }
}

/// A connection that is watched.
#[derive(Debug)]
pub struct Converging {
    of: Arc<Convergence>,
    id: u64,
    state: Arc<State>,
}

impl Converging {
    /// It is told that there is something up to a place.
    pub fn told(&self, hinted: Position) {
        let State { hinted: newest, since } = &*self.state;
        newest.fetch_max(hinted.0, Relaxed);
        if since.load(Relaxed) == 0 {
            since.store(self.of.now(), Relaxed);
        }
    }

    /// It has fetched up to a place.
    pub fn fetched(&self, next: Position) {
        let State { hinted, since } = &*self.state;
        let told = since.load(Relaxed);
        if told > 0 && next.0 >= hinted.load(Relaxed) {
            since.store(0, Relaxed);
            self.of.took.record(self.of.now().saturating_sub(told));
        }
    }
}

impl Drop for Converging {
    fn drop(&mut self) {
        self.of.all.lock().remove(&self.id);
        if self.state.since.load(Relaxed) > 0 {
            self.of.left.count();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn who_was_told_is_behind_until_a_fetch_comes_to_the_newest_hint() {
        let convergence = Arc::<Convergence>::default();
        let (one, other) = (convergence.watch(), convergence.watch());
        one.fetched(Position(5));
        tokio::time::advance(SECOND).await;
        one.told(Position(7));
        tokio::time::advance(SECOND).await;
        one.told(Position(9));
        other.told(Position(9));
        one.fetched(Position(8));
        tokio::time::advance(SECOND).await;
        assert_eq!(convergence.behind(), [2 * SECOND, SECOND]);
        one.fetched(Position(9));
        assert_eq!((convergence.behind(), convergence.left()), (vec![SECOND], 0));
        assert_eq!(
            (convergence.took().buckets().count, convergence.took().buckets().sum),
            (1, 2.0)
        );
        drop(other);
        assert_eq!((convergence.behind(), convergence.left()), (vec![], 1));
        drop(one);
        assert_eq!(convergence.left(), 1);
    }
}
