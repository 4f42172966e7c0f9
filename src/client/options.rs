//! How to reach a hub: whom to trust, and what to show.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use tonic::Status;

use super::Error;
use super::token::Tokens;

/// What a client is told besides the URL of its hub. By default it trusts the system's authorities over https, and shows
/// nothing.
#[derive(Clone, Default)]
pub struct Options {
    authorities: Option<Vec<u8>>,
    certificate: Option<(Vec<u8>, Vec<u8>)>,
    pub(super) tokens: Option<Arc<Tokens>>,
}

impl Options {
    /// Trusts these authorities in place of the system's: certificates in PEM.
    pub fn authorities(self, pem: impl Into<Vec<u8>>) -> Self {
        Self { authorities: Some(pem.into()), ..self }
    }

    /// Shows a certificate, with those between it and its authority, by its key: both in PEM.
    pub fn certificate(self, pem: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        Self { certificate: Some((pem.into(), key.into())), ..self }
    }

    /// Sends a bearer token with each call. `get` is called before the first one, and again once the hub says that the
    /// token does not hold any more: the call is then made once more, and a stream is opened anew at its place.
    pub fn token<F, E>(self, get: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<String, E>> + Send + 'static,
        E: fmt::Display,
    {
        Self { tokens: Some(Arc::new(Tokens::new(get))), ..self }
    }

    /// What TLS is spoken with.
    pub(super) fn tls(&self) -> Result<Arc<ClientConfig>, Error> {
        self.config().map(Arc::new).map_err(|why| {
            Status::invalid_argument(format!("TLS cannot be spoken with these files: {why}")).into()
        })
    }

    fn config(&self) -> Result<ClientConfig, Failure> {
        let mut roots = RootCertStore::empty();
        match &self.authorities {
            Some(pem) => certificates(pem)?.into_iter().try_for_each(|one| roots.add(one))?,
            None => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots);
        let mut config = match &self.certificate {
            None => config.with_no_client_auth(),
            Some((pem, key)) => {
                let key = PrivateKeyDer::from_pem_slice(key)?;
                config.with_client_auth_cert(certificates(pem)?, key)?
            }
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(config)
    }
}

type Failure = Box<dyn std::error::Error>;

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let found = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>()?;
    if found.is_empty() { Err("there is no certificate".into()) } else { Ok(found) }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").finish_non_exhaustive()
    }
}
