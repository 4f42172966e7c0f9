//! What publisher, followers and watcher share.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Instant;

use hdrhistogram::Histogram;
use tokio::sync::Notify;

/// When the newest events were published; more than are ever on their way.
const SENT: usize = 1 << 17;

/// What publisher, followers and watcher share.
pub(super) struct Shared {
    began: Instant,
    /// By number, in µs.
    sent: Vec<AtomicU64>,
    latencies: Mutex<Histogram<u64>>,
    arrived: AtomicUsize,
    wrong: AtomicUsize,
    reconnects: AtomicUsize,
    moves: Vec<Notify>,
}

impl Shared {
    pub(super) fn new(followers: usize) -> Self {
        Self {
            began: Instant::now(),
            sent: (0..SENT).map(|_| AtomicU64::new(0)).collect(),
            latencies: Mutex::new(empty()),
            arrived: AtomicUsize::new(0),
            wrong: AtomicUsize::new(0),
            reconnects: AtomicUsize::new(0),
            moves: (0..followers).map(|_| Notify::new()).collect(),
        }
    }

    /// Followers, and topics.
    pub(super) fn followers(&self) -> usize {
        self.moves.len()
    }

    fn now(&self) -> u64 {
        self.began.elapsed().as_micros() as u64
    }

    /// An event is published now.
    pub(super) fn send(&self, number: usize) {
        if let Some(sent) = self.sent.get(number % SENT) {
            sent.store(self.now(), Relaxed);
        }
    }

    /// An event has arrived, `right` if it is the one that was due.
    pub(super) fn arrive(&self, number: usize, right: bool) {
        let sent = self.sent.get(number % SENT).map_or(0, |sent| sent.load(Relaxed));
        let took = self.now().saturating_sub(sent);
        if let Ok(mut latencies) = self.latencies.lock() {
            _ = latencies.record(took);
        }
        self.arrived.fetch_add(1, Relaxed);
        self.wrong.fetch_add(usize::from(!right), Relaxed);
    }

    /// From publish to the follower's hands, in µs, since this was asked last.
    pub(super) fn take_latencies(&self) -> Histogram<u64> {
        self.latencies
            .lock()
            .map_or_else(|_| empty(), |mut held| std::mem::replace(&mut *held, empty()))
    }

    pub(super) fn arrived(&self) -> usize {
        self.arrived.load(Relaxed)
    }

    pub(super) fn wrong(&self) -> usize {
        self.wrong.load(Relaxed)
    }

    /// Has a follower reconnect.
    pub(super) fn move_on(&self, number: usize) {
        if let Some(moved) = self.moves.get(number) {
            moved.notify_one();
            self.reconnects.fetch_add(1, Relaxed);
        }
    }

    /// Returns when a follower is to reconnect.
    pub(super) async fn moved(&self, number: usize) {
        match self.moves.get(number) {
            Some(moved) => moved.notified().await,
            None => std::future::pending().await,
        }
    }

    pub(super) fn reconnects(&self) -> usize {
        self.reconnects.load(Relaxed)
    }
}

/// A histogram of µs, up to a minute.
fn empty() -> Histogram<u64> {
    let mut histogram =
        Histogram::new(3).unwrap_or_else(|_| unreachable!("three digits are allowed"));
    histogram.auto(true);
    histogram
}
