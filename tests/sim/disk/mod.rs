//! A directory on a simulated machine, whose power can go at any call.
//!
//! It keeps to what `disk.rs` says that a disk owes, and to nothing more: what was not synced may be kept, dropped, torn at
//! 512 bytes or reordered by a crash, and a name that was not synced with its directory may be gone although the file
//! was. Until then everybody reads the newest from the cache. A sync of a file that fails leaves what it was to bring to the medium
//! called clean, and lost. All choices come from a seed.

mod file;
mod machine;
mod names;
mod node;
mod tear;
#[cfg(test)]
mod tests;
mod trace;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use fastrand::Rng;
use hintwire::backlog::log::dir::LOCK;
use hintwire::backlog::log::disk::Disk;
use hintwire::event::Micros;
use parking_lot::Mutex;

use file::SimFile;
use machine::{Effect, Machine};
pub use trace::Call;
use trace::{Line, Trace};

/// How bad the disk is.
#[derive(Debug, Clone, Copy, Default)]
pub struct DiskFaults {
    /// Of a million calls so many fail.
    pub eio: u32,
    /// Of a million calls that take space so many are told that there is none.
    pub enospc: u32,
    /// Longest time of a call, in microseconds.
    pub latency: u64,
}

/// What is run in the middle of a call.
type Interrupt = Box<dyn FnOnce() + Send>;

/// A directory on a simulated machine.
#[derive(Clone)]
pub struct SimDisk(Arc<Inner>);

struct Inner {
    machine: Mutex<Machine>,
    /// What is run before the call of a kind that comes after so many others of that kind.
    interrupt: Mutex<Option<(Call, u64, Interrupt)>>,
}

impl SimDisk {
    /// An empty directory on a machine whose clock stands at the time.
    pub fn new(seed: u64, faults: DiskFaults, now: Micros) -> Self {
        Self::of(Machine {
            off: false,
            names: Default::default(),
            nodes: Vec::new(),
            labels: Vec::new(),
            faults,
            calls: 0,
            failed: 0,
            stop_at: None,
            fail_at: None,
            capacity: u64::MAX / 2,
            clock: Arc::new(AtomicU64::new(now.0)),
            rng: Rng::with_seed(seed),
            locked: false,
            trace: None,
        })
    }

    fn of(machine: Machine) -> Self {
        Self(Arc::new(Inner { machine: Mutex::new(machine), interrupt: Mutex::default() }))
    }

    /// What the machine finds after its power went and came back. Handles of before fail from now on.
    pub fn crash(&self) -> Self {
        Self::of(self.0.machine.lock().lose_power())
    }

    /// What another process finds after this one was killed: all that it wrote. Handles of before fail from now on.
    pub fn kill(&self) -> Self {
        let mut machine = self.0.machine.lock();
        machine.off = true;
        let mut next =
            Machine { off: false, locked: false, calls: 0, failed: 0, ..machine.clone() };
        (next.stop_at, next.fail_at) = (None, None);
        next.note(|| "killed".to_owned());
        Self::of(next)
    }

    /// A copy with a clock of its own and choices from another seed, which knows of no trace.
    pub fn fork(&self, seed: u64) -> Self {
        let machine = self.0.machine.lock().clone();
        let clock = Arc::new(AtomicU64::new(machine.clock.load(Ordering::SeqCst)));
        Self::of(Machine { clock, rng: Rng::with_seed(seed), trace: None, ..machine })
    }

    /// Writes down all that happens from now on.
    pub fn record(&self) {
        self.0.machine.lock().trace = Some(Trace::default());
    }

    /// All that happened since it is recorded.
    pub fn trace(&self) -> String {
        self.0.machine.lock().trace.as_ref().map(Trace::text).unwrap_or_default()
    }

    /// A line in the trace.
    pub fn note(&self, note: impl FnOnce() -> String) {
        self.0.machine.lock().note(note);
    }

    /// Calls since the machine was started.
    pub fn calls(&self) -> u64 {
        self.0.machine.lock().calls
    }

    /// Calls that failed since then, otherwise than for want of space.
    pub fn failed(&self) -> u64 {
        self.0.machine.lock().failed
    }

    /// The power goes at this call, counted from 1 since the start.
    pub fn crash_at_call(&self, number: u64) {
        self.0.machine.lock().stop_at = Some(number);
    }

    /// This call fails, counted from 1 since the start.
    pub fn fail_call(&self, number: u64, kind: io::ErrorKind) {
        self.0.machine.lock().fail_at = Some((number, kind));
    }

    /// Runs something in the middle of the call of a kind that comes after `skip` others of that kind.
    pub fn interrupt(&self, call: Call, skip: u64, with: impl FnOnce() + Send + 'static) {
        *self.0.interrupt.lock() = Some((call, skip, Box::new(with)));
    }

    /// Interrupts no more.
    pub fn clear_interrupt(&self) {
        *self.0.interrupt.lock() = None;
    }

    /// From now on the disk is this bad.
    pub fn set_faults(&self, faults: DiskFaults) {
        self.0.machine.lock().faults = faults;
    }

    /// So much space is left, until files take or give back some.
    pub fn set_free_space(&self, bytes: u64) {
        let mut machine = self.0.machine.lock();
        let taken = machine.capacity - machine.free();
        machine.capacity = taken + bytes;
    }

    /// Whether the power went.
    pub fn is_off(&self) -> bool {
        self.0.machine.lock().off
    }

    /// Moves the machine's clock, be it back.
    pub fn set_time(&self, now: Micros) {
        self.0.machine.lock().clock.store(now.0, Ordering::SeqCst);
    }

    /// Spoils one byte of what was written to the files whose names end so; says which.
    pub fn spoil(&self, ending: &str, rng: &mut Rng) -> Option<String> {
        let mut machine = self.0.machine.lock();
        let files = machine.names.all().filter(|(name, _)| name.ends_with(ending));
        let written = files.map(|(name, n)| (name.to_owned(), n, machine.nodes[n].written()));
        let written: Vec<_> = written.filter(|(_, _, written)| *written > 0).collect();
        let (name, number, len) = rng.choice(&written)?;
        let at = rng.u64(..len);
        machine.nodes[*number].spoil(at, rng.u8(1..));
        Some(format!("byte {at} of {name}"))
    }

    /// Lets time pass.
    pub fn pass(&self, time: Duration) {
        self.0.machine.lock().clock.fetch_add(time.as_micros() as u64, Ordering::SeqCst);
    }

    /// The machine's clock.
    pub fn clock(&self) -> Arc<dyn Fn() -> Micros + Send + Sync> {
        let clock = Arc::clone(&self.0.machine.lock().clock);
        Arc::new(move || Micros(clock.load(Ordering::SeqCst)))
    }

    /// Each file as everybody reads it, power or not.
    pub fn each_file(&self, mut look: impl FnMut(&str, &[u8])) {
        let machine = self.0.machine.lock();
        machine.names.all().for_each(|(name, number)| look(name, machine.nodes[number].bytes()));
    }

    fn call<T>(
        &self,
        line: Line,
        work: impl FnOnce(&mut Machine, Effect) -> io::Result<T>,
    ) -> io::Result<T> {
        if let Some(interrupt) = self.due(line.call) {
            interrupt();
        }
        self.0.machine.lock().call(line, work)
    }

    fn due(&self, call: Call) -> Option<Interrupt> {
        let mut interrupt = self.0.interrupt.lock();
        let due = interrupt.take_if(|(on, skip, _)| {
            let due = *on == call && *skip == 0;
            *skip -= u64::from(*on == call && !due);
            due
        });
        due.map(|(_, _, run)| run)
    }

    /// A call that names a file.
    fn named<T>(
        &self,
        call: Call,
        name: &str,
        work: impl FnOnce(&mut Machine, Effect) -> io::Result<T>,
    ) -> io::Result<T> {
        self.call(Line::of(call, &name.into()), work)
    }
}

impl fmt::Debug for SimDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SimDisk")
    }
}

impl Disk for SimDisk {
    type File = SimFile;

    fn list(&self) -> io::Result<Vec<String>> {
        let names = |m: &mut Machine, _| Ok(m.names.all().map(|(name, _)| name.into()).collect());
        self.named(Call::List, "", names)
    }

    fn create(&self, name: &str) -> io::Result<SimFile> {
        let number =
            self.named(Call::Create, name, |machine, effect| match machine.names.get(name) {
                Some(_) => Err(io::ErrorKind::AlreadyExists.into()),
                None if effect == Effect::Some && machine.rng.bool() => Ok(0),
                None => Ok(machine.add(name)),
            })?;
        Ok(SimFile::new(self, name, number))
    }

    fn open(&self, name: &str) -> io::Result<SimFile> {
        let number = self.named(Call::Open, name, |machine, _| {
            machine.names.get(name).ok_or_else(|| io::ErrorKind::NotFound.into())
        })?;
        Ok(SimFile::new(self, name, number))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.named(Call::Rename, &format!("{from} to {to}"), |machine, effect| {
            let number = machine.names.get(from).ok_or(io::ErrorKind::NotFound)?;
            if effect != Effect::Some || machine.rng.bool() {
                machine.names.rename(from, to, number);
            }
            Ok(())
        })
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.named(Call::Remove, name, |machine, effect| {
            machine.names.get(name).ok_or(io::ErrorKind::NotFound)?;
            if effect != Effect::Some || machine.rng.bool() {
                machine.names.remove(name);
            }
            Ok(())
        })
    }

    fn sync_dir(&self) -> io::Result<()> {
        self.named(Call::SyncDir, "", |machine, effect| {
            match effect {
                Effect::Whole => machine.names.sync(),
                Effect::Some => {
                    let said = machine.names.keep_some(&mut machine.rng);
                    machine.note(|| format!("  names {said}"));
                }
                Effect::PowerLost => {}
            }
            Ok(())
        })
    }

    fn lock(&self) -> io::Result<Box<dyn Send + Sync>> {
        self.named(Call::Lock, LOCK, |machine, effect| {
            if machine.names.get(LOCK).is_none() {
                machine.add(LOCK);
            }
            if machine.locked {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            machine.locked = effect == Effect::Whole;
            Ok(())
        })?;
        Ok(Box::new(Held(self.clone())))
    }

    fn free_space(&self) -> io::Result<u64> {
        self.named(Call::FreeSpace, "", |machine, _| Ok(machine.free()))
    }
}

/// The directory is taken while this lives.
struct Held(SimDisk);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.0.machine.lock().locked = false;
    }
}
