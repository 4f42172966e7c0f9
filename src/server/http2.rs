//! A connection that speaks HTTP/2: many calls at a time, driven by one task.

use std::sync::Arc;

use hyper::server::conn::http2;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use super::front::Caller;
use super::streams::{Begun, Driven};
use super::transport::Transport;
use crate::limits::{
    ERROR_RESETS, FRAME_BYTES, HEADER_BYTES, HEADER_TABLE_BYTES, KEEPALIVE, PENDING_RESETS,
    RECEIVE_BYTES, REFUSED_CALLS, SEND_BYTES,
};
use crate::service::Connection;

/// Serves the connection to its end. When `draining` is cancelled, it says GOAWAY and ends after its calls.
///
/// # Errors
/// The peer has gone, or broke the protocol.
pub async fn serve(
    io: Transport<impl AsyncRead + AsyncWrite + Send + Unpin + 'static>,
    caller: Caller,
    shared: Arc<Connection>,
    draining: CancellationToken,
) -> Result<(), hyper::Error> {
    let calls = u32::try_from(caller.calls()).unwrap_or(u32::MAX);
    let calls = calls.saturating_add(REFUSED_CALLS);
    let begun = Begun::default();
    let connection = builder(begun.clone(), calls).serve_connection(TokioIo::new(io), caller);
    let mut connection = Driven::new(connection, begun, shared);
    tokio::select! {
        biased;
        ended = &mut connection => return ended,
        () = draining.cancelled() => connection.connection().graceful_shutdown(),
    }
    connection.await
}

/// Every limit of hyper's, so that none is left to its default.
fn builder(begun: Begun, calls: u32) -> http2::Builder<Begun> {
    let mut builder = http2::Builder::new(begun);
    builder
        .timer(TokioTimer::new())
        // gRPC knows no date, and a run can be repeated without one; other answers bring theirs.
        .auto_date_header(false)
        .max_concurrent_streams(calls)
        .max_frame_size(FRAME_BYTES)
        .max_send_buf_size(SEND_BYTES)
        .max_header_list_size(HEADER_BYTES)
        .header_table_size(HEADER_TABLE_BYTES)
        .max_local_error_reset_streams(ERROR_RESETS)
        .max_pending_accept_reset_streams(PENDING_RESETS)
        .initial_stream_window_size(RECEIVE_BYTES.0)
        .initial_connection_window_size(RECEIVE_BYTES.1)
        .keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE);
    builder
}
