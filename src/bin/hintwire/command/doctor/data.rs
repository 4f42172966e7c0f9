//! The data directory: can a hub use it, can others look into it, and would the backlog in it start?

use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use hintwire::backlog::log::dir::Dir;
use hintwire::backlog::log::{Glance, OpenError, glance};
use rustix::fs::Access;

use super::finding::Finding;

const DATA: &str = "data";
const BACKLOG: &str = "backlog";

/// What was found.
pub struct Data {
    pub findings: Vec<Finding>,
    /// The directory, or the nearest one above that exists.
    pub home: PathBuf,
    /// When the newest event was published, if that could be read.
    pub newest: Option<SystemTime>,
}

/// Looks at a directory.
pub fn look(dir: &Path) -> Data {
    let home = existing(dir);
    let directory = directory(dir, &home);
    if home != dir {
        return Data { findings: vec![directory], home, newest: None };
    }
    let (backlog, newest) = backlog(dir);
    Data { findings: vec![directory, backlog], home, newest }
}

fn existing(dir: &Path) -> PathBuf {
    let there = dir.ancestors().find(|above| above.try_exists().unwrap_or(true));
    there.filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new(".")).into()
}

fn directory(dir: &Path, home: &Path) -> Finding {
    let name = dir.display();
    let meta = match fs::metadata(home) {
        Ok(meta) if meta.is_dir() => meta,
        Ok(_) => {
            let found = format!("{} is no directory", home.display());
            return Finding::fail(DATA, found, "choose another with --data");
        }
        Err(error) => {
            let found = format!("{}: {error}", home.display());
            return Finding::fail(DATA, found, "run this as the user of the hub");
        }
    };
    if rustix::fs::access(home, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK).is_err() {
        let found = format!("{} cannot be written to; it is of {}", home.display(), owner(&meta));
        return Finding::fail(
            DATA,
            found,
            "give it to the user of the hub, and run this as that one",
        );
    }
    match home == dir {
        false => Finding::ok(DATA, format!("{name} is not there; `hintwire serve` creates it")),
        true if meta.mode() & 0o007 != 0 => {
            let found = format!("{name}, of {}: others may look into it", owner(&meta));
            Finding::warn(DATA, found, format!("chmod o-rwx {name}, for it holds all events"))
        }
        true => Finding::ok(DATA, format!("{name}, of {}", owner(&meta))),
    }
}

fn owner(meta: &Metadata) -> String {
    format!("user {}, mode {:o}", meta.uid(), meta.mode() & 0o7777)
}

/// The backlog as a start would find it.
fn backlog(dir: &Path) -> (Finding, Option<SystemTime>) {
    let opened = Dir::open(dir).map_err(|error| OpenError::Io { file: DATA.into(), error });
    match opened.and_then(|disk| glance(&disk)) {
        Ok(glance) => (begins(&glance), Some(glance.newest.into())),
        Err(error) => (does_not_begin(dir, &error), None),
    }
}

fn begins(glance: &Glance) -> Finding {
    let found = format!("whole as far as a start looks; segments: {}", glance.segments);
    let advice = "the next start cuts an end that a crash left incomplete and nobody was answered";
    if glance.torn { Finding::warn(BACKLOG, found, advice) } else { Finding::ok(BACKLOG, found) }
}

fn does_not_begin(dir: &Path, error: &OpenError) -> Finding {
    let is_empty = || fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_none());
    match error {
        OpenError::Locked => {
            let found = "a hub has it open, and looked at it when it started; `hintwire hub` has its health";
            Finding::ok(BACKLOG, found)
        }
        OpenError::Absent if is_empty() => Finding::ok(BACKLOG, "none yet; the directory is empty"),
        OpenError::Absent => Finding::fail(
            BACKLOG,
            "the directory holds something else",
            "choose another with --data",
        ),
        OpenError::Io { error: io, .. } if io.kind() == ErrorKind::PermissionDenied => {
            Finding::fail(BACKLOG, error.to_string(), "run this as the user of the hub")
        }
        other => Finding::fail(BACKLOG, other.to_string(), "a hub does not start on it"),
    }
}
