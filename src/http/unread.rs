//! Bodies of answers that count before they are sent.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};

use crate::service::{Connection, Unread};

/// An answer in one piece. Its connection counts it from here on, and not only once the peer takes something of it: so
/// whoever asks and does not read finds no room for more.
struct Whole(Option<(Bytes, Unread)>);

/// The body of an answer that may be large.
pub fn body(bytes: Bytes, connection: &Arc<Connection>) -> Body {
    let held = connection.hold(bytes.len());
    Body::new(Whole(Some((bytes, held))))
}

impl hyper::body::Body for Whole {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        // From here on whoever sends it counts it.
        Poll::Ready(self.0.take().map(|(bytes, _)| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, |(bytes, _)| bytes.len()) as u64)
    }
}
