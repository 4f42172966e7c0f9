//! Finds out who asks.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use futures_util::future::join_all;
use http::HeaderMap;
use rustls::server::danger::ClientCertVerifier;
use tokio::sync::Notify;

use super::header::{bearer, refused};
use super::jwt::{self, Issuers};
use super::known::Known;
use super::tokens::Tokens;
use super::{AuthFile, Hash, Identity, PeerCertificate, Proof, TokenProof};
use crate::error::Error;

/// Knows whose credentials hold. What it knows can be replaced while it is asked.
pub struct Authenticator {
    state: ArcSwap<State>,
    /// Counts what has changed; what was found before counts no more than it is worth now.
    changes: AtomicU64,
    replaced: Notify,
    known: Known,
    anonymous: Arc<Identity>,
}

/// Who judges client certificates, if any count.
pub type Clients = Option<Arc<dyn ClientCertVerifier>>;

/// Whose credentials hold.
struct State {
    tokens: Tokens,
    issuers: Issuers,
    clients: Clients,
}

impl Default for Authenticator {
    fn default() -> Self {
        Self::new(AuthFile::default(), None)
    }
}

impl Authenticator {
    /// Knows those of a file, and of the certificates that `clients` accepts.
    pub fn new(file: AuthFile, clients: Clients) -> Self {
        jwt::install();
        Self {
            state: ArcSwap::from_pointee(State::new(file, clients, &Issuers::default())),
            replaced: Notify::new(),
            changes: AtomicU64::new(1),
            known: Known::default(),
            anonymous: Arc::new(Identity::anonymous()),
        }
    }

    /// Knows these alone from now on. Open streams live on as long as [what they rest on](Self::still_holds).
    pub fn replace(&self, file: AuthFile, clients: Clients) {
        let state = State::new(file, clients, &self.state.load().issuers);
        self.state.store(Arc::new(state));
        self.changes.fetch_add(1, SeqCst);
        self.replaced.notify_one();
    }

    /// The files that the auth file names.
    pub fn files(&self) -> Vec<PathBuf> {
        self.state.load().issuers.iter().filter_map(|issuer| issuer.keys.file().cloned()).collect()
    }

    /// Keeps, for ever, the keys of issuers that are at a URL.
    pub async fn watch(&self) {
        loop {
            let state = self.state.load_full();
            let renewed = state.issuers.iter().map(|issuer| async {
                loop {
                    if issuer.keys.renew().await {
                        self.changes.fetch_add(1, SeqCst);
                    }
                }
            });
            let renewed = async {
                let _: Vec<()> = join_all(renewed).await;
                std::future::pending::<()>().await;
            };
            tokio::select! {
                biased;
                () = self.replaced.notified() => {}
                () = renewed => {}
            }
        }
    }

    /// Who sends these headers, on a connection with this certificate. Without either it is `anonymous`; a token goes
    /// before the certificate, which must hold all the same.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for whatever credentials do not hold.
    pub async fn identify(
        &self,
        headers: &HeaderMap,
        certificate: Option<&PeerCertificate>,
    ) -> Result<Arc<Identity>, Error> {
        let token = bearer(headers)?;
        if token.is_none() && certificate.is_none() {
            return Ok(Arc::clone(&self.anonymous));
        }
        let shown =
            (token.map(|token| Hash::of(token.as_bytes())), certificate.map(PeerCertificate::hash));
        if let Some(identity) = self.known.get(&shown)
            && self.still_holds(&identity)
        {
            return Ok(identity);
        }
        let changes = self.changes.load(SeqCst);
        let identity = Arc::new(self.verify(token, certificate).await?);
        identity.judged(changes);
        self.known.insert(shown, Arc::clone(&identity));
        Ok(identity)
    }

    /// Whether the credentials behind an identity still count: they have not ended, nor been taken back since. Cheap as
    /// long as nothing is reloaded.
    pub fn still_holds(&self, identity: &Identity) -> bool {
        if identity.is_over(SystemTime::now()) {
            return false;
        }
        let changes = self.changes.load(SeqCst);
        if identity.is_anonymous() || identity.was_judged(changes) {
            return true;
        }
        let holds = self.state.load().prove(identity);
        if holds {
            identity.judged(changes);
        }
        holds
    }

    async fn verify(
        &self,
        token: Option<&str>,
        certificate: Option<&PeerCertificate>,
    ) -> Result<Identity, Error> {
        let state = self.state.load_full();
        if certificate.is_some_and(|certificate| !state.accepts(certificate)) {
            return Err(refused("the client certificate does not hold any more"));
        }
        match (token, certificate) {
            (Some(token), certificate) => {
                let mut identity = state.of_token(token).await?;
                if let Some(certificate) = certificate {
                    let ends = certificate.until()?;
                    if identity.until.is_none_or(|until| ends < until) {
                        identity.tolerance = Duration::ZERO;
                    }
                    identity.until = Some(identity.until.map_or(ends, |until| until.min(ends)));
                    identity.proof.certificate = Some(certificate.clone());
                }
                Ok(identity)
            }
            (None, Some(certificate)) => certificate.identify(),
            (None, None) => Ok(Identity::anonymous()),
        }
    }
}

impl State {
    fn new(file: AuthFile, clients: Clients, before: &Issuers) -> Self {
        let tokens = file.tokens();
        let issuers = Issuers::new(file.into_issuers().into_iter().map(|mut issuer| {
            before.iter().for_each(|before| issuer.succeeds(before));
            issuer
        }));
        Self { tokens, issuers, clients }
    }

    async fn of_token(&self, token: &str) -> Result<Identity, Error> {
        if Tokens::are_like(token) {
            return self.tokens.identify(Hash::of(token.as_bytes()), SystemTime::now());
        }
        self.issuers.identify(token).await
    }

    fn accepts(&self, certificate: &PeerCertificate) -> bool {
        self.clients.as_deref().is_some_and(|clients| certificate.holds(clients))
    }

    fn prove(&self, identity: &Identity) -> bool {
        let Proof { token, certificate } = &identity.proof;
        let token = token.as_ref().is_none_or(|token| match token {
            TokenProof::Static(hash) => self.tokens.still_prove(identity, hash),
            TokenProof::Jwt(proof) => self.issuers.still_prove(identity, proof),
        });
        token && certificate.as_ref().is_none_or(|certificate| self.accepts(certificate))
    }
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticator").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use http::header::AUTHORIZATION;

    use super::super::Minted;
    use super::*;

    fn sent(token: &str) -> HeaderMap {
        HeaderMap::from_iter([(AUTHORIZATION, format!("Bearer {token}").parse().unwrap())])
    }

    fn file(folder: &tempfile::TempDir, lines: &[String]) -> AuthFile {
        let path = folder.path().join("auth.toml");
        std::fs::write(&path, lines.concat()).unwrap();
        AuthFile::read(&path).unwrap()
    }

    fn listed(name: &str, minted: &Minted) -> String {
        format!("[[token]]\nname = '{name}'\nsha256 = '{}'\n", minted.hash)
    }

    #[tokio::test]
    async fn a_static_token_names_its_principal_until_it_is_taken_off_the_list() {
        let folder = tempfile::tempdir().unwrap();
        let [ours, theirs] = [Minted::new().unwrap(), Minted::new().unwrap()];
        let authenticator =
            Authenticator::new(file(&folder, &[listed("a", &ours), listed("b", &theirs)]), None);
        let identity = authenticator.identify(&sent(&ours.token), None).await.unwrap();
        assert_eq!((&*identity.principal, &identity.claims["sub"]), ("token:a", &"a".into()));
        let other = authenticator.identify(&sent(&theirs.token), None).await.unwrap();
        authenticator.replace(file(&folder, &[listed("c", &theirs), listed("a", &ours)]), None);
        assert!(authenticator.still_holds(&identity));
        assert!(!authenticator.still_holds(&other), "it is somebody else's now");
        let renamed = authenticator.identify(&sent(&theirs.token), None).await.unwrap();
        assert_eq!(&*renamed.principal, "token:c");
        authenticator.replace(AuthFile::default(), None);
        assert!(!authenticator.still_holds(&identity));
        assert!(authenticator.identify(&sent(&ours.token), None).await.is_err());
    }

    #[tokio::test]
    async fn nothing_is_anonymous_and_what_does_not_hold_is_refused() {
        let authenticator = Authenticator::default();
        let identity = authenticator.identify(&HeaderMap::new(), None).await.unwrap();
        assert!(identity.is_anonymous() && authenticator.still_holds(&identity));
        for token in [Minted::new().unwrap().token, "hintwire_".into(), "a.b.c".into()] {
            let error = authenticator.identify(&sent(&token), None).await.unwrap_err();
            assert!(matches!(error, Error::Unauthenticated { .. }), "{error}");
            assert!(!error.to_string().contains(&token));
        }
    }

    #[tokio::test]
    async fn a_token_that_has_expired_holds_no_more_known_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let minted = Minted::new().unwrap();
        let old = format!("{}expires = 2001-01-01T00:00:00Z\n", listed("a", &minted));
        let authenticator = Authenticator::new(file(&folder, &[old]), None);
        let error = authenticator.identify(&sent(&minted.token), None).await.unwrap_err();
        assert!(error.to_string().contains("expired"), "{error}");
    }
}
