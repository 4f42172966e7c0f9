//! How long to wait after a failure: exponential, with full jitter.

use std::time::Duration;

/// Full jitter: the wait is uniform between nothing and a bound that doubles with each failure, so
/// that a crowd that failed together does not come back together.
#[derive(Debug, Clone)]
pub struct Backoff {
    base: Duration,
    most: Duration,
    failures: u32,
}

impl Backoff {
    /// Waits of at most `base` after the first failure, and never more than `most`.
    pub fn new(base: Duration, most: Duration) -> Self {
        Self { base, most, failures: 0 }
    }

    /// The next wait.
    pub fn next_wait(&mut self) -> Duration {
        let bound = self.base.saturating_mul(1 << self.failures.min(31)).min(self.most);
        self.failures = self.failures.saturating_add(1);
        bound.mul_f64(fastrand::f64())
    }

    /// Starts again from the base: what failed has worked.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

impl Default for Backoff {
    /// From 200 ms to 30 s.
    fn default() -> Self {
        Self::new(Duration::from_millis(200), Duration::from_secs(30))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: Duration = Duration::from_millis(100);
    const MOST: Duration = Duration::from_secs(2);

    #[test]
    fn each_wait_is_within_a_bound_that_doubles_up_to_the_most() {
        for _ in 0..200 {
            let mut backoff = Backoff::new(BASE, MOST);
            for bound in [100, 200, 400, 800, 1600, 2000, 2000] {
                assert!(backoff.next_wait() <= Duration::from_millis(bound));
            }
        }
    }

    #[test]
    fn waits_are_spread_over_the_whole_bound() {
        let mut backoff = Backoff::new(MOST, MOST);
        let waits: Vec<_> = (0..1000).map(|_| backoff.next_wait()).collect();
        assert!(waits.iter().any(|wait| *wait < MOST / 10));
        assert!(waits.iter().any(|wait| *wait > MOST * 9 / 10));
    }

    #[test]
    fn success_starts_it_again_and_many_failures_do_not_overflow_it() {
        let mut backoff = Backoff::new(BASE, MOST);
        (0..100).for_each(|_| assert!(backoff.next_wait() <= MOST));
        backoff.reset();
        assert!(backoff.next_wait() <= BASE);
    }
}
