//! The real disk: one directory of the operating system.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // This is where they are allowed.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{FallocateFlags, FlockOperation, SeekFrom};
use rustix::io::Errno;

use super::disk::{Disk, DiskFile};

/// Name of the lock file.
pub const LOCK: &str = "LOCK";

/// A directory.
#[derive(Debug, Clone)]
pub struct Dir(Arc<Opened>);

#[derive(Debug)]
struct Opened {
    path: PathBuf,
    /// Kept open: a process that is out of descriptors can still make durable what it has named.
    file: File,
    /// Whether its files are opened to be written to.
    writable: bool,
}

impl Dir {
    /// A directory that exists.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::opened(path, true)
    }

    /// A directory that exists, of which files are read alone: it may be another's.
    pub fn to_read(path: &Path) -> io::Result<Self> {
        Self::opened(path, false)
    }

    fn opened(path: &Path, writable: bool) -> io::Result<Self> {
        let file = File::open(path)?;
        file.metadata()?.is_dir().then_some(()).ok_or(io::ErrorKind::NotADirectory)?;
        Ok(Self(Arc::new(Opened { path: path.into(), file, writable })))
    }

    /// A directory, created with its parents if it does not exist: for its owner alone.
    pub fn create(path: &Path) -> io::Result<Self> {
        if !path.try_exists()? {
            DirBuilder::new().recursive(true).mode(0o700).create(path)?;
            if let Some(parent) = fs::canonicalize(path)?.parent() {
                File::open(parent)?.sync_all()?;
            }
        }
        Self::open(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path.join(name)
    }
}

/// Too many open files are a quota that is used up: nothing was written, and it passes.
fn or_quota(error: io::Error) -> io::Error {
    match Errno::from_io_error(&error) {
        Some(Errno::MFILE | Errno::NFILE) => io::Error::new(io::ErrorKind::QuotaExceeded, error),
        _ => error,
    }
}

/// A file of a directory.
#[derive(Debug)]
pub struct DirFile(File);

impl Disk for Dir {
    type File = DirFile;

    fn list(&self) -> io::Result<Vec<String>> {
        let name =
            |entry: io::Result<fs::DirEntry>| Ok(entry?.file_name().to_string_lossy().into());
        let mut names =
            fs::read_dir(&self.0.path)?.map(name).collect::<io::Result<Vec<String>>>()?;
        names.sort_unstable();
        Ok(names)
    }

    fn create(&self, name: &str) -> io::Result<DirFile> {
        let mut options = OpenOptions::new();
        let created = options.read(true).write(true).create_new(true).open(self.path(name));
        created.map(DirFile).map_err(or_quota)
    }

    fn open(&self, name: &str) -> io::Result<DirFile> {
        let opened = OpenOptions::new().read(true).write(self.0.writable).open(self.path(name));
        opened.map(DirFile).map_err(or_quota)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path(from), self.path(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path(name))
    }

    fn sync_dir(&self) -> io::Result<()> {
        self.0.file.sync_all()
    }

    fn lock(&self) -> io::Result<Box<dyn Send + Sync>> {
        let file =
            OpenOptions::new().write(true).create(true).truncate(false).open(self.path(LOCK))?;
        rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive)?;
        Ok(Box::new(file))
    }

    fn free_space(&self) -> io::Result<u64> {
        let stat = rustix::fs::statvfs(&self.0.path)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }
}

impl DiskFile for DirFile {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_all_at(bytes, offset)
    }

    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<()> {
        self.0.read_exact_at(into, offset)
    }

    fn written_len(&self) -> io::Result<u64> {
        let (len, mut end) = (self.len()?, 0);
        // All reads and writes name their place, so nobody minds where this leaves the file's own.
        while end < len {
            end = match rustix::fs::seek(&self.0, SeekFrom::Data(end)) {
                Ok(data) => rustix::fs::seek(&self.0, SeekFrom::Hole(data))?,
                Err(Errno::NXIO) => break,
                Err(Errno::INVAL | Errno::OPNOTSUPP) => len,
                Err(error) => return Err(error.into()),
            };
        }
        Ok(end.min(len))
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn allocate(&self, len: u64) -> io::Result<()> {
        match rustix::fs::fallocate(&self.0, FallocateFlags::empty(), 0, len) {
            // A file system that cannot promise space gets a hole; running out shows when it is written.
            Err(Errno::OPNOTSUPP | Errno::NOSYS) if self.len()? < len => self.0.set_len(len),
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
            result => Ok(result?),
        }
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_lock_on_the_same_directory_would_block() {
        let temp = tempfile::tempdir().unwrap();
        let dir = Dir::open(temp.path()).unwrap();
        let held = dir.lock().unwrap();
        assert_eq!(dir.lock().err().unwrap().kind(), io::ErrorKind::WouldBlock);
        drop(held);
        dir.lock().unwrap();
    }

    #[test]
    fn allocated_space_reads_as_zeros_and_keeps_what_was_written() {
        let temp = tempfile::tempdir().unwrap();
        let file = Dir::open(temp.path()).unwrap().create("a").unwrap();
        file.write_at(b"abc", 0).unwrap();
        file.allocate(100).unwrap();
        let mut read = [1; 5];
        file.read_at(&mut read, 0).unwrap();
        assert_eq!((&read, file.len().unwrap()), (b"abc\0\0", 100));
        assert_eq!(file.read_at(&mut read, 98).err().unwrap().kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn what_was_written_lies_within_the_written_length() {
        let temp = tempfile::tempdir().unwrap();
        let file = Dir::open(temp.path()).unwrap().create("a").unwrap();
        file.allocate(8 << 20).unwrap();
        for at in [0, 5 << 20, 1 << 20] {
            file.write_at(b"abc", at).unwrap();
            assert!(file.written_len().unwrap() >= at + 3);
            file.sync().unwrap();
            assert!(file.written_len().unwrap() >= at + 3);
        }
    }
}
