//! A hub whose files a test can write again.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use hintwire::backlog::memory::Memory;
use hintwire::config::{Config, TlsSettings};
use hintwire::server::{self, Trust, TrustError};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::pki::{Authority, Issued};

/// Everybody may do everything.
const EVERYTHING: &str = "[[rule]]
principals = ['*', 'anonymous']
allow = { publish = ['**'], read = ['**'], admin = true }";

/// The files of a hub, and how it is configured.
pub struct Files {
    folder: TempDir,
    pub config: Config,
}

impl Files {
    /// A hub without TLS.
    pub fn plain() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), config: Config::default() }
    }

    /// A hub that speaks TLS with a certificate of this authority.
    pub fn of_tls(authority: &Authority) -> Self {
        let mut files = Self::plain();
        files.certify(&authority.hub());
        files.config.tls = TlsSettings {
            certificate: Some(files.path("hub.pem")),
            key: Some(files.path("hub.key")),
            ..TlsSettings::default()
        };
        files
    }

    /// And knows the clients of an authority.
    pub fn of_mutual_tls(authority: &Authority) -> Self {
        let mut files = Self::of_tls(authority);
        files.config.tls.client_ca = Some(files.write("ca.pem", &authority.pem()));
        files
    }

    pub fn certify(&self, hub: &Issued) {
        self.write("hub.pem", &hub.certificate);
        self.write("hub.key", &hub.key);
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub async fn serve(self) -> Hub {
        Hub::start(self).await
    }
}

/// A hub that runs until it is dropped.
pub struct Hub {
    pub address: SocketAddr,
    pub files: Files,
    pub trust: Arc<Trust>,
    stop: CancellationToken,
}

impl Hub {
    async fn start(mut files: Files) -> Self {
        if files.config.authenticates() && files.config.policy.is_none() {
            files.config.policy = Some(files.write("policy.toml", EVERYTHING));
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let trust = Arc::new(Trust::read(&files.config).unwrap());
        let (stopped, trusted) = (stop.clone().cancelled_owned(), Arc::clone(&trust));
        let config = files.config.clone();
        tokio::spawn(async move {
            let backlog = Arc::new(Memory::default());
            server::serve_with(listener, backlog, &config, trusted, stopped).await.unwrap();
        });
        Self { address, files, trust, stop }
    }

    /// Reads its files again.
    pub fn reload(&self) -> Result<(), TrustError> {
        self.trust.read_again(&self.files.config)
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
