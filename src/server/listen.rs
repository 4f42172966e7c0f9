//! Where connections come from.

use std::future::Future;
use std::io;
use std::net::SocketAddr;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};

use crate::limits::KEEPALIVE;
#[cfg(target_os = "linux")]
use crate::limits::KERNEL_UNSENT_BYTES;

/// A place where peers connect: a TCP port or, in a simulation, one of a network that is not there.
pub trait Listen: Send + Sync {
    /// A connection.
    type Io: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    /// The next connection, and who made it.
    fn accept(&self) -> impl Future<Output = io::Result<(Self::Io, SocketAddr)>> + Send;
}

impl Listen for TcpListener {
    type Io = TcpStream;

    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = TcpListener::accept(self).await?;
        // Where it refuses to be tuned, the peer has gone already, as reading will tell.
        let _ = tune(&stream);
        Ok((stream, peer))
    }
}

fn tune(stream: &TcpStream) -> io::Result<()> {
    // A hint is small and goes at once.
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE))?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_notsent_lowat(KERNEL_UNSENT_BYTES)?;
    Ok(())
}
