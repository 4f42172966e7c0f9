//! Gets a set of keys from a URL: one request of HTTP/1.1, no redirect, within a time and a size.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, HOST};
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::limits::{JWKS_BYTES, JWKS_DOWNLOAD};

/// What stands at a URL. Over https, by the authorities in a file, or by the system's.
///
/// # Errors
/// Why not.
pub async fn download(url: &Uri, authorities: Option<&Path>) -> Result<Vec<u8>, String> {
    match timeout(JWKS_DOWNLOAD, get(url, authorities)).await {
        Ok(got) => got.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no answer within {} s", JWKS_DOWNLOAD.as_secs())),
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

async fn get(url: &Uri, authorities: Option<&Path>) -> Result<Vec<u8>, Failure> {
    let host = url.host().ok_or("the URL has no host")?;
    let secure = url.scheme_str() == Some("https");
    let port = url.port_u16().unwrap_or(if secure { 443 } else { 80 });
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((bare, port)).await?;
    if !secure {
        return ask(stream, url).await;
    }
    let connector = TlsConnector::from(Arc::new(trusting(authorities)?));
    let name = ServerName::try_from(bare.to_owned())?;
    ask(connector.connect(name, stream).await?, url).await
}

fn trusting(authorities: Option<&Path>) -> Result<ClientConfig, Failure> {
    let mut roots = RootCertStore::empty();
    match authorities {
        Some(file) => {
            for authority in CertificateDer::pem_file_iter(file)? {
                roots.add(authority?)?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots);
    Ok(config.with_no_client_auth())
}

async fn ask(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    url: &Uri,
) -> Result<Vec<u8>, Failure> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let host = url.authority().ok_or("the URL has no host")?.as_str();
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::get(path)
        .header(HOST, host)
        .header(ACCEPT, "application/jwk-set+json, application/json")
        .body(Empty::<Bytes>::new())?;
    let answer = async {
        let answer = sender.send_request(request).await?;
        if answer.status() != StatusCode::OK {
            return Err(Failure::from(format!("the answer is {}", answer.status())));
        }
        Ok(Limited::new(answer.into_body(), JWKS_BYTES).collect().await?.to_bytes().to_vec())
    };
    let mut answer = std::pin::pin!(answer);
    tokio::select! {
        biased;
        answer = &mut answer => answer,
        // It ends when all has been read, too.
        ended = connection => { ended?; answer.await }
    }
}
