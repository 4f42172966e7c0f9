//! Where the keys of an issuer come from: a file that is read with the auth file, or a URL that is asked again and again.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use http::Uri;
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout};

use super::IssuerSettings;
use super::download::download;
use super::keys::{Keys, KeysError};
use crate::limits::{JWKS_PAUSE, JWKS_REFRESH, JWKS_WAIT};

/// The keys of an issuer.
#[derive(Debug)]
pub struct Source {
    keys: ArcSwap<Keys>,
    place: Place,
    asked: Mutex<Asked>,
    /// Counts the times that the URL was asked.
    answered: watch::Sender<u64>,
    wanted: Notify,
}

#[derive(Debug, PartialEq, Eq)]
enum Place {
    File(PathBuf),
    Url { url: Uri, authorities: Option<PathBuf> },
}

#[derive(Debug, Clone, Copy, Default)]
struct Asked {
    last: Option<Instant>,
    /// Somebody waits for an answer.
    now: bool,
}

impl Source {
    /// That of an issuer. A file is read.
    ///
    /// # Errors
    /// A file that has no keys, or something that is no URL.
    pub fn new(settings: &IssuerSettings, folder: &Path) -> Result<Self, KeysError> {
        let place = Place::of(settings, folder)?;
        let keys = match &place {
            Place::Url { .. } => Keys::default(),
            Place::File(path) => fs::read(path)
                .map_err(|error| error.to_string())
                .and_then(|text| Keys::parse(&text))
                .map_err(|why| KeysError { from: path.display().to_string(), why })?,
        };
        Ok(Self {
            keys: ArcSwap::from_pointee(keys),
            place,
            asked: Mutex::default(),
            answered: watch::Sender::new(0),
            wanted: Notify::new(),
        })
    }

    /// The keys as they are known.
    pub fn known(&self) -> Arc<Keys> {
        self.keys.load_full()
    }

    /// Whether both are at the same URL.
    pub fn is_like(&self, other: &Self) -> bool {
        matches!(self.place, Place::Url { .. }) && self.place == other.place
    }

    /// The file that it is read from.
    pub fn file(&self) -> Option<&PathBuf> {
        match &self.place {
            Place::File(path) => Some(path),
            Place::Url { authorities, .. } => authorities.as_ref(),
        }
    }

    /// A key is not known: has the URL asked for it, unless it was a minute ago. Whether there was an answer since.
    pub async fn ask(&self) -> bool {
        let mut answered = self.answered.subscribe();
        if !self.wants() {
            return false;
        }
        timeout(JWKS_WAIT, answered.changed()).await.is_ok()
    }

    /// Whether an answer is to be waited for.
    fn wants(&self) -> bool {
        if matches!(self.place, Place::File(_)) {
            return false;
        }
        let mut asked = self.asked.lock();
        let may = asked.last.is_none_or(|last| last.elapsed() >= JWKS_PAUSE);
        if may && !asked.now {
            asked.now = true;
            self.wanted.notify_one();
        }
        asked.now
    }

    /// Waits until somebody misses a key, or the keys are old; then gets them. Whether they are others than before.
    pub async fn renew(&self) -> bool {
        let Place::Url { url, authorities } = &self.place else {
            return std::future::pending().await;
        };
        while let Some(rest) = self.rest() {
            _ = timeout(rest, self.wanted.notified()).await;
        }
        *self.asked.lock() = Asked { last: Some(Instant::now()), now: true };
        let renewed = self.got(url, download(url, authorities.as_deref()).await);
        self.asked.lock().now = false;
        self.answered.send_modify(|answers| *answers += 1);
        renewed
    }

    /// How long the keys are good, while nobody misses one.
    fn rest(&self) -> Option<Duration> {
        let Asked { last, now } = *self.asked.lock();
        let rest = JWKS_REFRESH.saturating_sub(last?.elapsed());
        (!now && !rest.is_zero()).then_some(rest)
    }

    fn got(&self, url: &Uri, text: Result<Vec<u8>, String>) -> bool {
        match text.and_then(|text| Keys::parse(&text)) {
            Ok(keys) => {
                let changed = self.known().hashes() != keys.hashes();
                self.keys.store(Arc::new(keys));
                changed
            }
            Err(error) => {
                tracing::warn!(%url, error, "the keys of an issuer cannot be read; those known stay");
                false
            }
        }
    }
}

impl Place {
    fn of(settings: &IssuerSettings, folder: &Path) -> Result<Self, KeysError> {
        let authorities = settings.jwks_ca.as_ref().map(|file| folder.join(file));
        if !settings.jwks.contains("://") {
            return Ok(Self::File(folder.join(&settings.jwks)));
        }
        let url = settings.jwks.parse::<Uri>().ok();
        let url = url.filter(|url| {
            matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some()
        });
        let wrong = || KeysError {
            from: settings.jwks.clone(),
            why: "write a file, or a URL that begins with http:// or https://".into(),
        };
        url.map(|url| Self::Url { url, authorities }).ok_or_else(wrong)
    }
}
