//! A backup as if it were the directory of a log, to be read and not written.

use std::collections::BTreeMap;
use std::io;

use super::copy::sum;
use super::list::List;
use super::{BackupError, lock};
use crate::backlog::log::check::{Summary, check_unlocked};
use crate::backlog::log::disk::{Disk, DiskFile};
use crate::backlog::log::error::InFile;

/// The files of a backup under their own names.
#[derive(Debug, Clone)]
pub struct Kept<D> {
    disk: D,
    /// Where each is kept.
    names: BTreeMap<String, String>,
}

impl<D: Disk> Kept<D> {
    /// The files that a list names.
    pub fn new(disk: &D, list: &List) -> Self {
        let named = list.items.iter().map(|item| (item.name.clone(), item.stored()));
        Self { disk: disk.clone(), names: named.collect() }
    }
}

/// Verifies every byte of a backup: each file as it was written, and the log that they make.
///
/// # Errors
/// The first file that is missing or is not what was written; a directory that holds no finished backup.
pub fn check<D: Disk>(disk: &D) -> Result<Summary, BackupError> {
    let _lock = lock(disk)?;
    verify(disk).map(|(_, summary)| summary)
}

/// The same; tells the list too.
pub(super) fn verify<D: Disk>(disk: &D) -> Result<(List, Summary), BackupError> {
    let list = List::read(disk)?.ok_or(BackupError::Absent)?;
    for item in &list.items {
        let file = item.stored();
        let opened = match disk.open(&file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(BackupError::Spoiled { file, what: "is missing" });
            }
            opened => opened.in_file(&file)?,
        };
        if opened.len().in_file(&file)? != item.len {
            return Err(BackupError::Spoiled { file, what: "has another length" });
        }
        if sum(&opened).in_file(&file)?.1 != item.hash {
            return Err(BackupError::Spoiled { file, what: "is not what was written" });
        }
    }
    let summary = check_unlocked(&Kept::new(disk, &list))?;
    Ok((list, summary))
}

fn read_only<T>() -> io::Result<T> {
    Err(io::ErrorKind::ReadOnlyFilesystem.into())
}

impl<D: Disk> Disk for Kept<D> {
    type File = D::File;

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.names.keys().cloned().collect())
    }

    fn open(&self, name: &str) -> io::Result<D::File> {
        self.disk.open(self.names.get(name).ok_or(io::ErrorKind::NotFound)?)
    }

    fn create(&self, _: &str) -> io::Result<D::File> {
        read_only()
    }

    fn rename(&self, _: &str, _: &str) -> io::Result<()> {
        read_only()
    }

    fn remove(&self, _: &str) -> io::Result<()> {
        read_only()
    }

    fn sync_dir(&self) -> io::Result<()> {
        read_only()
    }

    fn lock(&self) -> io::Result<Box<dyn Send + Sync>> {
        self.disk.lock()
    }

    fn free_space(&self) -> io::Result<u64> {
        Ok(0)
    }
}
