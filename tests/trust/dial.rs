//! A client of TLS that is not ours.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use hyper_util::rt::TokioIo;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::transport::{Channel, Endpoint, Uri};
use tower::service_fn;

use crate::pki::{Authority, Issued};
use crate::support::Client;

pub type Failure = Box<dyn Error + Send + Sync>;

/// How to reach a hub. Clones share their tickets.
#[derive(Clone)]
pub struct Dial(Arc<ClientConfig>);

impl Dial {
    /// Trusting an authority, and showing a certificate or none.
    pub fn new(authority: &Authority, client: Option<&Issued>) -> Self {
        Self::speaking(&TLS13, authority, client)
    }

    pub fn with_tls_12(authority: &Authority) -> Self {
        Self::speaking(&TLS12, authority, None)
    }

    fn speaking(
        version: &'static SupportedProtocolVersion,
        authority: &Authority,
        client: Option<&Issued>,
    ) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots);
        Self(Arc::new(match client.map(Issued::for_client) {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => builder.with_client_auth_cert(chain, key).unwrap(),
        }))
    }

    /// The same, agreeing on a protocol.
    fn on(&self, protocol: &[u8]) -> Self {
        let mut config = ClientConfig::clone(&self.0);
        config.alpn_protocols = vec![protocol.to_vec()];
        Self(Arc::new(config))
    }

    pub async fn open(&self, address: SocketAddr) -> io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from("localhost").unwrap();
        let stream = TcpStream::connect(address).await?;
        TlsConnector::from(Arc::clone(&self.0)).connect(name, stream).await
    }

    /// The answer to a request of HTTP/1.1.
    pub async fn get(&self, address: SocketAddr, path: &str) -> io::Result<String> {
        let mut stream = self.on(b"http/1.1").open(address).await?;
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer)
    }

    /// A client of gRPC.
    pub async fn grpc(&self, address: SocketAddr) -> Result<Client, Failure> {
        Ok(Client::new(self.channel(address).await?))
    }

    async fn channel(&self, address: SocketAddr) -> Result<Channel, tonic::transport::Error> {
        let dial = self.on(b"h2");
        let connect = move |_: Uri| {
            let dial = dial.clone();
            async move { Ok::<_, io::Error>(TokioIo::new(dial.open(address).await?)) }
        };
        Endpoint::from_static("http://localhost").connect_with_connector(service_fn(connect)).await
    }
}
