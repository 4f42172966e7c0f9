//! Where the survivors of dropped segments lie: in memory, since memory may grow with live keys, and read at first use.

use std::io;
use std::sync::OnceLock;

use super::disk::DiskFile;
use super::record::{FIRST_RECORD, Record};
use super::scan::Scanner;
use crate::cursor::Position;

/// Offsets of events by position.
#[derive(Debug, Default)]
pub struct SparseIndex {
    events: OnceLock<Vec<(Position, u32)>>,
}

impl SparseIndex {
    /// The index of a file whose events are known.
    pub fn of(events: Vec<(Position, u32)>) -> Self {
        Self { events: events.into() }
    }

    /// Where the entry of an event begins, if the file holds it.
    pub fn offset<F: DiskFile>(
        &self,
        file: &F,
        seed: u32,
        position: Position,
    ) -> io::Result<Option<u32>> {
        let events = self.events(file, seed)?;
        let found = events.binary_search_by_key(&position, |(position, _)| *position);
        Ok(found.ok().and_then(|at| events.get(at)).map(|(_, offset)| *offset))
    }

    /// All events, by position.
    pub fn events<F: DiskFile>(&self, file: &F, seed: u32) -> io::Result<&[(Position, u32)]> {
        if self.events.get().is_none() {
            let events = scan(file, seed)?;
            let _ = self.events.set(events);
        }
        Ok(self.events.get().map(Vec::as_slice).unwrap_or_default())
    }
}

fn scan<F: DiskFile>(file: &F, seed: u32) -> io::Result<Vec<(Position, u32)>> {
    let mut scanner = Scanner::new(file, seed, FIRST_RECORD)?;
    let mut events = Vec::new();
    loop {
        match scanner.advance()? {
            Some((at, Record::Batch(batch))) => {
                let place = |(within, entry): (usize, super::record::Entry<'_>)| {
                    (entry.position, (at + within as u64) as u32)
                };
                events.extend(batch.entries().map(place));
            }
            Some((_, Record::Seal(_))) => return Ok(events),
            None => return Err(io::ErrorKind::InvalidData.into()),
        }
    }
}
