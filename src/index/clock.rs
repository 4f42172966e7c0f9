//! The time since the hub was started.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// A clock that never goes back.
#[derive(Debug, Clone, Copy)]
pub struct Clock(Instant);

impl Clock {
    /// A clock that begins now.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Milliseconds since the start.
    pub fn now(&self) -> u64 {
        millis(self.0.elapsed())
    }

    /// Microseconds since the start.
    pub fn micros(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Waits for a time.
    pub async fn sleep_until(&self, at: u64) {
        sleep_until(self.0 + Duration::from_millis(at)).await;
    }
}

/// Whole milliseconds.
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
