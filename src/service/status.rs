//! The error table of the API: what each [`Error`] is on the wire.
//!
//! No match here has a wildcard arm: a new error does not compile until it has its row.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use prost::Message;
use prost_types::{Any, Timestamp};
use tonic::{Code, Status};
use tonic_types::pb::{ErrorInfo, RetryInfo};

use crate::error::{CursorError, Error, WriteOutcome};

/// The domain of every `google.rpc.ErrorInfo` of the hub.
pub const DOMAIN: &str = "hintwire.v1";

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let status = rpc_status(&error);
        let details = status.encode_to_vec();
        Self::with_details(Code::from_i32(status.code), status.message, details.into())
    }
}

/// The error as `google.rpc.Status`, as it stands in a stream of answers.
pub fn rpc_status(error: &Error) -> tonic_types::Status {
    let row = row(error);
    let info = ErrorInfo {
        reason: row.reason.to_owned(),
        domain: DOMAIN.to_owned(),
        metadata: row.metadata,
    };
    let retry = retry_after(error).map(|after| RetryInfo { retry_delay: after.try_into().ok() });
    let mut details = vec![any("ErrorInfo", &info)];
    details.extend(retry.map(|retry| any("RetryInfo", &retry)));
    tonic_types::Status { code: row.code.into(), message: error.to_string(), details }
}

fn any(name: &str, detail: &impl Message) -> Any {
    Any {
        type_url: format!("type.googleapis.com/google.rpc.{name}"),
        value: detail.encode_to_vec(),
    }
}

/// A row of the table.
pub(crate) struct Row {
    pub code: Code,
    pub reason: &'static str,
    pub metadata: HashMap<String, String>,
}

impl Row {
    fn new<const N: usize>(
        code: Code,
        reason: &'static str,
        metadata: [(&str, String); N],
    ) -> Self {
        let metadata = metadata.map(|(key, value)| (key.to_owned(), value)).into();
        Self { code, reason, metadata }
    }

    /// Adds a value, if it is known.
    fn and(mut self, key: &str, value: Option<String>) -> Self {
        self.metadata.extend(value.map(|value| (key.to_owned(), value)));
        self
    }
}

/// What an error says to programs.
pub(crate) fn row(error: &Error) -> Row {
    match error {
        Error::InvalidField { field, .. } => {
            Row::new(Code::InvalidArgument, "INVALID_FIELD", [("field", field.clone())])
        }
        Error::TooLarge { field, limit } => Row::new(
            Code::InvalidArgument,
            "TOO_LARGE",
            [("field", field.clone()), ("limit", limit.to_string())],
        ),
        Error::Cursor(error) => cursor_row(error),
        Error::IdConflict { index } => {
            Row::new(Code::AlreadyExists, "ID_CONFLICT", [("index", index.to_string())])
        }
        Error::ExpectationFailed { index, newest } => {
            Row::new(Code::Aborted, "EXPECTATION_FAILED", [("index", index.to_string())])
                .and("newest", newest.map(|cursor| cursor.to_string()))
        }
        Error::Sequence { sequence, last } => Row::new(
            Code::InvalidArgument,
            "SEQUENCE",
            [("sequence", sequence.to_string()), ("last", last.to_string())],
        ),
        Error::Overloaded { .. } => Row::new(Code::ResourceExhausted, "OVERLOADED", []),
        Error::NoSpace { .. } => Row::new(Code::ResourceExhausted, "NO_SPACE", []),
        Error::Draining { .. } => Row::new(Code::Unavailable, "DRAINING", []),
        Error::BacklogFailed { outcome } => {
            Row::new(Code::Unavailable, "BACKLOG_FAILED", [("outcome", outcome_word(*outcome))])
        }
        Error::BacklogDamaged { file, offset, .. } => Row::new(
            Code::DataLoss,
            "BACKLOG_DAMAGED",
            [("file", file.clone()), ("offset", offset.to_string())],
        ),
        Error::NodeBehind { .. } => Row::new(Code::Unavailable, "NODE_BEHIND", []),
        Error::Unauthenticated { .. } => Row::new(Code::Unauthenticated, "UNAUTHENTICATED", []),
        Error::PermissionDenied { action, .. } => Row::new(
            Code::PermissionDenied,
            "PERMISSION_DENIED",
            [("action", (*action).to_owned())],
        ),
        Error::QuotaExceeded { what, .. } => {
            Row::new(Code::ResourceExhausted, "QUOTA_EXCEEDED", [("quota", (*what).to_owned())])
        }
        Error::LimitReached { limit, .. } => {
            Row::new(Code::ResourceExhausted, "LIMIT_REACHED", [("limit", limit.to_string())])
        }
    }
}

fn cursor_row(error: &CursorError) -> Row {
    let action = error.action().to_string();
    match error {
        CursorError::Malformed { field } => Row::new(
            Code::InvalidArgument,
            "CURSOR_MALFORMED",
            [("field", field.clone()), ("action", action)],
        ),
        CursorError::Trimmed { earliest, head, lost_events, lost_until, snapshot_covers } => {
            Row::new(
                Code::OutOfRange,
                "CURSOR_TRIMMED",
                [
                    ("earliest", earliest.to_string()),
                    ("head", head.to_string()),
                    ("lost_events", lost_events.to_string()),
                    ("snapshot_covers", snapshot_covers.to_string()),
                    ("action", action),
                ],
            )
            .and("lost_until", lost_until.map(rfc3339))
        }
        CursorError::Foreign { incarnation, earliest, head, snapshot_covers } => Row::new(
            Code::FailedPrecondition,
            "CURSOR_FOREIGN",
            [
                ("incarnation", incarnation.to_string()),
                ("earliest", earliest.to_string()),
                ("head", head.to_string()),
                ("snapshot_covers", snapshot_covers.to_string()),
                ("action", action),
            ],
        ),
        CursorError::Ahead { head, incarnation } => Row::new(
            Code::FailedPrecondition,
            "CURSOR_AHEAD",
            [
                ("head", head.to_string()),
                ("incarnation", incarnation.to_string()),
                ("action", action),
            ],
        ),
    }
}

/// When to try again, where that can help.
pub(crate) fn retry_after(error: &Error) -> Option<Duration> {
    match error {
        Error::Overloaded { retry_after }
        | Error::NoSpace { retry_after }
        | Error::Draining { retry_after }
        | Error::NodeBehind { retry_after }
        | Error::QuotaExceeded { retry_after, .. }
        | Error::LimitReached { retry_after, .. } => Some(*retry_after),
        Error::InvalidField { .. }
        | Error::TooLarge { .. }
        | Error::Cursor(_)
        | Error::IdConflict { .. }
        | Error::ExpectationFailed { .. }
        | Error::Sequence { .. }
        | Error::Unauthenticated { .. }
        | Error::PermissionDenied { .. }
        | Error::BacklogFailed { .. }
        | Error::BacklogDamaged { .. } => None,
    }
}

fn outcome_word(outcome: WriteOutcome) -> String {
    match outcome {
        WriteOutcome::Unknown => "unknown".to_owned(),
        WriteOutcome::NotWritten => "not_written".to_owned(),
    }
}

fn rfc3339(time: SystemTime) -> String {
    Timestamp::from(time).to_string()
}

#[cfg(test)]
mod tests {
    use tonic_types::StatusExt;

    use super::*;
    use crate::cursor::{Cursor, Incarnation, Position};

    fn cursor(position: u64) -> Cursor {
        Cursor { incarnation: Incarnation(7), position: Position(position) }
    }

    #[test]
    fn a_trimmed_cursor_carries_every_value_of_the_way_out() {
        let status = Status::from(Error::from(Box::new(CursorError::Trimmed {
            earliest: cursor(5),
            head: cursor(9),
            lost_events: 4,
            lost_until: Some(SystemTime::UNIX_EPOCH + Duration::from_micros(1_500_000)),
            snapshot_covers: true,
        })));
        assert_eq!(status.code(), Code::OutOfRange);
        let info = status.get_details_error_info().unwrap();
        assert_eq!((&*info.reason, &*info.domain), ("CURSOR_TRIMMED", "hintwire.v1"));
        let expected = [
            ("earliest", cursor(5).to_string()),
            ("head", cursor(9).to_string()),
            ("lost_events", "4".to_owned()),
            ("lost_until", "1970-01-01T00:00:01.500Z".to_owned()),
            ("snapshot_covers", "true".to_owned()),
            ("action", "SNAPSHOT".to_owned()),
        ];
        assert_eq!(info.metadata, expected.map(|(k, v)| (k.to_owned(), v)).into());
    }

    #[test]
    fn what_can_be_retried_says_when_and_nothing_else_does() {
        let after = Duration::from_millis(250);
        for (error, retry) in [
            (Error::Overloaded { retry_after: after }, Some(after)),
            (Error::NoSpace { retry_after: after }, Some(after)),
            (Error::Draining { retry_after: after }, Some(after)),
            (Error::BacklogFailed { outcome: WriteOutcome::Unknown }, None),
            (Error::IdConflict { index: 3 }, None),
        ] {
            let details = Status::from(error).get_error_details();
            assert_eq!(details.retry_info().and_then(|info| info.retry_delay), retry);
            assert!(details.error_info().is_some());
        }
    }

    #[test]
    fn the_same_error_reads_the_same_in_a_stream_of_answers() {
        let error = Error::invalid("events[3].topic", "is empty");
        let inside = rpc_status(&error);
        let outside = tonic_types::Status::decode(Status::from(error).details()).unwrap();
        assert_eq!(inside, outside);
    }
}
