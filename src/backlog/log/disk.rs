//! The only way to the file system, so that power loss can be simulated behind it.
//!
//! What a disk owes, and no more: bytes appended to a file are durable after [`DiskFile::sync`]; a name created, renamed
//! or removed is durable after [`Disk::sync_dir`]. Until then a crash may keep, drop, reorder or tear them.

use std::fmt::Debug;
use std::io;

/// One directory of files, without sub-directories. Names are plain file names.
pub trait Disk: Clone + Debug + Send + Sync + 'static {
    /// An open file.
    type File: DiskFile;

    /// All names, sorted.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Creates an empty file for appending and reading; an error if the name exists.
    fn create(&self, name: &str) -> io::Result<Self::File>;

    /// Opens a file for appending (after its present end) and reading.
    fn open(&self, name: &str) -> io::Result<Self::File>;

    /// Renames a file, over another if that exists.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes names durable.
    fn sync_dir(&self) -> io::Result<()>;

    /// Takes the directory for this process alone until the returned lock is dropped;
    /// [`io::ErrorKind::WouldBlock`] if another process has it.
    fn lock(&self) -> io::Result<Box<dyn Send + Sync>>;

    /// Bytes that new files could take.
    fn free_space(&self) -> io::Result<u64>;
}

/// An open file. Shared by one writer and many readers.
#[allow(clippy::len_without_is_empty)] // Nobody asks.
pub trait DiskFile: Debug + Send + Sync + 'static {
    /// Writes at a place at or before the end of what was written, whole or with an error.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Reads exactly; [`io::ErrorKind::UnexpectedEof`] past the end.
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<()>;

    /// A length beyond which there is nothing but zeros that were never written: what need not be read to know it.
    fn written_len(&self) -> io::Result<u64>;

    /// Length in bytes, allocated zeros included.
    fn len(&self) -> io::Result<u64>;

    /// Takes space up to a length, as zeros, so that a write within it cannot run out of space where the file system
    /// can promise that.
    fn allocate(&self, len: u64) -> io::Result<()>;

    /// Cuts the file, or makes it longer with zeros that take no space.
    fn truncate(&self, len: u64) -> io::Result<()>;

    /// Makes content and length durable.
    fn sync(&self) -> io::Result<()>;
}
