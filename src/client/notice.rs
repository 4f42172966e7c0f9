//! What the loop tells about itself, besides the events.

use std::fmt;
use std::time::Duration;

use super::Error;

/// Something that an operator may want to know. Each is also logged through `tracing`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Notice {
    /// The stream of hints is up: fetches follow hints.
    Hinted,
    /// There is no stream of hints: until the next [`Notice::Hinted`] the loop polls.
    Polling {
        /// Why.
        why: String,
        /// When a stream is tried again.
        retry_after: Duration,
    },
    /// A fetch failed and is tried again.
    FetchFailed {
        /// How.
        error: Error,
        /// When it is tried again.
        retry_after: Duration,
    },
    /// The circuit breaker opened: one probe at a time until one succeeds.
    BreakerOpened,
    /// The circuit breaker closed.
    BreakerClosed,
    /// The cursor could not be used; the loop goes on elsewhere, as its policy says.
    CursorLost {
        /// What the hub says about it, e.g. how many events are lost.
        error: Error,
        /// Whether a snapshot comes next; else the events from the earliest on.
        snapshot: bool,
    },
}

impl Notice {
    /// Writes the notice to the log.
    pub(super) fn log(&self) {
        match self {
            Self::Hinted => tracing::debug!("{self}"),
            Self::BreakerClosed | Self::Polling { .. } => tracing::info!("{self}"),
            _ => tracing::warn!("{self}"),
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hinted => f.write_str("hints arrive"),
            Self::Polling { why, retry_after } => {
                write!(f, "no stream of hints: {why}; polling, next attempt in {retry_after:.1?}")
            }
            Self::FetchFailed { error, retry_after } => {
                write!(f, "fetch failed: {error}; next attempt in {retry_after:.1?}")
            }
            Self::BreakerOpened => {
                f.write_str("the hub keeps failing: probing it now and then until it answers")
            }
            Self::BreakerClosed => f.write_str("the hub answers again"),
            Self::CursorLost { error, snapshot: true } => {
                write!(f, "cursor lost: {error}; going on from a snapshot")
            }
            Self::CursorLost { error, .. } => {
                write!(f, "cursor lost: {error}; going on from the earliest event")
            }
        }
    }
}
