//! A span and a last line for each call: method, peer, code and time taken; never what was said.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderMap, Response, Uri};
use hyper::body::{Frame, SizeHint};
use tonic::body::Body;
use tonic::{Code, Status};
use tracing::{Instrument, Span, debug, debug_span, warn};

/// A call from its request to the end of its reply.
pub struct Call {
    method: Option<PathAndQuery>,
    peer: SocketAddr,
    began: Instant,
    span: Span,
    code: Option<Code>,
}

impl Call {
    /// A call that begins now.
    pub fn new(uri: &Uri, peer: SocketAddr) -> Self {
        let span = debug_span!("call", method = uri.path(), %peer);
        let method = uri.path_and_query().cloned();
        Self { method, peer, began: Instant::now(), span, code: None }
    }

    /// Runs the call within its span, up to the headers of the reply; its body goes on with it.
    pub async fn trace(mut self, call: impl Future<Output = Response<Body>>) -> Response<Traced> {
        let response = call.instrument(self.span.clone()).await;
        self.code = code(response.headers());
        response.map(|body| Traced { body, call: self })
    }
}

/// The code is in the headers if there is no body, else in the trailers.
fn code(headers: &HeaderMap) -> Option<Code> {
    headers.get(Status::GRPC_STATUS).map(|code| Code::from_bytes(code.as_bytes()))
}

/// The peer may leave at any moment, so a call ends when it is dropped.
impl Drop for Call {
    fn drop(&mut self) {
        let _within = self.span.enter();
        let (peer, took) = (self.peer, self.began.elapsed());
        let method = self.method.as_ref().map_or("", PathAndQuery::path);
        match self.code {
            // Not INTERNAL: nothing of ours answers it, but tonic does to a peer that leaves before it has asked.
            Some(code @ (Code::Unknown | Code::DataLoss)) => {
                warn!(method, %peer, ?code, ?took, "call failed");
            }
            Some(code) => debug!(method, %peer, ?code, ?took, "call ended"),
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
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Self { body, call } = &mut *self;
        let _within = call.span.enter();
        let frame = ready!(Pin::new(body).poll_frame(cx));
        let trailers = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.trailers_ref());
        if let Some(trailers) = trailers {
            call.code = code(trailers);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
