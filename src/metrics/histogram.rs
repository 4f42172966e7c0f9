//! Histograms of fixed buckets.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::counter::Sharded;

/// Upper bounds of times, in µs: from a write to memory to a long poll.
const MICROS: &[u64] = &[
    25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000, 2_500_000, 10_000_000, 60_000_000,
];
/// Upper bounds of numbers of things.
const THINGS: &[u64] = &[1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];
/// Buckets of either, and the one above all bounds.
const BUCKETS: usize = MICROS.len() + 1;

/// What a histogram counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// Times, kept in µs and told in seconds.
    Times,
    /// Numbers of things.
    Things,
}

/// How often values fell into which bucket.
#[derive(Debug)]
pub struct Histogram {
    of: Of,
    shards: Sharded<Shard>,
}

#[derive(Debug, Default)]
struct Shard {
    buckets: [AtomicU64; BUCKETS],
    sum: AtomicU64,
}

/// A histogram at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Buckets {
    /// Upper bound of each bucket, and how many values were at or below it, lower buckets included.
    pub bounds: Vec<(f64, u64)>,
    /// How many values there were.
    pub count: u64,
    /// What they add up to.
    pub sum: f64,
}

impl Histogram {
    /// An empty one.
    pub fn new(of: Of) -> Self {
        Self { of, shards: Sharded::default() }
    }

    /// A time.
    pub fn time(&self, took: Duration) {
        self.record(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    /// A value: µs, or a number of things.
    pub fn record(&self, value: u64) {
        let at = self.bounds().partition_point(|bound| *bound < value);
        let Some(own) = self.shards.own() else { return };
        if let Some(bucket) = own.buckets.get(at) {
            bucket.fetch_add(1, Relaxed);
            own.sum.fetch_add(value, Relaxed);
        }
    }

    /// What it holds now.
    pub fn buckets(&self) -> Buckets {
        let in_bucket = |at: usize| -> u64 {
            let of_shard = |shard: &Shard| shard.buckets.get(at).map_or(0, |b| b.load(Relaxed));
            self.shards.all().map(of_shard).sum()
        };
        let mut count = 0;
        let bounds = self.bounds().iter().enumerate().map(|(at, bound)| {
            count += in_bucket(at);
            (self.told(*bound), count)
        });
        let bounds = bounds.collect();
        count += in_bucket(self.bounds().len());
        let sum = self.shards.all().map(|shard| shard.sum.load(Relaxed)).sum();
        Buckets { bounds, count, sum: self.told(sum) }
    }

    fn bounds(&self) -> &'static [u64] {
        match self.of {
            Of::Times => MICROS,
            Of::Things => THINGS,
        }
    }

    fn told(&self, value: u64) -> f64 {
        match self.of {
            Of::Times => value as f64 / 1e6,
            Of::Things => value as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_counted_in_its_bucket_and_in_all_above() {
        let histogram = Histogram::new(Of::Times);
        for micros in [25, 26, 1_000_000, 90_000_000] {
            histogram.time(Duration::from_micros(micros));
        }
        let Buckets { bounds, count, sum } = histogram.buckets();
        let below = |bound| bounds.iter().find(|(at, _)| *at == bound).unwrap().1;
        assert_eq!([below(0.000_025), below(0.000_05), below(0.5), below(1.0)], [1, 2, 2, 3]);
        assert_eq!((bounds.last(), count, sum), (Some(&(60.0, 3)), 4, 91.000_051));
    }

    #[test]
    fn things_are_told_as_they_are() {
        let histogram = Histogram::new(Of::Things);
        histogram.record(1000);
        let buckets = histogram.buckets();
        assert_eq!((buckets.count, buckets.sum), (1, 1000.0));
        assert!(buckets.bounds.contains(&(500.0, 0)) && buckets.bounds.contains(&(1000.0, 1)));
    }
}
