//! TLS: what it is served with, and the handshake of a connection.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, VerifierBuilderError, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion, version};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::config::{TlsSettings, TlsVersion};
use crate::identity::{Clients, PeerCertificate};
use crate::limits::TLS_UNSENT_BYTES;

/// Certificates, keys and lists, as they stand in their files.
#[derive(Debug, Clone)]
pub struct Tls {
    /// For handshakes.
    pub server: Arc<ServerConfig>,
    /// Judges client certificates, if any are asked for.
    pub clients: Clients,
}

/// Why TLS cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or is not PEM.
    #[error("{file}: {error}")]
    Pem {
        /// Which.
        file: String,
        /// Why.
        #[source]
        error: PemError,
    },
    /// A file has nothing of what it should have.
    #[error("{file} has no {what}")]
    Empty {
        /// Which.
        file: String,
        /// Of what.
        what: &'static str,
    },
    /// A certificate or key cannot be used, or not together.
    #[error("{file}: {error}")]
    Unusable {
        /// In which file.
        file: String,
        /// Why.
        #[source]
        error: rustls::Error,
    },
    /// Authorities or revocation lists cannot be used.
    #[error("client certificates cannot be verified")]
    Verifier(#[from] VerifierBuilderError),
}

impl Tls {
    /// Reads the files of the settings, if they ask for TLS. A client certificate is `required`, or may be shown.
    ///
    /// # Errors
    /// The first file that cannot be used.
    pub fn read(settings: &TlsSettings, required: bool) -> Result<Option<Self>, TlsError> {
        let (Some(certificate), Some(key)) = (&settings.certificate, &settings.key) else {
            return Ok(None);
        };
        let clients = clients(settings, required)?;
        let chain = certificates(certificate)?;
        let key = PrivateKeyDer::from_pem_file(key).map_err(|error| pem(key, error))?;
        let builder = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&versions(settings.min_version))
            .map_err(|error| unusable(certificate, error))?;
        let builder = match &clients {
            None => builder.with_no_client_auth(),
            Some(clients) => builder.with_client_cert_verifier(Arc::clone(clients)),
        };
        let mut server =
            builder.with_single_cert(chain, key).map_err(|error| unusable(certificate, error))?;
        server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        resume(&mut server, clients.is_some()).map_err(|error| unusable(certificate, error))?;
        Ok(Some(Self { server: Arc::new(server), clients }))
    }
}

/// The one provider of cryptography. It is named wherever one is needed, so nothing depends on a global one.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn versions(least: TlsVersion) -> Vec<&'static SupportedProtocolVersion> {
    match least {
        TlsVersion::Tls13 => vec![&version::TLS13],
        TlsVersion::Tls12 => vec![&version::TLS13, &version::TLS12],
    }
}

/// A session that is resumed skips the verification of the client's certificate, which may have been revoked since: then
/// there is none. Without client certificates a ticket saves a crowd that comes back half the work, and the hub keeps
/// nothing for it.
fn resume(server: &mut ServerConfig, certificates: bool) -> Result<(), rustls::Error> {
    server.session_storage = Arc::new(NoServerSessionStorage {});
    if certificates {
        server.send_tls13_tickets = 0;
    } else {
        server.ticketer = ring::Ticketer::new()?;
    }
    Ok(())
}

/// Whoever is revoked by the lists, at any place of its chain, is refused; so is whom no list speaks of.
fn clients(settings: &TlsSettings, required: bool) -> Result<Clients, TlsError> {
    let Some(authorities) = &settings.client_ca else { return Ok(None) };
    let mut roots = RootCertStore::empty();
    for authority in certificates(authorities)? {
        roots.add(authority).map_err(|error| unusable(authorities, error))?;
    }
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider());
    let verifier = if required { verifier } else { verifier.allow_unauthenticated() };
    let lists = settings.crl.as_deref().map(lists).transpose()?;
    Ok(Some(verifier.with_crls(lists.unwrap_or_default()).build()?))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    all(file, "certificate")
}

fn lists(file: &Path) -> Result<Vec<CertificateRevocationListDer<'static>>, TlsError> {
    all(file, "revocation list")
}

/// All of a kind in a file.
fn all<T: PemObject>(file: &Path, what: &'static str) -> Result<Vec<T>, TlsError> {
    let found = T::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<T>, _>>);
    let found = found.map_err(|error| pem(file, error))?;
    if found.is_empty() {
        return Err(TlsError::Empty { file: file.display().to_string(), what });
    }
    Ok(found)
}

fn pem(file: &Path, error: PemError) -> TlsError {
    TlsError::Pem { file: file.display().to_string(), error }
}

fn unusable(file: &Path, error: rustls::Error) -> TlsError {
    TlsError::Unusable { file: file.display().to_string(), error }
}

/// The handshake of a connection, and the certificate that the client has shown.
///
/// # Errors
/// The peer has gone, does not speak TLS, or is refused.
pub async fn handshake<T: AsyncRead + AsyncWrite + Unpin>(
    stream: T,
    server: Arc<ServerConfig>,
) -> io::Result<(Box<TlsStream<T>>, Option<PeerCertificate>)> {
    let mut stream = TlsAcceptor::from(server).accept(stream).await?;
    let (_, session) = stream.get_mut();
    session.set_buffer_limit(Some(TLS_UNSENT_BYTES));
    let certificate = session.peer_certificates().and_then(PeerCertificate::new);
    Ok((Box::new(stream), certificate))
}
