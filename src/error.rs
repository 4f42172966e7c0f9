//! The one error of hub and backlog. `service::status` maps each to a gRPC status, exhaustively.

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::cursor::{Cursor, Incarnation};

/// What can go wrong for a caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A field is not what the API says.
    #[error("{field} {why}")]
    InvalidField {
        /// The field, e.g. `events[3].topic`.
        field: String,
        /// What is wrong with it.
        why: String,
    },
    /// A field or message is over its limit.
    #[error("{field} is over its limit of {limit}")]
    TooLarge {
        /// The field, e.g. `events[3].topic`.
        field: String,
        /// Its limit: bytes, or a number of things.
        limit: usize,
    },
    /// A cursor cannot be used.
    #[error(transparent)]
    Cursor(#[from] Box<CursorError>),
    /// An id was used before, with other content.
    #[error("event {index} repeats an id with other content; nothing of its batch was written")]
    IdConflict {
        /// Of the event within the batch.
        index: usize,
    },
    /// `expected_cursor` does not hold.
    #[error("event {index}: its key has changed since the expected cursor, or that cannot be told")]
    ExpectationFailed {
        /// Of the event within the batch.
        index: usize,
        /// The newest event of its key, if known.
        newest: Option<Cursor>,
    },
    /// A sequence of a PublishStream does not increase.
    #[error("sequence {sequence} is not after {last}")]
    Sequence {
        /// What came.
        sequence: i64,
        /// What came before it.
        last: i64,
    },
    /// More was asked than the hub can do now.
    #[error("the hub is overloaded; retry in {} ms", retry_after.as_millis())]
    Overloaded {
        /// When to try again.
        retry_after: Duration,
    },
    /// The disk is full up to the reserve.
    #[error("no space left for new events; publishing resumes by itself when there is")]
    NoSpace {
        /// When to try again.
        retry_after: Duration,
    },
    /// The hub is stopping.
    #[error("the hub is stopping; retry in {} ms, or at another", retry_after.as_millis())]
    Draining {
        /// When to try again.
        retry_after: Duration,
    },
    /// A write to the backlog failed; it takes no more until a restart.
    #[error("a write to the backlog failed; it takes no more events until the hub is restarted")]
    BacklogFailed {
        /// Whether the batch is in it.
        outcome: WriteOutcome,
    },
    /// Stored bytes are not what was written.
    #[error("the backlog is damaged in {file} at byte {offset}: {what}; run `hintwire check`")]
    BacklogDamaged {
        /// Where.
        file: String,
        /// At which byte.
        offset: u64,
        /// What is wrong there.
        what: String,
    },
    /// This node has not seen the `at_least` cursor.
    #[error("this node has not reached at_least yet; retry in {} ms", retry_after.as_millis())]
    NodeBehind {
        /// When to try again.
        retry_after: Duration,
    },
    /// The credentials do not hold, or have ended, or there are none where some are needed.
    #[error("unauthenticated: {why}")]
    Unauthenticated {
        /// What is wrong with them; nothing of the credentials themselves.
        why: &'static str,
    },
    /// The policy does not let the caller do this, whether or not there is anything of that name.
    #[error("the policy does not let you {action} {what}")]
    PermissionDenied {
        /// `publish`, `read` or `admin`.
        action: &'static str,
        /// The pattern or topic, as it was asked for; or what else.
        what: String,
    },
    /// The caller, or all together, ask more than their quota.
    #[error("the quota of {what} is used up; retry in {} ms", retry_after.as_millis())]
    QuotaExceeded {
        /// Of what, e.g. `publishes`.
        what: &'static str,
        /// When to try again.
        retry_after: Duration,
    },
    /// A cap on what is open at once.
    #[error("the hub has its {limit} {what} open already")]
    LimitReached {
        /// What is open, e.g. streams.
        what: &'static str,
        /// How many may be.
        limit: usize,
        /// When to try again.
        retry_after: Duration,
    },
}

/// Why a cursor cannot be used, with the values that show the way out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CursorError {
    /// Not a token.
    #[error("{field} is not a cursor")]
    Malformed {
        /// The field that it came in.
        field: String,
    },
    /// Retention has passed it.
    #[error(
        "the cursor is before the earliest retained event; up to {lost_events} events are lost"
    )]
    Trimmed {
        /// The place from which nothing is missing.
        earliest: Cursor,

        /// The place after the newest event.
        head: Cursor,

        /// Upper bound of events lost, over all topics.
        lost_events: u64,

        /// When the earliest retained event was published.
        lost_until: Option<SystemTime>,

        /// Whether a Snapshot holds every live key.
        snapshot_covers: bool,
    },
    /// It belongs to another life of the backlog, after the fork.
    #[error("the cursor belongs to another life of the backlog than {incarnation}")]
    Foreign {
        /// The life that writes now.
        incarnation: Incarnation,
        /// The place from which nothing is missing.
        earliest: Cursor,
        /// The place after the newest event.
        head: Cursor,
        /// Whether a Snapshot holds every live key.
        snapshot_covers: bool,
    },
    /// It is after the head of the backlog.
    #[error(
        "the cursor is after the head of the backlog: its end was lost, or the cursor invented"
    )]
    Ahead {
        /// The place after the newest event.
        head: Cursor,
        /// The life that writes now.
        incarnation: Incarnation,
    },
}

/// What a client whose cursor cannot be used does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// A person decides.
    Fail,
    /// Take a Snapshot and go on from its cursor.
    Snapshot,
    /// Go on from the earliest retained event.
    Earliest,
}

impl CursorError {
    /// What to do about it.
    pub fn action(&self) -> Action {
        match self {
            Self::Malformed { .. } | Self::Ahead { .. } => Action::Fail,
            Self::Trimmed { snapshot_covers, .. } | Self::Foreign { snapshot_covers, .. } => {
                if *snapshot_covers {
                    Action::Snapshot
                } else {
                    Action::Earliest
                }
            }
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fail => "FAIL",
            Self::Snapshot => "SNAPSHOT",
            Self::Earliest => "EARLIEST",
        })
    }
}

/// Whether a batch that was refused after a failed write is in the backlog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteOutcome {
    /// It may be: it was in the write that failed.
    Unknown,
    /// It is not.
    NotWritten,
}

impl Error {
    /// A field is not what the API says.
    pub fn invalid(field: impl Into<String>, why: impl Into<String>) -> Self {
        Self::InvalidField { field: field.into(), why: why.into() }
    }

    /// A field is over its limit.
    pub fn too_large(field: impl Into<String>, limit: usize) -> Self {
        Self::TooLarge { field: field.into(), limit }
    }

    /// Whether sending the same again can never succeed.
    pub fn is_final(&self) -> bool {
        match self {
            Self::InvalidField { .. }
            | Self::TooLarge { .. }
            | Self::Cursor(_)
            | Self::IdConflict { .. }
            | Self::ExpectationFailed { .. }
            | Self::PermissionDenied { .. }
            | Self::Sequence { .. } => true,
            Self::Overloaded { .. }
            | Self::NoSpace { .. }
            | Self::Draining { .. }
            | Self::BacklogFailed { .. }
            | Self::BacklogDamaged { .. }
            | Self::NodeBehind { .. }
            | Self::Unauthenticated { .. }
            | Self::QuotaExceeded { .. }
            | Self::LimitReached { .. } => false,
        }
    }
}
