//! Log lines about what may happen very often.

use std::time::Duration;

use tokio::time::Instant;

/// Least time between two lines.
const PERIOD: Duration = Duration::from_secs(10);

/// Says the first of many like events at once, and later how many there were.
#[derive(Debug, Default)]
pub struct Seldom {
    said: Option<Instant>,
    unsaid: u64,
}

impl Seldom {
    /// One more; returns how many there were since the last line, if it is time for another.
    pub fn count(&mut self) -> Option<u64> {
        self.unsaid += 1;
        if self.said.is_some_and(|said| said.elapsed() < PERIOD) {
            return None;
        }
        self.said = Some(Instant::now());
        Some(std::mem::take(&mut self.unsaid))
    }
}
