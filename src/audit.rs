//! The audit log: who was refused what, who administers, what was reloaded. One JSON object a line.
//!
//! It holds no secret: nothing of credentials but the name that they prove, and nothing of events.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use parking_lot::Mutex;
use prost_types::Timestamp;
use serde::Serialize;
use tokio::time::Instant;

use crate::error::Error;
use crate::service::reason;

/// At most [`LINES`] in so long, so that no flood of refusals fills the disk; what is left out is counted.
const PERIOD: Duration = Duration::from_secs(10);
/// Lines in a [`PERIOD`].
const LINES: u32 = 100;

/// An audit log, or none.
#[derive(Debug, Default)]
pub struct Audit(Option<Log>);

#[derive(Debug)]
struct Log {
    path: PathBuf,
    written: Mutex<Written>,
}

#[derive(Debug)]
struct Written {
    file: File,
    since: Instant,
    lines: u32,
    left_out: u64,
}

/// Who did it, from where, by which call.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Who<'a> {
    /// Unless it is not known: its credentials do not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<&'a str>,
    /// Address and port.
    pub peer: SocketAddr,
    /// The method, or the path.
    pub call: &'static str,
}

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    #[serde(flatten)]
    what: What<'a>,
}

/// What there is to be said.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum What<'a> {
    Refused {
        #[serde(flatten)]
        who: Who<'a>,
        reason: &'static str,
        /// `publish`, `read` or `admin`.
        #[serde(skip_serializing_if = "Option::is_none")]
        action: Option<&'static str>,
        detail: String,
    },
    Admin {
        #[serde(flatten)]
        who: Who<'a>,
    },
    Reloaded {
        ok: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        detail: Option<String>,
    },
    LeftOut {
        count: u64,
    },
}

impl Audit {
    /// Appends to a file.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn to(path: Option<&Path>) -> io::Result<Self> {
        let Some(path) = path else { return Ok(Self(None)) };
        let written = Written { file: open(path)?, since: Instant::now(), lines: 0, left_out: 0 };
        Ok(Self(Some(Log { path: path.to_owned(), written: Mutex::new(written) })))
    }

    /// Opens the file again: it may have been renamed, to begin a new one.
    ///
    /// # Errors
    /// The file cannot be opened; the one before stays.
    pub fn reopen(&self) -> io::Result<()> {
        if let Some(log) = &self.0 {
            let file = open(&log.path)?;
            log.written.lock().file = file;
        }
        Ok(())
    }

    /// Somebody was refused something.
    pub fn refused(&self, who: Who<'_>, error: &Error) {
        let action = match error {
            Error::PermissionDenied { action, .. } => Some(*action),
            _ => None,
        };
        let what =
            || What::Refused { who, reason: reason(error), action, detail: error.to_string() };
        self.write(what);
    }

    /// Somebody was told, or did, what concerns the hub as a whole.
    pub fn admin(&self, who: Who<'_>) {
        self.write(|| What::Admin { who });
    }

    /// Files were read again, or why they were not.
    pub fn reloaded(&self, failed: Option<String>) {
        self.write(|| What::Reloaded { ok: failed.is_none(), detail: failed });
    }

    fn write<'a>(&self, what: impl FnOnce() -> What<'a>) {
        if let Some(log) = &self.0
            && let Err(error) = log.written.lock().write(what)
        {
            tracing::warn!(%error, "the audit log cannot be written");
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
}

impl Written {
    fn write<'a>(&mut self, what: impl FnOnce() -> What<'a>) -> io::Result<()> {
        if self.since.elapsed() >= PERIOD {
            (self.since, self.lines) = (Instant::now(), 0);
            let count = std::mem::take(&mut self.left_out);
            if count > 0 {
                self.line(What::LeftOut { count })?;
            }
        }
        if self.lines == LINES {
            self.left_out += 1;
            return Ok(());
        }
        self.lines += 1;
        self.line(what())
    }

    /// In one write, so that lines of two processes do not mix.
    fn line(&mut self, what: What<'_>) -> io::Result<()> {
        let time = Timestamp::from(SystemTime::now()).to_string();
        let mut line = serde_json::to_vec(&Line { time, what })?;
        line.push(b'\n');
        self.file.write_all(&line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who() -> Who<'static> {
        Who { principal: Some("token:a\n"), peer: ([127, 0, 0, 1], 1).into(), call: "Fetch" }
    }

    fn lines(path: &Path) -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(path).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_of_refusals_is_counted_and_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit");
        let audit = Audit::to(Some(&path)).unwrap();
        let error = Error::PermissionDenied { action: "read", what: "`a`".into() };
        (0..1000).for_each(|_| audit.refused(who(), &error));
        assert_eq!(lines(&path).len(), LINES as usize);
        tokio::time::advance(PERIOD).await;
        audit.admin(who());
        let said = lines(&path);
        assert_eq!(said[100]["event"], "left_out");
        assert_eq!(said[100]["count"], 900);
        assert_eq!(said[101]["event"], "admin");
        assert_eq!(said[101]["principal"], "token:a\n");
        assert_eq!(said[0]["reason"], "PERMISSION_DENIED");
        assert_eq!(said[0]["action"], "read");
    }

    #[tokio::test]
    async fn a_file_that_was_renamed_is_begun_anew_when_it_is_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let (path, old) = (folder.path().join("audit"), folder.path().join("audit.1"));
        let audit = Audit::to(Some(&path)).unwrap();
        audit.reloaded(None);
        std::fs::rename(&path, &old).unwrap();
        audit.reloaded(Some("no".into()));
        audit.reopen().unwrap();
        audit.reloaded(None);
        assert_eq!((lines(&old).len(), lines(&path).len()), (2, 1));
        assert_eq!(lines(&old)[1]["detail"], "no");
    }
}
