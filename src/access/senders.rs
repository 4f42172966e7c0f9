//! Who sends requests on one connection: mostly one, again and again.

use std::net::SocketAddr;
use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use parking_lot::Mutex;

use super::{Access, Authorizer, calls};
use crate::error::Error;
use crate::identity::PeerCertificate;

/// The senders of one connection. The last one is known again by the same header, for as long as its credentials hold.
#[derive(Debug)]
pub struct Senders {
    authorizer: Arc<Authorizer>,
    certificate: Option<PeerCertificate>,
    peer: SocketAddr,
    last: Mutex<Option<(Option<HeaderValue>, Access)>>,
}

impl Senders {
    /// Those of a connection whose peer has shown this certificate.
    pub fn new(
        authorizer: Arc<Authorizer>,
        certificate: Option<PeerCertificate>,
        peer: SocketAddr,
    ) -> Self {
        Self { authorizer, certificate, peer, last: Mutex::default() }
    }

    /// What the sender of these headers may do, who calls this path.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if its credentials do not hold; that there are none is no error yet.
    pub async fn access(&self, headers: &HeaderMap, path: &str) -> Result<Access, Error> {
        if self.authorizer.is_open() {
            return Ok(Access::unrestricted());
        }
        let mut sent = headers.get_all(AUTHORIZATION).iter();
        let (mut token, alone) = (sent.next().cloned(), sent.next().is_none());
        let call = calls::name(path);
        if let Some(known) = self.known(token.as_ref()).filter(|_| alone) {
            return Ok(known.by(call));
        }
        let (certificate, peer) = (self.certificate.as_ref(), self.peer);
        let access = self.authorizer.access(headers, certificate, peer, call).await?;
        token.iter_mut().for_each(|token| token.set_sensitive(true));
        *self.last.lock() = Some((token, access.clone()));
        Ok(access)
    }

    fn known(&self, token: Option<&HeaderValue>) -> Option<Access> {
        let last = self.last.lock();
        let (before, access) = last.as_ref()?;
        (before.as_ref() == token && access.holds()).then(|| access.clone())
    }
}
