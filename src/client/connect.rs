//! Makes the connection: TCP, and TLS if the URL says so.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::Status;
use tonic::transport::{Channel, Endpoint, Uri};
use tower::service_fn;

use super::{Error, Options};

/// How long one attempt to connect may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How often an HTTP/2 ping tests a connection that has calls open, and how long it may take.
const PING: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(10));

/// Connects now.
///
/// # Errors
/// The URL is none, the files are none, or nobody answers.
pub async fn now(url: &str, options: &Options) -> Result<Channel, Error> {
    let (endpoint, tls) = prepared(url, options)?;
    Ok(match tls {
        None => endpoint.connect().await?,
        Some(tls) => endpoint.connect_with_connector(connector(tls)).await?,
    })
}

/// Connects with the first call.
///
/// # Errors
/// The URL is none, or the files are none.
pub fn lazily(url: &str, options: &Options) -> Result<Channel, Error> {
    let (endpoint, tls) = prepared(url, options)?;
    Ok(match tls {
        None => endpoint.connect_lazy(),
        Some(tls) => endpoint.connect_with_connector_lazy(connector(tls)),
    })
}

/// Where to connect, and the TLS to speak there.
fn prepared(url: &str, options: &Options) -> Result<(Endpoint, Option<Arc<ClientConfig>>), Error> {
    let uri = url.parse::<Uri>().ok().filter(|uri| uri.authority().is_some());
    let known = |uri: &Uri| matches!(uri.scheme_str(), Some("http" | "https"));
    let uri = uri.filter(known).ok_or_else(|| {
        Status::invalid_argument(format!("`{url}` is not a URL like http://127.0.0.1:7450"))
    })?;
    let secure = uri.scheme_str() == Some("https");
    let endpoint = Endpoint::from(uri)
        .connect_timeout(CONNECT)
        .tcp_nodelay(true)
        .http2_adaptive_window(true)
        .http2_keep_alive_interval(PING.0)
        .keep_alive_timeout(PING.1);
    Ok((endpoint, secure.then(|| options.tls()).transpose()?))
}

fn connector(
    tls: Arc<ClientConfig>,
) -> impl tower::Service<
    Uri,
    Response = TokioIo<TlsStream<TcpStream>>,
    Error = io::Error,
    Future = impl Future<Output = io::Result<TokioIo<TlsStream<TcpStream>>>> + Send,
> + Send
+ 'static {
    service_fn(move |uri: Uri| {
        let tls = TlsConnector::from(Arc::clone(&tls));
        async move { Ok(TokioIo::new(secured(&uri, tls).await?)) }
    })
}

async fn secured(uri: &Uri, tls: TlsConnector) -> io::Result<TlsStream<TcpStream>> {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let stream = TcpStream::connect((host, uri.port_u16().unwrap_or(443))).await?;
    stream.set_nodelay(true)?;
    tls.connect(name, stream).await
}
