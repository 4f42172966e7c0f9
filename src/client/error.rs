//! What a call can end with, in the API's words.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use prost::Message;
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// The domain of every reason of ours.
pub const DOMAIN: &str = "hintwire.v1";

/// A call that failed. Decide by [`Error::reason`], not by the text.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    status: Status,
    reason: String,
    metadata: HashMap<String, String>,
    retry_after: Option<Duration>,
}

impl Error {
    /// The gRPC code.
    pub fn code(&self) -> Code {
        self.0.status.code()
    }

    /// The text for people.
    pub fn message(&self) -> &str {
        self.0.status.message()
    }

    /// The hub's reason, e.g. `CURSOR_TRIMMED`; empty if the failure is not the hub's own, such as a
    /// lost connection.
    pub fn reason(&self) -> &str {
        &self.0.reason
    }

    /// The values that go with the reason, e.g. `earliest`.
    pub fn metadata(&self) -> &HashMap<String, String> {
        &self.0.metadata
    }

    /// How long the hub asks to wait before the next attempt.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Whether the cursor of the call cannot be used: one of the `CURSOR_` reasons.
    pub fn is_cursor(&self) -> bool {
        self.reason().starts_with("CURSOR_")
    }

    /// Whether the same call may succeed later. What the hub says about the request itself is final,
    /// as is a refusal of the caller; a lost connection, overload or a stopping hub passes.
    pub fn is_transient(&self) -> bool {
        let refused = matches!(
            self.code(),
            Code::InvalidArgument
                | Code::NotFound
                | Code::AlreadyExists
                | Code::PermissionDenied
                | Code::FailedPrecondition
                | Code::Aborted
                | Code::OutOfRange
                | Code::Unimplemented
                | Code::DataLoss
                | Code::Unauthenticated
        );
        !refused
    }
}

impl From<Status> for Error {
    fn from(status: Status) -> Self {
        let info = status.get_details_error_info().filter(|info| info.domain == DOMAIN);
        let (reason, metadata) = info.map(|info| (info.reason, info.metadata)).unwrap_or_default();
        let retry_after = status.get_details_retry_info().and_then(|retry| retry.retry_delay);
        Self(Box::new(Inner { status, reason, metadata, retry_after }))
    }
}

/// An error that stands in an answer of a stream, as a call would have ended with it.
impl From<tonic_types::Status> for Error {
    fn from(status: tonic_types::Status) -> Self {
        let details = status.encode_to_vec().into();
        Status::with_details(status.code.into(), status.message, details).into()
    }
}

impl From<tonic::transport::Error> for Error {
    fn from(error: tonic::transport::Error) -> Self {
        let text = with_causes(&error.to_string(), error.source());
        Status::unavailable(text).into()
    }
}

/// A text and those of its causes, each once: the outermost alone says only "transport error".
fn with_causes(text: &str, mut cause: Option<&dyn StdError>) -> String {
    let mut text = text.to_owned();
    while let Some(source) = cause {
        let why = source.to_string();
        if !text.contains(&why) {
            text = format!("{text}: {why}");
        }
        cause = source.source();
    }
    text
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.reason().is_empty() {
            let text = with_causes(self.message(), self.0.status.source());
            write!(f, "{text} ({:?})", self.code())
        } else {
            write!(f, "{} ({})", self.message(), self.reason())
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("code", &self.code())
            .field("message", &self.message())
            .field("reason", &self.reason())
            .field("metadata", self.metadata())
            .field("retry_after", &self.retry_after())
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.status.source()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic_types::ErrorDetails;

    fn refused(domain: &str) -> Error {
        let mut details = ErrorDetails::with_error_info(
            "CURSOR_TRIMMED",
            domain,
            HashMap::from([("action".into(), "SNAPSHOT".into())]),
        );
        details.set_retry_info(Some(Duration::from_millis(1500)));
        Status::with_error_details(Code::OutOfRange, "too old", details).into()
    }

    #[test]
    fn reason_metadata_and_retry_are_read_from_the_details() {
        let error = refused(DOMAIN);
        assert_eq!((error.code(), error.reason()), (Code::OutOfRange, "CURSOR_TRIMMED"));
        assert_eq!(error.metadata().get("action").map(String::as_str), Some("SNAPSHOT"));
        assert_eq!(error.retry_after(), Some(Duration::from_millis(1500)));
        assert!(error.is_cursor() && !error.is_transient());
        assert_eq!(error.to_string(), "too old (CURSOR_TRIMMED)");
    }

    #[test]
    fn a_reason_of_another_domain_is_not_ours() {
        assert_eq!(refused("example.com").reason(), "");
    }

    #[test]
    fn a_lost_connection_is_transient_and_has_no_reason() {
        let error = Error::from(Status::unavailable("connection refused"));
        assert!(error.is_transient() && error.reason().is_empty() && !error.is_cursor());
    }

    #[tokio::test]
    async fn a_failure_to_connect_says_why() {
        let client = crate::client::Client::connect_lazy("http://127.0.0.1:1").unwrap();
        let error = client.get_hub().await.unwrap_err();
        assert!(error.to_string().contains("refused"), "{error}");
    }
}
