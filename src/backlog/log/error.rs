//! Why a log cannot be opened.

use std::io;

use super::checkpoint::CHECKPOINT;
use super::identity::HUB;
use super::manifest::MANIFEST;

/// Why a log cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory holds something else.
    #[error(
        "the directory holds `{found}` and no backlog: give an empty directory, or one of a hub"
    )]
    Foreign {
        /// A name in it.
        found: String,
    },
    /// It holds no backlog, where one was to be found.
    #[error("the directory holds no backlog")]
    Absent,
    /// Another process has it.
    #[error("another process has the backlog open")]
    Locked,
    /// It was written by a later version.
    #[error("`{file}` has a format that this version does not know; use a newer hintwire")]
    Version {
        /// The file that says so.
        file: String,
    },
    /// Stored bytes are not what was written.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// The operating system refused.
    #[error("{file}: {error}")]
    Io {
        /// What was to be read or written.
        file: String,
        /// What it said.
        error: io::Error,
    },
}

/// Stored bytes that are not what was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the backlog is damaged in `{file}` at byte {offset}: {what}; {}", self.advice())]
pub struct Damage {
    /// The file.
    pub file: String,
    /// Where in it.
    pub offset: u64,
    /// What is wrong.
    pub what: String,
}

impl Damage {
    /// Damage in a file.
    pub fn new(file: impl Into<String>, offset: u64, what: impl Into<String>) -> Self {
        Self { file: file.into(), offset, what: what.into() }
    }

    fn advice(&self) -> &'static str {
        match self.file.as_str() {
            HUB | MANIFEST => {
                "restore that file from a copy of the backlog: no other file holds what it says, so \
                 `hintwire check --repair` cannot mend it"
            }
            CHECKPOINT => {
                "restore that file, or run `hintwire check --repair DIR`, which goes on without it and \
                 says what is lost"
            }
            _ => {
                "restore that file, or run `hintwire check DIR`, which verifies all, and \
                 `hintwire check --repair DIR`, which cuts the backlog there"
            }
        }
    }
}

/// Names the file in the error of the operating system.
pub trait InFile<T> {
    /// The same result, its error naming the file.
    fn in_file(self, file: &str) -> Result<T, OpenError>;
}

impl<T> InFile<T> for io::Result<T> {
    fn in_file(self, file: &str) -> Result<T, OpenError> {
        self.map_err(|error| OpenError::Io { file: file.into(), error })
    }
}
