//! A circuit breaker: after repeated failures, one probe at a time.

use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Counts failures in a row. When there are too many it is open: its owner then makes one call now
/// and then, the probe, and nothing else. The first success closes it.
#[derive(Debug, Clone)]
pub struct Breaker {
    opens_after: u32,
    probe_every: Duration,
    failures: u32,
}

impl Breaker {
    /// Opens after this many failures in a row (at least 1); then one probe in that time (at most a day).
    pub fn new(opens_after: u32, probe_every: Duration) -> Self {
        Self { opens_after: opens_after.max(1), probe_every: probe_every.min(DAY), failures: 0 }
    }

    /// Notes a failure; true if it opened the breaker.
    pub fn failed(&mut self) -> bool {
        self.failures = self.failures.saturating_add(1);
        self.failures == self.opens_after
    }

    /// Notes a success; true if it closed the breaker.
    pub fn succeeded(&mut self) -> bool {
        let was_open = self.is_open();
        self.failures = 0;
        was_open
    }

    /// Whether only probes should be made.
    pub fn is_open(&self) -> bool {
        self.failures >= self.opens_after
    }

    /// While it is open: how long to wait for the next probe, between half and all of the interval, so
    /// that a crowd does not probe in step.
    pub fn probe_after(&self) -> Option<Duration> {
        self.is_open().then(|| self.probe_every.mul_f64(0.5 + fastrand::f64() / 2.0))
    }
}

impl Default for Breaker {
    /// Opens after 8 failures in a row, which with the back-off takes about half a minute, so that a hub
    /// which merely restarts does not open it; then a probe every 15 to 30 s.
    fn default() -> Self {
        Self::new(8, Duration::from_secs(30))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_once_at_its_count_and_closes_with_the_first_success() {
        let mut breaker = Breaker::new(3, Duration::from_secs(10));
        assert_eq!([(); 5].map(|()| breaker.failed()), [false, false, true, false, false]);
        assert!(breaker.is_open());
        assert!(breaker.succeeded());
        assert!(!breaker.is_open() && !breaker.succeeded());
    }

    #[test]
    fn a_success_between_failures_starts_the_count_again() {
        let mut breaker = Breaker::new(2, Duration::from_secs(10));
        for _ in 0..10 {
            assert!(!breaker.failed());
            assert!(!breaker.succeeded());
        }
    }

    #[test]
    fn probes_are_due_only_while_it_is_open_and_within_their_interval() {
        let mut breaker = Breaker::new(1, Duration::from_secs(10));
        assert_eq!(breaker.probe_after(), None);
        breaker.failed();
        let wait = breaker.probe_after().unwrap();
        assert!((Duration::from_secs(5)..=Duration::from_secs(10)).contains(&wait));
    }
}
