//! The accept loop, and the life of a connection.
//!
//! tonic's own server has no cap on connections, no deadline for a peer that connects and stays silent, and none for a
//! drain; so services are served on hyper's HTTP/2 connections directly.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http2;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::front::{Caller, Front};
use super::greeted::greeted;
use super::listen::Listen;
use super::streams::{Begun, Driven};
use crate::limits::{
    ACCEPT_PAUSE, CONNECTION_STREAMS, ERROR_RESETS, HANDSHAKE, HEADER_BYTES, KEEPALIVE,
    RECEIVE_BYTES, SEND_BYTES,
};

/// All connections of a server.
pub struct Connections {
    front: Arc<Front>,
    most: usize,
    open: JoinSet<()>,
    draining: CancellationToken,
}

impl Connections {
    /// None yet, and `most` at the most. When `draining` is cancelled, each says GOAWAY and ends after its calls.
    pub fn new(front: Front, most: usize, draining: CancellationToken) -> Self {
        Self { front: Arc::new(front), most, open: JoinSet::new(), draining }
    }

    /// Accepts and serves connections, for ever.
    pub async fn accept(&mut self, listener: impl Listen) {
        loop {
            tokio::select! {
                biased;
                Some(_) = self.open.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => self.serve(stream, peer),
                    Err(error) => pause(error).await,
                },
            }
        }
    }

    fn serve<T>(&mut self, stream: T, peer: SocketAddr)
    where
        T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        if self.open.len() >= self.most {
            tracing::warn!(%peer, most = self.most, "connection refused: there are too many");
            return;
        }
        let caller = Caller::new(Arc::clone(&self.front), peer);
        let draining = self.draining.clone();
        self.open.spawn(async move {
            if let Err(error) = connection(stream, caller, draining).await {
                tracing::debug!(%peer, %error, "connection ended");
            }
        });
    }

    /// Waits until all are closed, and cuts what is left after `patience`.
    pub async fn finish(mut self, patience: Duration) {
        let all = async { while self.open.join_next().await.is_some() {} };
        if timeout(patience, all).await.is_err() {
            tracing::warn!(connections = self.open.len(), "cut what did not end in time");
        }
        self.open.shutdown().await;
    }
}

/// Out of file descriptors, above all: it passes, but not by trying at once. Errors of one connection do not count.
async fn pause(error: io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    if !matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted) {
        tracing::warn!(%error, "cannot accept connections; trying again");
        tokio::time::sleep(ACCEPT_PAUSE).await;
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    caller: Caller,
    draining: CancellationToken,
) -> Result<(), Failure> {
    let io = tokio::select! {
        biased;
        greeted = timeout(HANDSHAKE, greeted(stream)) => TokioIo::new(greeted??),
        () = draining.cancelled() => return Ok(()),
    };
    let begun = Begun::default();
    let connection = http2(begun.clone()).serve_connection(io, caller);
    let mut connection = Driven::new(connection, begun);
    tokio::select! {
        biased;
        ended = &mut connection => return Ok(ended?),
        () = draining.cancelled() => connection.connection().graceful_shutdown(),
    }
    Ok(connection.await?)
}

fn http2(begun: Begun) -> http2::Builder<Begun> {
    let mut builder = http2::Builder::new(begun);
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(CONNECTION_STREAMS)
        .max_send_buf_size(SEND_BYTES)
        .max_header_list_size(HEADER_BYTES)
        .max_local_error_reset_streams(ERROR_RESETS)
        .initial_stream_window_size(RECEIVE_BYTES.0)
        .initial_connection_window_size(RECEIVE_BYTES.1)
        .keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE);
    builder
}
