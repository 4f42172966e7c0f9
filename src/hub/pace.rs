//! How the hub spreads what would otherwise come all at once. Everything here is advice or delay, never correctness.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::index::clock::millis;
use crate::limits::{FETCH_AFTER_MAX, HEARTBEAT_MAX, POLL_AFTER, RECONNECT_AFTER_MAX};

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

/// When to try again, at the least and at the most, what there was no room for.
const BUSY: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));
/// Those that try again may be one in so many of those that are served: refusing them costs little then.
const RETRY_SHARE: f64 = 4.0;
/// What is served a second at the least, while nothing better is known.
const SERVED: f64 = 1000.0;

/// Gives each caller that there was no room for a turn of its own.
#[derive(Debug)]
pub struct Turns {
    began: Instant,
    served: Meter,
    /// The turn that was given last, in µs.
    last: AtomicU64,
}

impl Default for Turns {
    fn default() -> Self {
        Self { began: Instant::now(), served: Meter::default(), last: AtomicU64::new(0) }
    }
}

impl Turns {
    /// A caller was served.
    pub fn serve(&self) {
        self.served.count(millis(self.began.elapsed()));
    }

    /// How long a caller waits for its turn, behind those that were refused before it.
    pub fn next(&self) -> Duration {
        let (least, most) = BUSY;
        let step = Duration::from_secs_f64(RETRY_SHARE / self.served.rate().max(SERVED));
        let now = self.began.elapsed();
        let turn = |last| (Duration::from_micros(last).max(now) + step).min(now + most);
        let after = |last| Some(turn(last).as_micros() as u64);
        let last = self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, after);
        let wait = last.map_or(most, |last| turn(last).saturating_sub(now));
        jittered(wait.max(least))
    }
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
        self.rate()
    }

    /// How many came a second lately.
    pub fn rate(&self) -> f64 {
        self.rate.load(Ordering::Relaxed) as f64
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn heartbeats_take_less_than_a_tenth_of_a_core_until_they_come_every_two_minutes() {
        for streams in [0, 1, 10_000, 100_000, 200_000, 900_000] {
            let interval = heartbeat_interval(s(15), streams);
            let cores = MESSAGE_COST.as_secs_f64() * streams as f64 / interval.as_secs_f64();
            assert!(cores <= 0.101, "{streams} streams take {cores} cores");
            assert!((s(15)..=s(120)).contains(&interval));
        }
        assert_eq!(heartbeat_interval(s(15), 100_000), s(15));
        assert_eq!(heartbeat_interval(s(15), 10_000_000), s(120));
    }

    #[test]
    fn a_crowd_fetches_no_faster_than_the_rate_in_32_steps_within_ten_seconds() {
        assert_eq!(fetch_after(1, 20_000.0), Duration::ZERO);
        let advice = |crowd| (0..5000).map(|_| fetch_after(crowd, 20_000.0)).collect();
        let crowd: BTreeSet<Duration> = advice(40_000);
        assert_eq!(crowd.len(), 32);
        assert_eq!((crowd.first(), crowd.last()), (Some(&s(0)), Some(&s(2))));
        let huge: BTreeSet<Duration> = advice(u32::MAX);
        assert_eq!(huge.last(), Some(&s(10)));
    }

    #[test]
    fn a_poller_waits_a_quarter_of_the_age_within_bounds_and_longer_under_load() {
        assert_eq!(poll_after(Duration::ZERO, 0.0), s(1));
        assert_eq!(poll_after(s(40), 0.5), s(10));
        assert_eq!(poll_after(s(40), 2.0), s(20));
        assert_eq!(poll_after(s(100_000), 9.0), s(60));
    }

    #[test]
    fn hints_of_a_crowd_take_half_a_core_at_most() {
        assert_eq!(hint_interval(Duration::from_millis(10), 1000), Duration::from_millis(10));
        assert_eq!(hint_interval(Duration::from_millis(10), 100_000), Duration::from_millis(800));
    }

    #[test]
    fn jitter_takes_a_tenth_at_most_and_drained_streams_come_back_within_half_a_minute() {
        for _ in 0..1000 {
            assert!((Duration::from_secs(9)..=s(10)).contains(&jittered(s(10))));
            assert!(reconnect_after(1) <= s(1));
            assert!(reconnect_after(usize::MAX) <= s(30));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_refused_come_again_one_after_another_as_fast_as_a_quarter_of_the_others_is_served()
    {
        let turns = Turns::default();
        for _ in 0..20_000 {
            turns.serve();
        }
        tokio::time::advance(s(1)).await;
        turns.serve();
        let waits: Vec<Duration> = (0..10_000).map(|_| turns.next()).collect();
        assert!(waits[0] >= s(1) / 25 && waits[0] <= s(1) / 20);
        assert!(waits[5_000] > s(4) / 5 && waits[5_000] <= s(1) + s(1) / 1000);
        assert!(turns.next() <= s(2) + s(1) / 1000);
        for _ in 0..100_000 {
            turns.next();
        }
        assert!((s(4)..=s(5)).contains(&turns.next()), "however many there are");
        tokio::time::advance(s(60)).await;
        assert!(turns.next() <= s(1) / 20, "nobody is left before it");
    }

    #[test]
    fn the_rate_of_calls_is_that_of_the_last_second() {
        let meter = Meter::default();
        for now in (0..1000).step_by(10) {
            assert_eq!(meter.count(now), 0.0);
        }
        assert_eq!(meter.count(1000), 101.0);
        assert_eq!(meter.count(3000), 0.0);
    }
}
