//! Files are read again on SIGHUP, and when one of them changes.
//!
//! Once a second it is asked who they are and how they look, which also sees a link that leads elsewhere: Kubernetes
//! replaces a folder of secrets so. A change counts once it has stayed for a second, so that a certificate and its key
//! can be written one after the other.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{MissedTickBehavior, interval};

use super::trust::Trust;
use crate::config::Config;

/// How often files are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Gets a configuration, or says why there is none.
pub type Read = Box<dyn Fn() -> Result<Config, String> + Send + Sync>;

/// Follows a configuration, or says why it cannot.
pub type Log = Box<dyn Fn(&Config) -> Result<(), String> + Send + Sync>;

/// How a hub that runs learns its settings again.
pub struct Settings {
    /// The configuration file, if there is one.
    pub file: Option<PathBuf>,
    /// Puts together what it says and what stands over it.
    pub read: Read,
    /// Logs as a configuration says, from now on.
    pub log: Log,
}

/// What there is to tell whether a file has changed; `None` if it is not there.
type Look = Option<(i64, i64, u64, u64, u64)>;

/// Reads again, for ever, what `trust` and `settings` were read from.
pub struct Reload {
    trust: Arc<Trust>,
    settings: Settings,
    config: Config,
    hangup: Signal,
}

impl Reload {
    /// As `config` was read. From here on SIGHUP does not end the process.
    ///
    /// # Errors
    /// The signal cannot be had.
    pub fn new(trust: Arc<Trust>, settings: Settings, config: Config) -> io::Result<Self> {
        Ok(Self { trust, settings, config, hangup: signal(SignalKind::hangup())? })
    }

    /// Goes on for ever.
    pub async fn watch(mut self) {
        let mut ticks = interval(LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut read = self.look().await;
        let mut last = read.clone();
        loop {
            let asked = tokio::select! {
                biased;
                _ = self.hangup.recv() => true,
                _ = ticks.tick() => false,
            };
            let now = self.look().await;
            let changed = now != read && now == last;
            last.clone_from(&now);
            if asked || changed {
                self.again();
                read = self.look().await;
                last.clone_from(&read);
            }
        }
    }

    /// All or nothing: what is wrong in one file leaves all as it was.
    fn again(&mut self) {
        match self.try_again() {
            Ok(()) => tracing::info!("read again: configuration, certificates, tokens and policy"),
            Err(error) => tracing::error!(error, "cannot read again; all stays as it was"),
        }
    }

    fn try_again(&mut self) -> Result<(), String> {
        let config = (self.settings.read)();
        let config = config.inspect_err(|error| self.trust.audit.reloaded(Some(error.clone())))?;
        let before = std::mem::replace(&mut self.config, config);
        let applied = self.apply(&before);
        if applied.is_err() {
            self.config = before;
        }
        applied
    }

    fn apply(&self, before: &Config) -> Result<(), String> {
        (self.settings.log)(&self.config)?;
        if let Err(error) = self.trust.read_again(&self.config) {
            (self.settings.log)(before)?;
            return Err(error.to_string());
        }
        let Config { log_level, tls, auth, policy, .. } = self.config.clone();
        if self.config != (Config { log_level, tls, auth, policy, ..before.clone() }) {
            tracing::warn!(
                "other settings than log_level, tls, auth and policy count after a restart"
            );
        }
        Ok(())
    }

    async fn look(&self) -> Vec<Look> {
        let mut files = self.trust.files(&self.config);
        files.extend(self.settings.file.clone());
        let looks = move || files.iter().map(look).collect();
        tokio::task::spawn_blocking(looks).await.unwrap_or_default()
    }
}

fn look(file: &PathBuf) -> Look {
    let it = fs::metadata(file).ok()?;
    Some((it.mtime(), it.mtime_nsec(), it.size(), it.ino(), it.dev()))
}
