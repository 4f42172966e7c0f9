//! Replacing a file as a whole: after a crash at any point the old one or the new one is there.

use std::io;

use super::disk::{Disk, DiskFile};
use crate::planted::Planted;

/// How the name of a file that is not complete yet ends.
pub const TEMPORARY: &str = ".tmp";

/// A file that takes the place of another, or of none, when it is complete.
#[derive(Debug)]
pub struct Replacement<D: Disk> {
    name: String,
    temporary: String,
    file: D::File,
}

impl<D: Disk> Replacement<D> {
    /// An empty file under a temporary name.
    pub fn begin(disk: &D, name: &str) -> io::Result<Self> {
        let temporary = format!("{name}{TEMPORARY}");
        remove(disk, &temporary)?;
        let file = disk.create(&temporary)?;
        Ok(Self { name: name.to_owned(), temporary, file })
    }

    /// The file, to be written to.
    pub fn file(&self) -> &D::File {
        &self.file
    }

    /// Makes it durable, and then gives it its name.
    pub fn finish(self, disk: &D) -> io::Result<D::File> {
        self.file.sync()?;
        disk.rename(&self.temporary, &self.name)?;
        if !Planted::DirSyncSkipped.is_on() {
            disk.sync_dir()?;
        }
        Ok(self.file)
    }

    /// Leaves the old file in its place.
    pub fn abandon(self, disk: &D) -> io::Result<()> {
        let Self { temporary, file, .. } = self;
        drop(file);
        remove(disk, &temporary)
    }
}

/// Removes a file, which may be gone already.
pub fn remove<D: Disk>(disk: &D, name: &str) -> io::Result<()> {
    match disk.remove(name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
