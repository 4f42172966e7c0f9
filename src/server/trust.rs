//! Whom the hub believes, and what it shows to be believed: replaced while it runs.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use rustls::ServerConfig;

use super::tls::{Tls, TlsError};
use crate::config::Config;
use crate::identity::{AuthError, AuthFile, Authenticator, Clients};

/// What is read from the files of certificates, keys and tokens.
#[derive(Debug)]
pub struct Trust {
    tls: ArcSwapOption<ServerConfig>,
    /// Says who asks.
    pub authenticator: Arc<Authenticator>,
}

/// Why it cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// Whose tokens count cannot be told.
    #[error("auth: {0}")]
    Auth(#[from] AuthError),
    /// A hub that speaks TLS goes on to, and one that does not cannot begin to.
    #[error("tls: a hub that runs cannot be told to begin or end to speak TLS; restart it")]
    OnOff,
    /// TLS cannot be served.
    #[error("tls: {0}")]
    Tls(#[from] TlsError),
}

/// The files, read and found to be in order.
struct Files {
    tls: Option<Arc<ServerConfig>>,
    clients: Clients,
    auth: AuthFile,
}

impl Trust {
    /// Reads what a configuration names.
    ///
    /// # Errors
    /// A file that cannot be used.
    pub fn read(config: &Config) -> Result<Self, TrustError> {
        let Files { tls, clients, auth } = Files::read(config)?;
        let authenticator = Arc::new(Authenticator::new(&auth, clients));
        Ok(Self { tls: ArcSwapOption::from(tls), authenticator })
    }

    /// Reads it again. Connections that are open stay; who may not ask any more is found out by
    /// [`Authenticator::still_holds`].
    ///
    /// # Errors
    /// A file that cannot be used; then all stays as it was.
    pub fn read_again(&self, config: &Config) -> Result<(), TrustError> {
        let Files { tls, clients, auth } = Files::read(config)?;
        if tls.is_some() != self.tls().is_some() {
            return Err(TrustError::OnOff);
        }
        self.authenticator.replace(&auth, clients);
        self.tls.store(tls);
        Ok(())
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
        Ok(Self { tls, clients, auth })
    }
}
