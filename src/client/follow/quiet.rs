//! How long it may be quiet before a fetch without a hint: polls, and the safety poll beside a stream.

use std::time::Duration;

use tokio::time::Instant;

use super::course::Page;
use super::settings::Pace;

/// The time since the last fetch, and how long it may grow.
#[derive(Debug)]
pub(super) struct Quiet {
    pace: Pace,
    /// When the last fetch ended, or the stream was lost.
    since: Instant,
    poll_in: Duration,
    safety_in: Option<Duration>,
    streaming: bool,
}

impl Quiet {
    pub(super) fn new(pace: Pace, now: Instant) -> Self {
        let (poll_in, safety_in) = (pace.poll.0, pace.safety);
        Self { pace, since: now, poll_in, safety_in, streaming: false }
    }

    /// A page was fetched: it is quiet from now on.
    pub(super) fn fetched(&mut self, page: &Page, now: Instant) {
        self.since = now;
        self.poll_in = self.poll_interval(page);
        self.safety_in = self.pace.safety.map(stretched);
    }

    /// The stream is up, or lost; true if that is new. A crowd that loses its streams at once does not
    /// poll at once.
    pub(super) fn stream(&mut self, up: bool, now: Instant) -> bool {
        if self.streaming && !up {
            self.since = now;
        }
        std::mem::replace(&mut self.streaming, up) != up
    }

    /// When a fetch is due for no other reason; `None` if hints alone are relied upon.
    pub(super) fn until(&self) -> Option<Instant> {
        let most = if self.streaming { self.safety_in } else { Some(self.poll_in) };
        most.and_then(|most| self.since.checked_add(most))
    }

    /// The hub's advice within the bounds; without one, twice as long after each empty page.
    fn poll_interval(&self, page: &Page) -> Duration {
        let (least, most) = self.pace.poll;
        let own = if page.any { least } else { self.poll_in.saturating_mul(2) };
        stretched(page.poll_after.unwrap_or(own).clamp(least, most.max(least)))
    }
}

/// Up to a tenth longer, so that followers that started together drift apart.
fn stretched(time: Duration) -> Duration {
    time.saturating_add(time.div_f64(10.0).mul_f64(fastrand::f64()))
}
