//! The ends of a log's lives, and what the next start must find.

use hintwire::backlog::log::record::{self, FIRST_RECORD, Record};
use hintwire::backlog::log::segment::number_of;
use hintwire::backlog::log::{Log, OpenError};
use hintwire::event::StoredEvent;

use super::look;
use super::world::{End, World, open};
use crate::disk::{DiskFaults, SimDisk};

/// What a start finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub earliest: u64,
    pub events: Vec<StoredEvent>,
    pub snapshot: Vec<StoredEvent>,
}

impl World {
    /// Starts the log again after it ended in the middle of something.
    pub fn restart(&mut self) -> Result<(), String> {
        *self.log.lock() = None;
        self.disk.clear_interrupt();
        self.scribe.crashed();
        self.disk = match self.ending.take() {
            Some(End::Killed) => {
                self.counts.kills += 1;
                self.disk.kill()
            }
            _ => {
                self.counts.power_losses += 1;
                self.disk.crash()
            }
        };
        if let Some(depth) = self.last.take() {
            self.explore(depth)?;
        }
        self.shift_clock();
        self.start()
    }

    /// Clocks go back, too.
    fn shift_clock(&mut self) {
        let now = (self.disk.clock())().0;
        let by = self.r#gen.rng.u64(..1_200_000_000);
        match self.r#gen.rng.u8(..6) {
            0 => self.disk.set_time(hintwire::event::Micros(now - by)),
            1 => self.disk.set_time(hintwire::event::Micros(now + by)),
            _ => {}
        }
    }

    /// Opens the log, however often that is interrupted, and holds what it finds against the model.
    pub fn start(&mut self) -> Result<(), String> {
        let mut tries = 0;
        let log = loop {
            tries += 1;
            let there = self.positions();
            if tries > 3 {
                self.disk.set_faults(DiskFaults { eio: 0, enospc: 0, ..self.faults });
                self.disk.set_free_space(1 << 40);
            } else if self.r#gen.one_in(3) {
                self.disk.crash_at_call(1 + self.r#gen.rng.u64(..70));
            }
            match open(&self.disk, &self.settings) {
                Ok(log) => {
                    self.model.ceiling = self.model.ceiling.max(there);
                    break log;
                }
                Err(error) if tries > 3 => {
                    return Err(format!("the log cannot be opened: {error}"));
                }
                Err(error) => self.failed_start(error)?,
            }
        };
        self.counts.starts += 1;
        self.counts.torn_ends_cut += u64::from(log.shared.last_cut.is_some());
        self.disk.set_faults(self.faults);
        self.disk.crash_at_call(0);
        self.squeezed = false;
        self.disk.set_free_space(1 << 40);
        let found = self.found(&log)?;
        let extent = log.shared.extent();
        *self.log.lock() = Some(log);
        self.scribe.started(extent.earliest, extent.head);
        look::all_found(&self.scribe, extent, &found.events);
        self.model.latest = self.model.latest.max((self.disk.clock())());
        // Retention may have ended just after it was written down.
        let head = extent.head.0.max(self.model.head);
        self.see(extent.earliest.0, head)?;
        if extent.head.0 < head {
            return Err(format!("the head is {}, and was {head}", extent.head));
        }
        self.counts.doubtful_survived += self.model.settle(&found.events)? as u64;
        if extent.head.0 < self.model.head {
            return Err(format!("the head is {}, before event {}", extent.head, self.model.head));
        }
        look::snapshot(&self.model, &found.snapshot)
    }

    /// A start that did not succeed: the power went, or a call failed.
    fn failed_start(&mut self, error: OpenError) -> Result<(), String> {
        let off = self.disk.is_off();
        let faulty = self.disk.failed() > 0 || self.faults.enospc > 0 || self.squeezed;
        if matches!(error, OpenError::Damaged(_)) || !(off || faulty) {
            return Err(format!("the log cannot be opened: {error}"));
        }
        self.counts.crashes_in_recovery += u64::from(off);
        let power = off && !self.r#gen.one_in(4);
        self.disk = if power { self.disk.crash() } else { self.disk.kill() };
        Ok(())
    }

    /// All that can be found in the log.
    fn found(&self, log: &Log<SimDisk>) -> Result<Found, String> {
        self.disk.set_faults(DiskFaults::default());
        let found = found(log);
        self.disk.set_faults(self.faults);
        found
    }

    /// The last position that a record in a segment has: once a start has seen it, no later event may take it.
    pub(super) fn positions(&self) -> u64 {
        let mut last = 0;
        self.disk.each_file(|name, bytes| {
            if let Some(number) = number_of(name) {
                last = last.max(last_position(bytes, record::seed(9, number)));
            }
        });
        last
    }
}

/// All that can be found in a log.
pub(super) fn found(log: &Log<SimDisk>) -> Result<Found, String> {
    let events = look::all_events(log)?;
    let snapshot = look::all_keys(log)?;
    Ok(Found { earliest: log.shared.extent().earliest.0, events, snapshot })
}

/// The last position of any record in a segment, however much that is none lies before it.
fn last_position(bytes: &[u8], seed: u32) -> u64 {
    let (mut last, mut at) = (0, FIRST_RECORD as usize);
    while let Some(rest) = bytes.get(at..).filter(|rest| rest.len() > 8) {
        // No record begins without a kind.
        let record = if rest[8] == 0 { None } else { record::decode(rest, seed) };
        at += match record {
            Some(Record::Batch(batch)) => {
                last = last.max(batch.last().0);
                batch.header.padded()
            }
            Some(Record::Seal(_)) | None => 8,
        };
    }
    last
}
