//! The machine around a simulated disk: power, faults, space, time.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fastrand::Rng;

use super::DiskFaults;
use super::names::{Names, Number};
use super::node::Node;
use super::trace::{Call, Ended, Line, Trace};

/// What a call does, apart from what it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// What it says.
    Whole,
    /// Some of it, or nothing: it fails.
    Some,
    /// The power goes meanwhile: what it changes is not synced, and what it was to sync is not.
    PowerLost,
}

/// Everything that one machine knows until its power goes.
#[derive(Debug, Clone)]
pub struct Machine {
    pub off: bool,
    pub names: Names,
    pub nodes: Vec<Node>,
    /// What each node was called first.
    pub labels: Vec<Arc<str>>,
    pub faults: DiskFaults,
    pub calls: u64,
    /// Calls that failed otherwise than for want of space.
    pub failed: u64,
    pub stop_at: Option<u64>,
    pub fail_at: Option<(u64, io::ErrorKind)>,
    /// Bytes that all files together may take.
    pub capacity: u64,
    pub clock: Arc<AtomicU64>,
    pub rng: Rng,
    pub locked: bool,
    pub trace: Option<Trace>,
}

impl Machine {
    /// Does a call, unless a fault or the end of the power comes between.
    pub fn call<T>(
        &mut self,
        line: Line,
        work: impl FnOnce(&mut Self, Effect) -> io::Result<T>,
    ) -> io::Result<T> {
        if self.off {
            return Err(powered_off());
        }
        self.calls += 1;
        let (number, time) = (self.calls, self.pass_time());
        let (result, ended) = match self.fault(line.call) {
            _ if self.stop_at == Some(number) => {
                let _ = work(self, Effect::PowerLost);
                self.off = true;
                (Err(powered_off()), Ended::PoweredOff)
            }
            Some(kind) => {
                self.failed += u64::from(kind != io::ErrorKind::StorageFull);
                let _ = work(self, Effect::Some);
                (Err(kind.into()), Ended::Error(kind))
            }
            None => {
                let result = work(self, Effect::Whole);
                let kind = result.as_ref().err().map(io::Error::kind);
                (result, kind.map_or(Ended::Ok, Ended::Error))
            }
        };
        if let Some(trace) = &mut self.trace {
            trace.call(number, time, line, ended);
        }
        result
    }

    fn pass_time(&mut self) -> u64 {
        let latency = self.rng.u64(..=self.faults.latency);
        self.clock.fetch_add(latency, Ordering::SeqCst) + latency
    }

    fn fault(&mut self, call: Call) -> Option<io::ErrorKind> {
        if let Some((number, kind)) = self.fail_at
            && number == self.calls
        {
            return Some(kind);
        }
        let DiskFaults { eio, enospc, .. } = self.faults;
        if eio > 0 && self.rng.u32(..1_000_000) < eio {
            return Some(io::ErrorKind::Other);
        }
        let full = call.takes_space() && enospc > 0 && self.rng.u32(..1_000_000) < enospc;
        full.then_some(io::ErrorKind::StorageFull)
    }

    /// Bytes that are not taken.
    pub fn free(&self) -> u64 {
        let taken: u64 = self.names.all().map(|(_, number)| self.nodes[number].len()).sum();
        self.capacity.saturating_sub(taken)
    }

    pub fn add(&mut self, name: &str) -> Number {
        self.nodes.push(Node::default());
        self.labels.push(name.into());
        self.names.create(name, self.nodes.len() - 1);
        self.nodes.len() - 1
    }

    pub fn note(&mut self, note: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.note(note());
        }
    }

    /// The machine as it starts again after its power went.
    pub fn lose_power(&mut self) -> Self {
        self.off = true;
        let mut next = Self { off: false, locked: false, calls: 0, failed: 0, ..self.clone() };
        (next.stop_at, next.fail_at) = (None, None);
        let (names, said) = std::mem::take(&mut next.names).lose_power(&mut next.rng);
        next.names = names;
        next.note(|| format!("power lost; names {said}"));
        for number in 0..next.nodes.len() {
            let (node, tear) = std::mem::take(&mut next.nodes[number]).lose_power(&mut next.rng);
            next.nodes[number] = node;
            let label = Arc::clone(&next.labels[number]);
            if tear.chose() {
                next.note(|| format!("  {label} (file {number}): {tear}"));
            }
        }
        next
    }
}

pub fn powered_off() -> io::Error {
    io::Error::other("the power is off")
}
