//! Whom the hub believes, and what it shows to be believed: replaced while it runs.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use rustls::ServerConfig;

use super::tls::{Tls, TlsError};
use crate::access::{Authorizer, Policy, PolicyError};
use crate::audit::Audit;
use crate::config::{Config, TlsSettings};
use crate::identity::{AuthError, AuthFile, Authenticator, Clients};

/// What is read from the files of certificates, keys and tokens.
#[derive(Debug)]
pub struct Trust {
    tls: ArcSwapOption<ServerConfig>,
    /// Says who asks.
    pub authenticator: Arc<Authenticator>,
    /// Says who may do what.
    pub authorizer: Arc<Authorizer>,
    /// Where it is written down what was refused.
    pub audit: Arc<Audit>,
}

/// Why it cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// Whose tokens count cannot be told.
    #[error("auth: {0}")]
    Auth(#[from] AuthError),
    /// What may be done cannot be told.
    #[error("policy: {0}")]
    Policy(#[from] PolicyError),
    /// The audit log cannot be opened.
    #[error("audit_log: {0}")]
    Audit(#[source] io::Error),
    /// Nothing says what those may do who say who they are.
    #[error("policy: none is named, and auth or tls.client_ca says who asks")]
    NoPolicy,
    /// A hub that speaks TLS goes on to, and one that does not cannot begin to.
    #[error("tls: a hub that runs cannot be told to begin or end to speak TLS; restart it")]
    OnOff,
    /// A hub with a policy goes on to have one, and one without cannot begin to.
    #[error("policy: a hub that runs cannot be told to begin or end to have one; restart it")]
    PolicyOnOff,
    /// TLS cannot be served.
    #[error("tls: {0}")]
    Tls(#[from] TlsError),
}

/// The files, read and found to be in order.
struct Files {
    tls: Option<Arc<ServerConfig>>,
    clients: Clients,
    auth: AuthFile,
    policy: Option<Policy>,
}

impl Trust {
    /// Reads what a configuration names.
    ///
    /// # Errors
    /// A file that cannot be used.
    pub fn read(config: &Config) -> Result<Self, TrustError> {
        let Files { tls, clients, auth, policy } = Files::read(config)?;
        let authenticator = Arc::new(Authenticator::new(auth, clients));
        let audit = Arc::new(Audit::to(config.audit_log.as_deref()).map_err(TrustError::Audit)?);
        let authorizer = policy.map_or_else(Authorizer::open, |policy| {
            Authorizer::new(Arc::clone(&authenticator), policy, Arc::clone(&audit))
        });
        Ok(Self {
            tls: ArcSwapOption::from(tls),
            authenticator,
            audit,
            authorizer: Arc::new(authorizer),
        })
    }

    /// Reads it again. Connections that are open stay; streams that are not permitted any more end within seconds.
    ///
    /// # Errors
    /// A file that cannot be used; then all stays as it was.
    pub fn read_again(&self, config: &Config) -> Result<(), TrustError> {
        let read = self.take(config);
        self.audit.reloaded(read.as_ref().err().map(ToString::to_string));
        read
    }

    fn take(&self, config: &Config) -> Result<(), TrustError> {
        let Files { tls, clients, auth, policy } = Files::read(config)?;
        if tls.is_some() != self.tls().is_some() {
            return Err(TrustError::OnOff);
        }
        if policy.is_none() != self.authorizer.is_open() {
            return Err(TrustError::PolicyOnOff);
        }
        self.audit.reopen().map_err(TrustError::Audit)?;
        if let Some(policy) = policy {
            self.authorizer.replace(policy);
        }
        self.authenticator.replace(auth, clients);
        self.tls.store(tls);
        Ok(())
    }

    /// The files that it was read from, by this configuration.
    pub fn files(&self, config: &Config) -> Vec<PathBuf> {
        let TlsSettings { certificate, key, client_ca, crl, .. } = &config.tls;
        let named = [certificate, key, client_ca, crl, &config.auth, &config.policy];
        let named = named.into_iter().flatten().cloned();
        named.chain(self.authenticator.files()).collect()
    }

    /// With what the next connection is served.
    pub fn tls(&self) -> Option<Arc<ServerConfig>> {
        self.tls.load_full()
    }
}

impl Files {
    fn read(config: &Config) -> Result<Self, TrustError> {
        let required = config.auth.is_none() && !config.allow_anonymous;
        let (tls, clients) = match Tls::read(&config.tls, required)? {
            None => (None, None),
            Some(Tls { server, clients }) => (Some(server), clients),
        };
        let auth = config.auth.as_deref().map(AuthFile::read).transpose()?.unwrap_or_default();
        let policy = config.policy.as_deref().map(Policy::read).transpose()?;
        if policy.is_none() && config.authenticates() {
            return Err(TrustError::NoPolicy);
        }
        Ok(Self { tls, clients, auth, policy })
    }
}
