//! Client certificates: whom they name, and whether they hold still.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::ClientCertVerifier;
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use super::header::refused;
use super::{Claims, Hash, Identity, Proof};
use crate::error::Error;

/// The certificate that a client has shown in the handshake, and those between it and its authority. Cheap to clone.
#[derive(Clone)]
pub struct PeerCertificate {
    chain: Arc<[CertificateDer<'static>]>,
    hash: Hash,
}

impl PeerCertificate {
    /// The chain of a handshake, the client's own certificate first.
    pub fn new(chain: &[CertificateDer<'static>]) -> Option<Self> {
        let hash = Hash::of(chain.first()?);
        Some(Self { chain: chain.into(), hash })
    }

    /// The SHA-256 of the client's own certificate.
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// Whether it holds now: authorities and revocation lists may be others than in the handshake.
    pub(super) fn holds(&self, verifier: &dyn ClientCertVerifier) -> bool {
        self.chain.split_first().is_some_and(|(own, between)| {
            verifier.verify_client_cert(own, between, UnixTime::now()).is_ok()
        })
    }

    fn parsed(&self) -> Result<Certificate, Error> {
        let own = self.chain.first().and_then(|own| Certificate::from_der(own).ok());
        own.ok_or_else(|| refused("the client certificate cannot be read"))
    }

    /// When it expires.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if it cannot be read.
    pub(super) fn until(&self) -> Result<SystemTime, Error> {
        Ok(self.parsed()?.tbs_certificate().validity().not_after.to_system_time())
    }

    /// Whom it names: by its URI if it has one, else by its first DNS name. The subject's common name means nothing.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if it has neither.
    pub(super) fn identify(&self) -> Result<Identity, Error> {
        let names = self.parsed()?.tbs_certificate().get_extension::<SubjectAltName>();
        let names = names.ok().flatten().map(|(_, names)| names.0).unwrap_or_default();
        let (kind, name) = named(&names)
            .ok_or_else(|| refused("the client certificate has no URI or DNS name"))?;
        let claims = Claims::from_iter([("sub".to_owned(), name.clone().into())]);
        let proof = Proof { token: None, certificate: Some(self.clone()) };
        Ok(Identity::new(format!("{kind}:{name}").into(), claims, Some(self.until()?), proof))
    }
}

fn named(names: &[GeneralName]) -> Option<(&'static str, String)> {
    let uri = names.iter().find_map(|name| match name {
        GeneralName::UniformResourceIdentifier(uri) => Some(("uri", uri.to_string())),
        _ => None,
    });
    let dns = names.iter().find_map(|name| match name {
        GeneralName::DnsName(dns) => Some(("dns", dns.as_str().to_ascii_lowercase())),
        _ => None,
    });
    uri.or(dns).filter(|(_, name)| name.bytes().all(|byte| byte.is_ascii_graphic()))
}

impl fmt::Debug for PeerCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerCertificate").field("sha256", &self.hash).finish_non_exhaustive()
    }
}
