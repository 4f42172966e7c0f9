//! The ends of a simulated network: where the hub listens, and how a client comes there.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use hintwire::client::Client;
use hintwire::server::Listen;
use hyper_util::rt::TokioIo;
use tonic::transport::{Endpoint, Uri};
use tower::service_fn;
use turmoil::net::{TcpListener, TcpStream};

/// The port of the hub.
pub const PORT: u16 = 7450;

/// Where the hub listens.
pub struct Port(TcpListener);

impl Port {
    /// Listens on this host.
    pub async fn open() -> io::Result<Self> {
        Ok(Self(TcpListener::bind(("0.0.0.0", PORT)).await?))
    }
}

impl Listen for Port {
    type Io = TcpStream;

    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        self.0.accept().await
    }
}

/// A client of the hub at `host`, over a connection of its own. A dead one is noticed sooner than by default: virtual
/// time costs real time.
pub fn client(host: &'static str) -> Client {
    let connect = move |_: Uri| async move {
        Ok::<_, io::Error>(TokioIo::new(TcpStream::connect((host, PORT)).await?))
    };
    let channel = Endpoint::from_static("http://hub")
        .connect_timeout(Duration::from_secs(1))
        .http2_keep_alive_interval(Duration::from_secs(2))
        .keep_alive_timeout(Duration::from_secs(1))
        .connect_with_connector_lazy(service_fn(connect));
    Client::new(channel)
}
