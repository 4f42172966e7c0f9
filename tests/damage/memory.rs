//! A directory in memory: copied in no time, and spoiled at will.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use hintwire::backlog::log::disk::{Disk, DiskFile};
use parking_lot::Mutex;

/// The files of a directory, as left.
pub type Image = BTreeMap<String, Arc<Vec<u8>>>;

/// A directory.
#[derive(Debug, Clone, Default)]
pub struct Memory(Arc<Mutex<BTreeMap<String, Arc<Content>>>>);

/// What a name stands for; an open file keeps it when the name goes.
#[derive(Debug, Default)]
struct Content(Mutex<Written>);

#[derive(Debug, Clone, Default)]
struct Written {
    bytes: Arc<Vec<u8>>,
    /// Behind it are zeros that were allocated and never written.
    end: usize,
}

/// An open file.
#[derive(Debug)]
pub struct MemoryFile(Arc<Content>);

impl Memory {
    /// A directory with these files; they are copied when they are written to.
    pub fn of(image: &Image) -> Self {
        let content = |bytes: &Arc<Vec<u8>>| {
            let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            Arc::new(Content(Mutex::new(Written { bytes: Arc::clone(bytes), end })))
        };
        let files = image.iter().map(|(name, bytes)| (name.clone(), content(bytes)));
        Self(Arc::new(Mutex::new(files.collect())))
    }

    /// What is in it now.
    pub fn image(&self) -> Image {
        let bytes = |content: &Content| Arc::clone(&content.0.lock().bytes);
        self.0.lock().iter().map(|(name, content)| (name.clone(), bytes(content))).collect()
    }
}

fn not_found() -> io::Error {
    io::ErrorKind::NotFound.into()
}

impl Disk for Memory {
    type File = MemoryFile;

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.0.lock().keys().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<MemoryFile> {
        let mut files = self.0.lock();
        if files.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let content = Arc::<Content>::default();
        files.insert(name.to_owned(), Arc::clone(&content));
        Ok(MemoryFile(content))
    }

    fn open(&self, name: &str) -> io::Result<MemoryFile> {
        self.0.lock().get(name).cloned().map(MemoryFile).ok_or_else(not_found)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut files = self.0.lock();
        let content = files.remove(from).ok_or_else(not_found)?;
        files.insert(to.to_owned(), content);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.0.lock().remove(name).map(drop).ok_or_else(not_found)
    }

    fn sync_dir(&self) -> io::Result<()> {
        Ok(())
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
        let mut written = self.0.0.lock();
        let (from, to) = (offset as usize, offset as usize + bytes.len());
        let all = Arc::make_mut(&mut written.bytes);
        if all.len() < to {
            all.resize(to, 0);
        }
        all[from..to].copy_from_slice(bytes);
        written.end = written.end.max(to);
        Ok(())
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
        let mut written = self.0.0.lock();
        if written.bytes.len() < len as usize {
            Arc::make_mut(&mut written.bytes).resize(len as usize, 0);
        }
        Ok(())
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        let mut written = self.0.0.lock();
        Arc::make_mut(&mut written.bytes).resize(len as usize, 0);
        written.end = written.end.min(len as usize);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}
