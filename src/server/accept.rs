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
use super::greeting::greeting;
use super::listen::Listen;
use super::meter::Meter;
use super::peers::Peers;
use super::seldom::Seldom;
use super::streams::{Begun, Driven};
use super::transport::Transport;
use crate::limits::{
    ACCEPT_PAUSE, ERROR_RESETS, FRAME_BYTES, HANDSHAKE, HEADER_BYTES, HEADER_TABLE_BYTES,
    KEEPALIVE, PENDING_RESETS, RECEIVE_BYTES, REFUSED_CALLS, SEND_BYTES,
};
use crate::service::Connection;

/// All connections of a server.
pub struct Connections {
    front: Arc<Front>,
    peers: Arc<Peers>,
    open: JoinSet<()>,
    refused: Seldom,
    failed: Seldom,
    draining: CancellationToken,
}

impl Connections {
    /// None yet. When `draining` is cancelled, each says GOAWAY and ends after its calls.
    pub fn new(front: Front, draining: CancellationToken) -> Self {
        Self {
            peers: Peers::new(front.limits.connections_per_peer),
            front: Arc::new(front),
            open: JoinSet::new(),
            refused: Seldom::default(),
            failed: Seldom::default(),
            draining,
        }
    }

    /// Accepts and serves connections, for ever.
    pub async fn accept(&mut self, listener: impl Listen) {
        loop {
            tokio::select! {
                biased;
                Some(_) = self.open.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => self.serve(stream, peer),
                    Err(error) => self.pause(error).await,
                },
            }
        }
    }

    fn serve<T>(&mut self, stream: T, peer: SocketAddr)
    where
        T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let limits = &self.front.limits;
        if self.open.len() >= limits.connections {
            return self.refuse(peer, "connections", limits.connections);
        }
        let Some(place) = self.peers.place(peer.ip()) else {
            return self.refuse(peer, "connections_per_peer", limits.connections_per_peer);
        };
        let (front, draining) = (Arc::clone(&self.front), self.draining.clone());
        self.open.spawn(async move {
            let _place = place;
            if let Err(error) = connection(stream, peer, front, draining).await {
                tracing::debug!(%peer, %error, "connection ended");
            }
        });
    }

    /// There is no way to say it over HTTP/2 that does not cost what is to be saved; the connection is closed.
    fn refuse(&mut self, peer: SocketAddr, setting: &str, limit: usize) {
        if let Some(refused) = self.refused.count() {
            tracing::warn!(%peer, refused, limit, "connections refused: {setting} is reached");
        }
    }

    /// Out of file descriptors, above all: it passes, but not by trying at once. Errors of one connection do not count.
    async fn pause(&mut self, error: io::Error) {
        use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
        if matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted) {
            return;
        }
        if let Some(failed) = self.failed.count() {
            tracing::warn!(%error, failed, "cannot accept connections; trying again");
        }
        tokio::time::sleep(ACCEPT_PAUSE).await;
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

type Failure = Box<dyn std::error::Error + Send + Sync>;

async fn connection(
    mut stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    peer: SocketAddr,
    front: Arc<Front>,
    draining: CancellationToken,
) -> Result<(), Failure> {
    let greeting = tokio::select! {
        biased;
        greeting = timeout(HANDSHAKE, greeting(&mut stream)) => greeting??,
        () = draining.cancelled() => return Ok(()),
    };
    let calls = u32::try_from(front.limits.connection_calls).unwrap_or(u32::MAX);
    let calls = calls.saturating_add(REFUSED_CALLS);
    let shared = Arc::new(Connection::new(peer));
    let transport = Transport::new(stream, greeting, Meter::new(), Arc::clone(&shared));
    let caller = Caller::new(front, Arc::clone(&shared));
    let begun = Begun::default();
    let connection = http2(begun.clone(), calls).serve_connection(TokioIo::new(transport), caller);
    let mut connection = Driven::new(connection, begun, shared);
    tokio::select! {
        biased;
        ended = &mut connection => return Ok(ended?),
        () = draining.cancelled() => connection.connection().graceful_shutdown(),
    }
    Ok(connection.await?)
}

/// Every limit of hyper's, so that none is left to its default.
fn http2(begun: Begun, calls: u32) -> http2::Builder<Begun> {
    let mut builder = http2::Builder::new(begun);
    builder
        .timer(TokioTimer::new())
        // gRPC knows no date, and a run can be repeated without one.
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
