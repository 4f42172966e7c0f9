//! How the hub spreads what would otherwise come all at once. Everything here is advice or delay, never correctness.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::index::wheel::millis;
use crate::limits::{FETCH_AFTER_MAX, HEARTBEAT_MAX, POLL_AFTER, RECONNECT_AFTER_MAX};

/// When to try again at a hub that is stopping.
pub const RETRY_DRAINING: Duration = Duration::from_secs(1);

/// CPU time of one message to a stream on a connection of its own, measured.
const MESSAGE_COST: Duration = Duration::from_micros(12);
/// The share of a core that heartbeats may take is one in so many.
const HEARTBEAT_SHARE: u32 = 10;
/// CPU time of one hint in a crowd, twice: all hints together may take half a core.
const HINT_PACE: Duration = Duration::from_micros(8);
/// Distinct values of `fetch_after`, so that encoded hints can be shared.
const FETCH_AFTER_STEPS: u32 = 32;
/// Spreads shorter than this are none.
const FETCH_AFTER_MIN: Duration = Duration::from_millis(1);
/// Streams that may come back in a second.
const RECONNECT_RATE: u32 = 5_000;
/// The shortest time over which a drained crowd is spread.
const RECONNECT_AFTER_MIN: Duration = Duration::from_secs(1);

/// How often an idle one of so many streams gets a heartbeat.
pub fn heartbeat_interval(base: Duration, streams: usize) -> Duration {
    let streams = u32::try_from(streams).unwrap_or(u32::MAX);
    let stretched = MESSAGE_COST.saturating_mul(streams).saturating_mul(HEARTBEAT_SHARE);
    base.max(stretched.min(HEARTBEAT_MAX))
}

/// The least time between two hints to one of a crowd.
pub fn hint_interval(least: Duration, crowd: u32) -> Duration {
    least.max(HINT_PACE.saturating_mul(crowd))
}

/// How long one of a crowd waits before it fetches.
pub fn fetch_after(crowd: u32, fetch_rate: f64) -> Duration {
    let spread = f64::from(crowd) / fetch_rate.max(1.0);
    let spread = Duration::from_secs_f64(spread.min(FETCH_AFTER_MAX.as_secs_f64()));
    if spread < FETCH_AFTER_MIN {
        return Duration::ZERO;
    }
    spread * fastrand::u32(0..FETCH_AFTER_STEPS) / (FETCH_AFTER_STEPS - 1)
}

/// When one of so many drained streams comes back.
pub fn reconnect_after(streams: usize) -> Duration {
    let streams = u32::try_from(streams).unwrap_or(u32::MAX);
    let spread = Duration::from_secs(1) * streams / RECONNECT_RATE;
    spread.clamp(RECONNECT_AFTER_MIN, RECONNECT_AFTER_MAX).mul_f64(fastrand::f64())
}

/// When to poll again, given the age of the newest match and how many times more polls come than the hub should serve.
pub fn poll_after(age: Duration, load: f64) -> Duration {
    let (least, most) = POLL_AFTER;
    (age / 4).clamp(least, most).mul_f64(load.max(1.0)).min(most)
}

/// Up to a tenth less, at random.
pub fn jittered(duration: Duration) -> Duration {
    duration.mul_f64(1.0 - fastrand::f64() / 10.0)
}

/// Counts calls over about a second.
#[derive(Debug, Default)]
pub struct Meter {
    begun: AtomicU64,
    calls: AtomicU64,
    /// Calls a second, in the last full period.
    rate: AtomicU64,
}

impl Meter {
    /// One call, at a time in ms; returns how many came a second lately.
    pub fn count(&self, now: u64) -> f64 {
        let begun = self.begun.load(Ordering::Relaxed);
        let period = now.saturating_sub(begun);
        let calls = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        let turn = period >= millis(Duration::from_secs(1));
        if turn
            && self.begun.compare_exchange(begun, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        {
            self.calls.store(0, Ordering::Relaxed);
            self.rate.store(calls * 1000 / period, Ordering::Relaxed);
        }
        self.rate.load(Ordering::Relaxed) as f64
    }
}
