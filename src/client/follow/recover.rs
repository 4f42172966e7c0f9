//! What a failed fetch leads to: another attempt, another cursor, or the end.

use std::time::Duration;

use tokio::time::Instant;
use tonic::Code;

use super::work::{Reading, Worker};
use super::{FollowError, OnCursorError};
use crate::client::{Backoff, Breaker, Error, Notice, Wire};

/// Longest delay that a hub may ask for; what is beyond is taken for a mistake.
const ASKED_MAX: Duration = Duration::from_secs(300);

/// The delay that a hub asks for, within reason.
pub(super) fn asked(delay: Duration) -> Duration {
    delay.min(ASKED_MAX)
}

/// When to try again: by back-off, or by the probes of an open breaker.
#[derive(Debug, Default)]
pub(super) struct Retry {
    pub backoff: Backoff,
    pub breaker: Breaker,
    /// The hub has answered before.
    pub let_in: bool,
}

impl Retry {
    /// Whether this closed the breaker.
    pub(super) fn succeeded(&mut self) -> bool {
        self.let_in = true;
        self.backoff.reset();
        self.breaker.succeeded()
    }

    /// Whether the same may succeed later. Credentials that were good once may be good again, or replaced: who has the place
    /// of a follower does not give it up for them.
    fn passes(&self, error: &Error) -> bool {
        error.is_transient() || self.let_in && error.code() == Code::Unauthenticated
    }

    /// Whether this opened the breaker, and how long to wait; the hub's own word is the least.
    fn failed(&mut self, error: &Error) -> (bool, Duration) {
        let opened = self.breaker.failed();
        let jitter = self.backoff.next_wait();
        // A crowd that was told the same delay does not come back in step.
        let told = error.retry_after().map(|delay| asked(delay) + jitter);
        let wait = self.breaker.probe_after().unwrap_or(jitter);
        (opened, wait.max(told.unwrap_or_default()))
    }
}

impl<W: Wire, S, H> Worker<'_, W, S, H> {
    /// Decides what follows a failed fetch; an error ends the loop.
    pub(super) fn failed(&mut self, error: Error, at_least: &str) -> Result<(), FollowError> {
        if error.is_cursor() {
            self.lost_cursor(error)
        } else if self.retry.passes(&error) {
            self.try_again(error, at_least);
            Ok(())
        } else {
            Err(error.into())
        }
    }

    fn try_again(&mut self, error: Error, at_least: &str) {
        let (opened, retry_after) = self.retry.failed(&error);
        self.shared.change(|course| {
            course.trust(!self.retry.breaker.is_open());
            course.failed(at_least, Instant::now() + retry_after);
        });
        self.shared.tell(&Notice::FetchFailed { error, retry_after });
        if opened {
            self.shared.tell(&Notice::BreakerOpened);
        }
    }

    /// The hub has answered, but not from this cursor. It is asked again after a back-off, lest a hub
    /// that refuses what it has just advised be asked without end.
    fn lost_cursor(&mut self, error: Error) -> Result<(), FollowError> {
        let Some(snapshot) = self.goes_on_from_snapshot(&error) else {
            return Err(error.into());
        };
        self.reading = if snapshot { Reading::snapshot() } else { Reading::Tail };
        let again = Instant::now() + self.retry.backoff.next_wait();
        self.shared.change(|course| {
            course.jump("", again);
            course.failed("", again);
        });
        self.shared.tell(&Notice::CursorLost { error, snapshot });
        Ok(())
    }

    /// Whether a snapshot comes next, or else the earliest event; `None` if a person is to decide.
    fn goes_on_from_snapshot(&self, error: &Error) -> Option<bool> {
        let action = error.metadata().get("action").map(String::as_str);
        match (self.on_cursor_error, action) {
            (_, Some("FAIL")) => None,
            // Retention, or a new life of the backlog, overtook a snapshot half-way: it starts over.
            _ if matches!(self.reading, Reading::Snapshot { .. }) => Some(true),
            (OnCursorError::Fail, _) => None,
            (OnCursorError::Snapshot, _) => Some(true),
            (OnCursorError::Earliest, _) => Some(false),
            (OnCursorError::Advised, action) => match action {
                Some("SNAPSHOT") => Some(true),
                Some("EARLIEST") => Some(false),
                _ => None,
            },
        }
    }
}
