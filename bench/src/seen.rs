//! What subscribers have seen, and how old it was then.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tokio::sync::Notify;

use crate::Result;

/// Microseconds.
pub(crate) type Times = Histogram<u64>;

/// An empty collection of times.
pub(crate) fn times() -> Times {
    // Up to 5 minutes, three digits: bounds that the library takes.
    Histogram::new_with_bounds(1, 300_000_000, 3).unwrap_or_else(|_| unreachable!())
}

/// Times that several tasks take together: an empty collection is large.
#[derive(Clone)]
pub(crate) struct Watch(Arc<Mutex<Times>>);

impl Watch {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(times())))
    }

    /// Something took from then until now.
    pub(crate) fn took(&self, start: Instant) {
        if let Ok(mut taken) = self.0.lock() {
            taken.saturating_record(start.elapsed().as_micros() as u64);
        }
    }

    pub(crate) fn times(&self) -> Result<Times> {
        Ok(self.0.lock().map_err(|_| "a task failed")?.clone())
    }
}

/// The time of a share of all, in milliseconds.
pub(crate) fn quantile(times: &Times, share: f64) -> f64 {
    times.value_at_quantile(share) as f64 / 1000.0
}

/// What all subscribers of a run have seen.
pub(crate) struct Seen {
    start: Instant,
    /// When each event was sent, in microseconds since the start; 0 if not yet.
    sent: Vec<AtomicU64>,
    count: AtomicUsize,
    goal: usize,
    reached: Notify,
    ages: Mutex<Times>,
    fetches: AtomicUsize,
    /// The event that alone counts towards the goal, if there is one.
    only: Option<usize>,
    towards: AtomicUsize,
}

impl Seen {
    /// Of so many events, which are to be seen so many times in all.
    pub(crate) fn new(events: usize, goal: usize) -> Self {
        let sent = (0..events).map(|_| AtomicU64::new(0)).collect();
        let (count, fetches) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let (ages, reached) = (Mutex::new(times()), Notify::new());
        let (only, towards) = (None, AtomicUsize::new(0));
        Self { start: Instant::now(), sent, count, goal, reached, ages, fetches, only, towards }
    }

    /// To be seen so many times, whatever becomes of the events before it.
    pub(crate) fn last(number: usize, goal: usize) -> Self {
        Self { only: Some(number), ..Self::new(0, goal) }
    }

    fn now(&self) -> u64 {
        self.start.elapsed().as_micros() as u64
    }

    /// An event is about to be sent, or was due then.
    pub(crate) fn sending(&self, number: usize) {
        if let Some(sent) = self.sent.get(number) {
            sent.store(self.now().max(1), Relaxed);
        }
    }

    /// Subscribers hold these events now, or know of them.
    pub(crate) fn hold(&self, numbers: impl Iterator<Item = usize>) {
        let (now, mut count, mut towards) = (self.now(), 0, 0);
        if let Ok(mut ages) = self.ages.lock() {
            for number in numbers {
                count += 1;
                towards += usize::from(self.only.is_none_or(|only| only == number));
                let sent = self.sent.get(number).map_or(0, |sent| sent.load(Relaxed));
                if sent > 0 {
                    ages.saturating_record(now.saturating_sub(sent));
                }
            }
        }
        self.count.fetch_add(count, Relaxed);
        if self.towards.fetch_add(towards, Relaxed) + towards >= self.goal {
            self.reached.notify_one();
        }
    }

    /// A subscriber has asked for what it was told of.
    pub(crate) fn fetched(&self) {
        self.fetches.fetch_add(1, Relaxed);
    }

    /// How often it was asked.
    pub(crate) fn fetches(&self) -> usize {
        self.fetches.load(Relaxed)
    }

    /// How often an event was seen.
    pub(crate) fn count(&self) -> usize {
        self.count.load(Relaxed)
    }

    /// Waits until all was seen, or for so long; whether it was.
    pub(crate) async fn all(&self, patience: Duration) -> bool {
        let _ = tokio::time::timeout(patience, self.reached.notified()).await;
        self.towards.load(Relaxed) >= self.goal
    }

    /// How old events were.
    pub(crate) fn ages(&self) -> Result<Times> {
        Ok(self.ages.lock().map_err(|_| "a subscriber failed")?.clone())
    }
}
