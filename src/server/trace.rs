//! The life of each call: its span and its last line (method, peer, code and time taken; never what was said), and its
//! place among the calls of its connection.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::header::CONTENT_TYPE;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Response, StatusCode, Uri};
use hyper::body::{Frame, SizeHint};
use tokio::time::Instant;
use tonic::body::Body;
use tonic::{Code, Status};
use tonic_types::StatusExt;
use tracing::field::Empty;
use tracing::{Instrument, Span, debug, debug_span, warn};

use super::reply::Data;
use crate::http::Reason;
use crate::limits::ABANDONED_WITHIN;
use crate::service::Connection;
use crate::trace_context;

/// A call from its request to the end of its reply.
pub struct Call {
    method: Option<PathAndQuery>,
    connection: Arc<Connection>,
    began: Instant,
    span: Span,
    answered: bool,
    outcome: Option<Outcome>,
}

/// The reason of refusals that are not the hub's, e.g. of a method that there is not.
const OTHER: &str = "OTHER";

/// How a call was answered.
#[derive(Debug, Clone, Copy)]
enum Outcome {
    Grpc(Code),
    Http(StatusCode),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Grpc(code) => write!(f, "{code:?}"),
            Self::Http(status) => write!(f, "{}", status.as_u16()),
        }
    }
}

impl Call {
    /// A call that begins now.
    pub fn new(uri: &Uri, headers: &HeaderMap, connection: Arc<Connection>) -> Self {
        connection.begin();
        let (method, peer) = (uri.path(), connection.peer);
        let span = debug_span!("call", otel.name = method, otel.kind = "server", method, %peer, code = Empty);
        trace_context::adopt(&span, headers);
        let method = uri.path_and_query().cloned();
        Self { method, connection, began: Instant::now(), span, answered: false, outcome: None }
    }

    /// Runs the call within its span, up to the headers of the reply; its body goes on with it.
    pub async fn trace(mut self, call: impl Future<Output = Response<Body>>) -> Response<Traced> {
        let response = call.instrument(self.span.clone()).await;
        self.outcome = outcome(&response);
        if let Some(reason) = refusal(&response) {
            self.connection.metrics.refusals.count(&reason);
        }
        self.answered = !self.outcome.is_some_and(says_that_the_peer_left);
        response.map(|body| Traced { body, call: self })
    }
}

/// gRPC's code is in the headers if there is no body, else in the trailers.
fn outcome<B>(response: &Response<B>) -> Option<Outcome> {
    let kind = response.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    if kind == Some(b"application/grpc") {
        return code(response.headers());
    }
    Some(Outcome::Http(response.status()))
}

/// Why a response refuses, if it does.
fn refusal<B>(response: &Response<B>) -> Option<Cow<'static, str>> {
    match response.extensions().get::<Reason>() {
        Some(Reason(reason)) => Some(Cow::Borrowed(*reason)),
        None => grpc_refusal(response.headers()),
    }
}

/// The reason among the details of a status, or none of the hub's.
fn grpc_refusal(headers: &HeaderMap) -> Option<Cow<'static, str>> {
    let status = headers.get(Status::GRPC_STATUS)?;
    if status == "0" {
        return None;
    }
    let status = Status::from_header_map(headers)?;
    let info = status.get_details_error_info();
    Some(info.map_or(Cow::Borrowed(OTHER), |info| Cow::Owned(info.reason)))
}

fn code(headers: &HeaderMap) -> Option<Outcome> {
    let code = headers.get(Status::GRPC_STATUS)?;
    Some(Outcome::Grpc(Code::from_bytes(code.as_bytes())))
}

/// Nothing of ours answers so, but tonic does to a peer that leaves before it has asked.
fn says_that_the_peer_left(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Grpc(Code::Cancelled | Code::Internal | Code::Unknown))
}

/// The peer may leave at any moment, so a call ends when it is dropped.
impl Drop for Call {
    fn drop(&mut self) {
        let _within = self.span.enter();
        let (peer, took) = (self.connection.peer, self.began.elapsed());
        if let Some(outcome) = self.outcome.filter(|_| !self.span.is_disabled()) {
            self.span.record("code", outcome.to_string());
        }
        self.connection.end(!self.answered && took < ABANDONED_WITHIN);
        let method = self.method.as_ref().map_or("", PathAndQuery::path);
        match self.outcome {
            // Not INTERNAL: nothing of ours answers it, but tonic does to a peer that leaves before it has asked.
            Some(Outcome::Grpc(code @ (Code::Unknown | Code::DataLoss))) => {
                warn!(method, %peer, ?code, ?took, "call failed");
            }
            Some(Outcome::Http(status @ StatusCode::INTERNAL_SERVER_ERROR)) => {
                warn!(method, %peer, status = status.as_u16(), ?took, "call failed");
            }
            Some(Outcome::Grpc(code)) => debug!(method, %peer, ?code, ?took, "call ended"),
            Some(Outcome::Http(status)) => {
                debug!(method, %peer, status = status.as_u16(), ?took, "call ended");
            }
            None => debug!(method, %peer, ?took, "call left by its peer"),
        }
    }
}

/// The body of a reply.
pub struct Traced {
    body: Body,
    call: Call,
}

impl hyper::body::Body for Traced {
    type Data = Data;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Data>, Status>>> {
        let Self { body, call } = &mut *self;
        let _within = call.span.enter();
        let frame = ready!(Pin::new(body).poll_frame(cx));
        let trailers = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.trailers_ref());
        if let Some(trailers) = trailers {
            call.outcome = code(trailers);
            if let Some(reason) = grpc_refusal(trailers) {
                call.connection.metrics.refusals.count(&reason);
            }
        }
        let data = |bytes| Data::new(bytes, &call.connection);
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
