//! The error table over HTTP: each refusal as a status and a problem document (RFC 9457) with the reasons of gRPC.
//!
//! No match here has a wildcard arm: a new error does not compile until it has its row.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::response::IntoResponse;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Response, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::caching::Caching;
use crate::error::{CursorError, Error};
use crate::index::clock::millis;
use crate::service::status;

/// Why a request is refused.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// As any other way in would refuse it.
    #[error(transparent)]
    Hub(#[from] Error),
    /// There is no such path.
    #[error("there is nothing at this path; /v1/openapi.json lists what there is")]
    NotFound,
    /// The path takes other methods.
    #[error("this path does not take this method; the header allow lists those that it takes")]
    Method,
    /// The body is of no media type that the path takes.
    #[error("the content-type must be one of: {0}")]
    MediaType(&'static str),
    /// There is no host, more than one, or it is none.
    #[error("a request names one host: name, name:port, address or [address]:port")]
    BadHost,
    /// gRPC over HTTP/1.
    #[error(
        "gRPC needs HTTP/2; over HTTP/1.1 there are gRPC-Web and the routes of /v1/openapi.json"
    )]
    GrpcNeedsHttp2,
    /// gRPC-Web, which the operator has not asked for.
    #[error("gRPC-Web is off; it is on once allowed_origins lists an origin whose pages may call")]
    GrpcWebOff,
    /// The Host is none of this hub's.
    #[error("this hub does not answer to this host; list it in allowed_hosts if it should")]
    Host,
    /// A page of another origin may not do this.
    #[error("this origin may not do this; list it in allowed_origins if it should")]
    Origin,
    /// The body is not what was announced.
    #[error("the body ended early, or is not framed as its headers say")]
    Cut,
    /// The body did not come in time.
    #[error("the body did not come within {} s", crate::limits::BODY.as_secs())]
    Timeout,
}

/// Why a response refuses, for who counts; it does not leave the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason(pub &'static str);

/// A problem document.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// `urn:hintwire:` and the reason.
    #[serde(rename = "type")]
    kind: String,
    /// The HTTP status in words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What is wrong and what to do, for people.
    detail: String,
    /// What is wrong, for programs: the reasons of gRPC, and those of HTTP alone.
    reason: String,
    /// The values that matter, e.g. `field`, `limit`, `earliest`, `action`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<String, String>,
    /// Try again after so many milliseconds, where that can help.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
}

impl Refusal {
    /// The document.
    pub fn problem(&self) -> Problem {
        let status = self.status();
        let (reason, metadata, retry_after) = match self {
            Self::Hub(error) => {
                let row = status::row(error);
                (row.reason, row.metadata.into_iter().collect(), status::retry_after(error))
            }
            own => (own.reason(), BTreeMap::new(), None),
        };
        Problem {
            kind: format!("urn:hintwire:{reason}"),
            title: status.canonical_reason().unwrap_or_default().to_owned(),
            status: status.as_u16(),
            detail: self.to_string(),
            reason: reason.to_owned(),
            metadata,
            retry_after_ms: retry_after.map(millis),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Hub(error) => status::row(error).reason,
            Self::NotFound => "NOT_FOUND",
            Self::Method => "METHOD_NOT_ALLOWED",
            Self::MediaType(_) => "MEDIA_TYPE",
            Self::GrpcNeedsHttp2 => "GRPC_NEEDS_HTTP2",
            Self::GrpcWebOff => "GRPC_WEB_OFF",
            Self::BadHost => "BAD_HOST",
            Self::Host => "FOREIGN_HOST",
            Self::Origin => "FOREIGN_ORIGIN",
            Self::Cut => "BODY_CUT",
            Self::Timeout => "BODY_TIMEOUT",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Hub(error) => hub_status(error),
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::MediaType(_) | Self::GrpcNeedsHttp2 | Self::GrpcWebOff => {
                StatusCode::UNSUPPORTED_MEDIA_TYPE
            }
            Self::BadHost | Self::Cut => StatusCode::BAD_REQUEST,
            Self::Host => StatusCode::MISDIRECTED_REQUEST,
            Self::Origin => StatusCode::FORBIDDEN,
            Self::Timeout => StatusCode::REQUEST_TIMEOUT,
        }
    }
}

fn hub_status(error: &Error) -> StatusCode {
    match error {
        Error::TooLarge { field, .. } if field == "request" => StatusCode::PAYLOAD_TOO_LARGE,
        Error::InvalidField { .. } | Error::TooLarge { .. } | Error::Sequence { .. } => {
            StatusCode::BAD_REQUEST
        }
        Error::Cursor(error) => match **error {
            CursorError::Malformed { .. } => StatusCode::BAD_REQUEST,
            CursorError::Trimmed { .. } => StatusCode::GONE,
            CursorError::Foreign { .. } | CursorError::Ahead { .. } => StatusCode::CONFLICT,
        },
        Error::IdConflict { .. } | Error::ExpectationFailed { .. } => StatusCode::CONFLICT,
        Error::Unauthenticated { .. } => StatusCode::UNAUTHORIZED,
        Error::PermissionDenied { .. } => StatusCode::FORBIDDEN,
        Error::Overloaded { .. }
        | Error::NoSpace { .. }
        | Error::QuotaExceeded { .. }
        | Error::LimitReached { .. } => StatusCode::TOO_MANY_REQUESTS,
        Error::Draining { .. } | Error::BacklogFailed { .. } | Error::NodeBehind { .. } => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        Error::BacklogDamaged { .. } => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response<Body> {
        let problem = self.problem();
        let mut response = Response::builder()
            .status(problem.status)
            .header(CONTENT_TYPE, "application/problem+json")
            .header(CACHE_CONTROL, Caching::Nothing.header());
        if let Some(after) = problem.retry_after_ms {
            response = response.header(RETRY_AFTER, after.div_ceil(1000));
        }
        if problem.status == StatusCode::UNAUTHORIZED.as_u16() {
            response = response.header(WWW_AUTHENTICATE, "Bearer");
        }
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let response = response.extension(Reason(self.reason()));
        response.body(body.into()).unwrap_or_default()
    }
}
