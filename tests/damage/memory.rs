//! A directory in memory: copied in no time, spoiled at will, and one call of it fails if that is wanted.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use hintwire::backlog::log::disk::{Disk, DiskFile};
use parking_lot::Mutex;

use crate::calls::{Calls, Fault};

/// The files of a directory, as left.
pub type Image = BTreeMap<String, Arc<Vec<u8>>>;

/// A directory.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    files: Arc<Mutex<BTreeMap<String, Arc<Content>>>>,
    calls: Arc<Calls>,
}

/// What a name stands for; an open file keeps it when the name goes.
#[derive(Debug, Default)]
struct Content(Mutex<Written>);

#[derive(Debug, Clone, Default)]
struct Written {
    bytes: Arc<Vec<u8>>,
    /// Behind it are zeros that were allocated and never written.
    end: usize,
    /// As synced last.
    synced: Arc<Vec<u8>>,
}

/// An open file.
#[derive(Debug)]
pub struct MemoryFile(Arc<Content>, Arc<Calls>);

impl Memory {
    /// A directory with these files; they are copied when they are written to.
    pub fn of(image: &Image) -> Self {
        let content = |bytes: &Arc<Vec<u8>>| {
            let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            let (bytes, synced) = (Arc::clone(bytes), Arc::clone(bytes));
            Arc::new(Content(Mutex::new(Written { bytes, end, synced })))
        };
        let files = image.iter().map(|(name, bytes)| (name.clone(), content(bytes)));
        Self { files: Arc::new(Mutex::new(files.collect())), calls: Arc::default() }
    }

    /// An empty directory of which one changing call fails.
    pub fn failing(fault: Fault) -> Self {
        Self { files: Arc::default(), calls: Arc::new(Calls::failing(fault)) }
    }

    /// What was called.
    pub fn calls(&self) -> &Calls {
        &self.calls
    }

    /// What is in it now.
    pub fn image(&self) -> Image {
        let bytes = |content: &Content| Arc::clone(&content.0.lock().bytes);
        self.files.lock().iter().map(|(name, content)| (name.clone(), bytes(content))).collect()
    }
}

fn not_found() -> io::Error {
    io::ErrorKind::NotFound.into()
}

impl Disk for Memory {
    type File = MemoryFile;

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.files.lock().keys().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<MemoryFile> {
        self.calls.count()?;
        let mut files = self.files.lock();
        if files.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let content = Arc::<Content>::default();
        files.insert(name.to_owned(), Arc::clone(&content));
        Ok(MemoryFile(content, Arc::clone(&self.calls)))
    }

    fn open(&self, name: &str) -> io::Result<MemoryFile> {
        let content = self.files.lock().get(name).cloned().ok_or_else(not_found)?;
        Ok(MemoryFile(content, Arc::clone(&self.calls)))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.calls.count()?;
        let mut files = self.files.lock();
        let content = files.remove(from).ok_or_else(not_found)?;
        files.insert(to.to_owned(), content);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.calls.count()?;
        self.files.lock().remove(name).map(drop).ok_or_else(not_found)
    }

    fn sync_dir(&self) -> io::Result<()> {
        self.calls.count()
    }

    fn lock(&self) -> io::Result<Box<dyn Send + Sync>> {
        Ok(Box::new(()))
    }

    fn free_space(&self) -> io::Result<u64> {
        Ok(u64::MAX)
    }
}

impl DiskFile for MemoryFile {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let counted = self.1.count();
        // As a real one that fails: a part of it is written.
        let bytes = if counted.is_ok() { bytes } else { &bytes[..bytes.len() / 2] };
        let mut written = self.0.0.lock();
        let (from, to) = (offset as usize, offset as usize + bytes.len());
        let all = Arc::make_mut(&mut written.bytes);
        if all.len() < to {
            all.resize(to, 0);
        }
        all[from..to].copy_from_slice(bytes);
        written.end = written.end.max(to);
        counted
    }

    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<()> {
        let written = self.0.0.lock();
        let from = written.bytes.get(offset as usize..).unwrap_or_default();
        let found = from.get(..into.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        into.copy_from_slice(found);
        Ok(())
    }

    fn written_len(&self) -> io::Result<u64> {
        Ok(self.0.0.lock().end as u64)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.0.0.lock().bytes.len() as u64)
    }

    fn allocate(&self, len: u64) -> io::Result<()> {
        self.1.count()?;
        let mut written = self.0.0.lock();
        if written.bytes.len() < len as usize {
            Arc::make_mut(&mut written.bytes).resize(len as usize, 0);
        }
        Ok(())
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        self.1.count()?;
        let mut written = self.0.0.lock();
        Arc::make_mut(&mut written.bytes).resize(len as usize, 0);
        written.end = written.end.min(len as usize);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let counted = self.1.count();
        let mut written = self.0.0.lock();
        match &counted {
            Ok(()) => written.synced = Arc::clone(&written.bytes),
            Err(_) if self.1.forgets() => written.bytes = Arc::clone(&written.synced),
            Err(_) => {}
        }
        counted
    }
}
