//! Why a backup cannot be taken, or restored.

use crate::backlog::log::error::{Damage, OpenError};

/// Why a backup cannot be taken, or restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The log, or a disk, has a fault.
    #[error(transparent)]
    Log(#[from] OpenError),
    /// The directory of the backup holds something else.
    #[error(
        "it holds `{found}`, which is no part of a backup: give an empty directory, or one with an earlier backup"
    )]
    Foreign {
        /// A name in it.
        found: String,
    },
    /// The directory holds a backup of another log.
    #[error("it holds a backup of another backlog: give each backlog a directory of its own")]
    Another,
    /// Another process is taking a backup there.
    #[error("another process is at work on this backup")]
    Locked,
    /// There is no backup, or none that was finished.
    #[error("it holds no finished backup: there is no file `BACKUP`")]
    Absent,
    /// A file of the backup is not what was written.
    #[error(
        "the backup is damaged: `{file}` {what}; use another backup, or take a new one in an empty directory"
    )]
    Spoiled {
        /// The file.
        file: String,
        /// What is wrong.
        what: &'static str,
    },
    /// A backup is restored into a directory of its own.
    #[error("it holds `{found}`: a backup is restored into an empty directory")]
    Filled {
        /// A name in it.
        found: String,
    },
    /// The files changed faster than they could be opened.
    #[error("the files of the backlog changed again and again while they were opened; try again")]
    Busy,
}

impl From<Damage> for BackupError {
    fn from(damage: Damage) -> Self {
        Self::Log(damage.into())
    }
}
