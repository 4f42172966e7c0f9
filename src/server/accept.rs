//! The accept loop, and the life of a connection.
//!
//! tonic's own server has no cap on connections, no deadline for a peer that connects and stays silent, and none for a
//! drain; so services are served on hyper's connections directly.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;

use super::front::{Caller, Front};
use super::greeting::{Greeting, greeting};
use super::listen::Listen;
use super::peers::Peers;
use super::seldom::Seldom;
use super::transport::Transport;
use super::{http1, http2, tls};
use crate::identity::PeerCertificate;
use crate::limits::{ACCEPT_PAUSE, HANDSHAKE};
use crate::metrics::{Counter, Gauge, Metrics};
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
        let front = Arc::clone(&self.front);
        let (limits, [of_all, of_peer]) = (&front.limits, &front.hub.metrics().turned_away);
        if self.open.len() >= limits.connections {
            return self.refuse(peer, "connections", limits.connections, of_all);
        }
        let Some(place) = self.peers.place(peer.ip()) else {
            let most = limits.connections_per_peer;
            return self.refuse(peer, "connections_per_peer", most, of_peer);
        };
        let draining = self.draining.clone();
        self.open.spawn(async move {
            let _place = place;
            if let Err(error) = connection(stream, peer, front, draining).await {
                tracing::debug!(%peer, %error, "connection ended");
            }
        });
    }

    /// There is no way to say it over HTTP/2 that does not cost what is to be saved; the connection is closed.
    fn refuse(&mut self, peer: SocketAddr, setting: &str, limit: usize, counter: &Counter) {
        counter.count();
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

/// A connection that is counted until it is dropped.
struct Open<'m>(&'m Gauge);

impl<'m> Open<'m> {
    fn of(greeting: &Greeting, metrics: &'m Metrics) -> Self {
        let [http1, http2] = &metrics.connections;
        let open = if matches!(greeting, Greeting::Http1(_)) { http1 } else { http2 };
        metrics.accepted.count();
        open.up();
        Self(open)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.down();
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    peer: SocketAddr,
    front: Arc<Front>,
    draining: CancellationToken,
) -> Result<(), Failure> {
    let begun = timeout(HANDSHAKE, begin(stream, front.trust.tls()));
    let (stream, certificate, greeting) = tokio::select! {
        biased;
        begun = begun => begun??,
        () = draining.cancelled() => return Ok(()),
    };
    let metrics = Arc::clone(front.hub.metrics());
    let _open = Open::of(&greeting, &metrics);
    let shared = Connection::new(peer, Arc::clone(&front.parts), Arc::clone(&metrics));
    let shared = shared.showing(certificate);
    match greeting {
        Greeting::Http1(begun) => {
            let shared = Arc::new(shared);
            let caller = Caller::new(front, Arc::clone(&shared));
            let transport = Transport::new(stream, begun, shared);
            Ok(http1::serve(transport, caller, draining).await?)
        }
        Greeting::Http2(begun) => {
            let shared = Arc::new(shared.watched());
            let caller = Caller::new(front, Arc::clone(&shared));
            let transport = Transport::new(stream, begun, Arc::clone(&shared)).metered();
            Ok(http2::serve(transport, caller, shared, draining).await?)
        }
    }
}

/// A connection, over TLS or plain. What is plain costs a branch.
type Stream<T> = Either<T, Box<TlsStream<T>>>;

/// All that comes before the first request.
async fn begin<T: AsyncRead + AsyncWrite + Unpin>(
    stream: T,
    tls: Option<Arc<ServerConfig>>,
) -> io::Result<(Stream<T>, Option<PeerCertificate>, Greeting)> {
    let (mut stream, certificate) = match tls {
        None => (Either::Left(stream), None),
        Some(tls) => {
            let (stream, certificate) = tls::handshake(stream, tls).await?;
            (Either::Right(stream), certificate)
        }
    };
    let greeting = greeting(&mut stream).await?;
    Ok((stream, certificate, greeting))
}
