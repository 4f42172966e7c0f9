//! A disk on which one call fails, or everything from one call on.

use std::fmt::{self, Debug, Formatter};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use crate::backlog::log::dir::{Dir, DirFile};
use crate::backlog::log::disk::{Disk, DiskFile};

/// A call that may fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    Write,
    Sync,
    Truncate,
    Allocate,
    Name,
    /// It changes nothing, and is not counted.
    Read,
}

#[derive(Debug)]
struct Plan {
    /// Changing calls that still go through before everything fails.
    left: AtomicU64,
    /// The next call of this kind fails so.
    fail: Mutex<Option<(Call, io::ErrorKind)>>,
    /// Calls that take space and still get it.
    space: AtomicU64,
    free: AtomicU64,
    meanwhile: Meanwhile,
    opening: Meanwhile,
}

/// What others do before a call.
#[derive(Default)]
struct Meanwhile(Mutex<Option<Box<dyn FnMut() + Send>>>);

impl Debug for Meanwhile {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("Meanwhile")
    }
}

impl Meanwhile {
    fn act(&self) {
        // Taken out: what it does itself calls it no more.
        let act = self.0.lock().take();
        if let Some(mut act) = act {
            act();
            *self.0.lock() = Some(act);
        }
    }
}

impl Plan {
    fn check(&self, call: Call) -> io::Result<()> {
        if call == Call::Write {
            self.meanwhile.act();
        }
        self.planned(call)?;
        if matches!(call, Call::Write | Call::Allocate) && !one_less(&self.space) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        if one_less(&self.left) { Ok(()) } else { Err(io::Error::other("crashed")) }
    }

    fn planned(&self, call: Call) -> io::Result<()> {
        let failing = self.fail.lock().take_if(|(planned, _)| *planned == call);
        failing.map_or(Ok(()), |(_, kind)| Err(kind.into()))
    }
}

/// Counts one down; whether there was one.
fn one_less(count: &AtomicU64) -> bool {
    let less = |left: u64| left.checked_sub(1);
    count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok()
}

/// A directory with a plan.
#[derive(Debug, Clone)]
pub struct Faulty {
    dir: Dir,
    plan: Arc<Plan>,
}

impl Faulty {
    pub fn new(dir: Dir) -> Self {
        let plan = Plan {
            left: AtomicU64::new(u64::MAX),
            fail: Mutex::new(None),
            space: AtomicU64::new(u64::MAX),
            free: AtomicU64::new(u64::MAX),
            meanwhile: Meanwhile::default(),
            opening: Meanwhile::default(),
        };
        Self { dir, plan: Arc::new(plan) }
    }

    /// Lets so many changing calls through, and none after.
    pub fn crash_after(self, calls: u64) -> Self {
        self.plan.left.store(calls, Ordering::SeqCst);
        self
    }

    /// There is space for so many calls more.
    pub fn run_out_of_space_after(&self, calls: u64) {
        self.plan.space.store(calls, Ordering::SeqCst);
    }

    /// The next call of this kind fails.
    pub fn fail(&self, call: Call, kind: io::ErrorKind) {
        *self.plan.fail.lock() = Some((call, kind));
    }

    /// Has this done before each write.
    pub fn meanwhile(&self, act: impl FnMut() + Send + 'static) {
        *self.plan.meanwhile.0.lock() = Some(Box::new(act));
    }

    /// Has this done before each file is opened.
    pub fn opening(&self, act: impl FnMut() + Send + 'static) {
        *self.plan.opening.0.lock() = Some(Box::new(act));
    }

    /// What the disk says is free.
    pub fn set_free(&self, bytes: u64) {
        self.plan.free.store(bytes, Ordering::SeqCst);
    }
}

/// A file of it.
#[derive(Debug)]
pub struct FaultyFile {
    file: DirFile,
    plan: Arc<Plan>,
}

impl Disk for Faulty {
    type File = FaultyFile;

    fn list(&self) -> io::Result<Vec<String>> {
        self.dir.list()
    }

    fn create(&self, name: &str) -> io::Result<FaultyFile> {
        self.plan.check(Call::Name)?;
        Ok(FaultyFile { file: self.dir.create(name)?, plan: Arc::clone(&self.plan) })
    }

    fn open(&self, name: &str) -> io::Result<FaultyFile> {
        self.plan.opening.act();
        Ok(FaultyFile { file: self.dir.open(name)?, plan: Arc::clone(&self.plan) })
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.plan.check(Call::Name)?;
        self.dir.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.plan.check(Call::Name)?;
        self.dir.remove(name)
    }

    fn sync_dir(&self) -> io::Result<()> {
        self.plan.check(Call::Sync)?;
        self.dir.sync_dir()
    }

    fn lock(&self) -> io::Result<Box<dyn Send + Sync>> {
        self.dir.lock()
    }

    fn free_space(&self) -> io::Result<u64> {
        Ok(self.plan.free.load(Ordering::SeqCst))
    }
}

impl DiskFile for FaultyFile {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        if let Err(error) = self.plan.check(Call::Write) {
            // As a real one: a part of it is written.
            self.file.write_at(bytes.split_at(bytes.len() / 2).0, offset)?;
            return Err(error);
        }
        self.file.write_at(bytes, offset)
    }

    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<()> {
        self.plan.planned(Call::Read)?;
        self.file.read_at(into, offset)
    }

    fn written_len(&self) -> io::Result<u64> {
        self.file.written_len()
    }

    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn allocate(&self, len: u64) -> io::Result<()> {
        self.plan.check(Call::Allocate)?;
        self.file.allocate(len)
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        self.plan.check(Call::Truncate)?;
        self.file.truncate(len)
    }

    fn sync(&self) -> io::Result<()> {
        self.plan.check(Call::Sync)?;
        self.file.sync()
    }
}
