//! A rate, as a token bucket of the library's.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, RateLimiter};

/// A bucket that is full at first; without a rate, it never gets empty.
#[derive(Debug)]
pub struct Bucket(Option<DefaultDirectRateLimiter>);

impl Bucket {
    /// So many a second; a second's worth fits in, or `largest`.
    pub fn new(rate: Option<NonZeroU32>, largest: usize) -> Self {
        let largest = u32::try_from(largest).ok().and_then(NonZeroU32::new);
        Self(rate.map(|rate| {
            let burst = largest.map_or(rate, |largest| largest.max(rate));
            RateLimiter::direct(governor::Quota::per_second(rate).allow_burst(burst))
        }))
    }

    /// Takes so many out, or says when there will be as many.
    pub fn take(&self, count: usize) -> Result<(), Duration> {
        let Some(limiter) = &self.0 else { return Ok(()) };
        let Some(count) = u32::try_from(count).ok().and_then(NonZeroU32::new) else {
            return Ok(());
        };
        match limiter.check_n(count) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(not_yet)) => Err(not_yet.wait_time_from(DefaultClock::default().now())),
            // What is larger than the bucket was refused for its size before.
            Err(_) => Err(Duration::from_secs(1)),
        }
    }
}
