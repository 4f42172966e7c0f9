//! A connection that speaks HTTP/1: one request after the other.

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_io_timeout::TimeoutWriter;
use tokio_util::sync::CancellationToken;

use super::front::Caller;
use super::transport::Transport;
use crate::limits::{HEADERS, HTTP1_BYTES, IDLE, UNREAD_WAIT};

/// Serves the connection to its end.
///
/// A request's head must come within [`IDLE`] of the answer before it, and the peer must take something of an answer
/// within [`UNREAD_WAIT`]: HTTP/2 asks a silent peer whether it lives, HTTP/1 cannot.
///
/// # Errors
/// The peer has gone, or does not speak HTTP.
pub async fn serve(
    io: Transport<impl AsyncRead + AsyncWrite + Send + Unpin + 'static>,
    caller: Caller,
    draining: CancellationToken,
) -> Result<(), hyper::Error> {
    let mut io = TimeoutWriter::new(io);
    io.set_timeout(Some(UNREAD_WAIT));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .max_headers(HEADERS)
        .max_buf_size(HTTP1_BYTES)
        .serve_connection(TokioIo::new(Box::pin(io)), caller);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        biased;
        ended = &mut connection => return ended,
        () = draining.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    connection.await
}
