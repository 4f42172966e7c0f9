//! Counters that many threads count at once, at the cost of an addition that nobody else waits for.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// As many threads as drive connections on a large machine; more of them share.
const SHARDS: usize = 8;

/// On a cache line of its own, and on the one that the processor fetches with it.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Padded<T>(T);

/// One `T` for each of a few threads, so that they do not contend.
#[derive(Debug)]
pub struct Sharded<T>(Box<[Padded<T>]>);

impl<T: Default> Default for Sharded<T> {
    fn default() -> Self {
        Self((0..SHARDS).map(|_| Padded::default()).collect())
    }
}

impl<T> Sharded<T> {
    /// This thread's own.
    pub fn own(&self) -> Option<&T> {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        thread_local!(static SHARD: usize = THREADS.fetch_add(1, Relaxed) % SHARDS);
        // A thread that ends counts no more.
        let shard = SHARD.try_with(|shard| *shard).unwrap_or_default();
        self.0.get(shard).map(|padded| &padded.0)
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|padded| &padded.0)
    }
}

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(Sharded<AtomicU64>);

impl Counter {
    /// So many more.
    pub fn add(&self, more: u64) {
        if let Some(own) = self.0.own() {
            own.fetch_add(more, Relaxed);
        }
    }

    /// One more.
    pub fn count(&self) {
        self.add(1);
    }

    /// How many there were.
    pub fn get(&self) -> u64 {
        self.0.all().map(|shard| shard.load(Relaxed)).sum()
    }
}

/// How many there are at a time: seldom changed, so not sharded.
#[derive(Debug, Default)]
pub struct Gauge(AtomicUsize);

impl Gauge {
    /// One more.
    pub fn up(&self) {
        self.0.fetch_add(1, Relaxed);
    }

    /// One less.
    pub fn down(&self) {
        self.0.fetch_sub(1, Relaxed);
    }

    /// How many there are.
    pub fn get(&self) -> usize {
        self.0.load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_many_threads_count_at_once_is_all_counted() {
        let counter = Counter::default();
        std::thread::scope(|scope| {
            for _ in 0..2 * SHARDS {
                scope.spawn(|| (0..1000).for_each(|_| counter.count()));
            }
        });
        assert_eq!(counter.get(), 2000 * SHARDS as u64);
    }
}
