//! Writing records.

use super::entry::entry_crc;
use super::fields::put;
use super::{ALIGN, BATCH_KIND, ENTRY_HEADER, RECORD_HEADER, SEAL_KIND, Seal};
use crate::cursor::Position;
use crate::event::{EncodedEvent, Micros};

/// Puts one batch behind what `out` holds.
#[derive(Debug)]
pub struct BatchEncoder<'o> {
    out: &'o mut Vec<u8>,
    seed: u32,
    start: usize,
    first: Position,
    synced: Position,
    count: u16,
}

impl<'o> BatchEncoder<'o> {
    /// Begins a batch whose first event gets the position `first`.
    pub fn begin(out: &'o mut Vec<u8>, seed: u32, first: Position, synced: Position) -> Self {
        let start = out.len();
        out.resize(start + RECORD_HEADER, 0);
        Self { out, seed, start, first, synced, count: 0 }
    }

    /// Adds an event; returns where in `out` its entry begins.
    pub fn put(&mut self, time: Micros, wire: &[u8], data_at: usize) -> usize {
        let place = self.out.len();
        let position = Position(self.first.0 + u64::from(self.count));
        let mut header = [0; ENTRY_HEADER];
        put(&mut header, 4, &(wire.len() as u32).to_le_bytes());
        put(&mut header, 8, &(data_at as u32).to_le_bytes());
        put(&mut header, 16, &time.0.to_le_bytes());
        let crc = entry_crc(header.split_at(4).1, self.seed, position);
        put(&mut header, 0, &crc32c::crc32c_append(crc, wire).to_le_bytes());
        self.out.extend_from_slice(&header);
        self.out.extend_from_slice(wire);
        self.count += 1;
        place
    }

    /// Adds an event as it came in.
    pub fn put_event(&mut self, time: Micros, event: &EncodedEvent) -> usize {
        self.put(time, &event.wire, event.data_at)
    }

    /// Completes the batch.
    pub fn finish(self) {
        let Self { out, seed, start, first, synced, count } = self;
        finish(out, start, seed, BATCH_KIND, count, first, synced);
    }
}

impl Seal {
    /// Puts a seal behind what `out` holds.
    pub fn encode(&self, out: &mut Vec<u8>, seed: u32) {
        let start = out.len();
        out.resize(start + RECORD_HEADER, 0);
        for field in [self.next.0, self.len, self.time.0] {
            out.extend_from_slice(&field.to_le_bytes());
        }
        finish(out, start, seed, SEAL_KIND, 0, self.last, self.last);
    }
}

fn finish(
    out: &mut Vec<u8>,
    start: usize,
    seed: u32,
    kind: u8,
    count: u16,
    first: Position,
    synced: Position,
) {
    let record = out.split_at_mut(start).1;
    let len = record.len() as u32;
    put(record, 4, &len.to_le_bytes());
    put(record, 8, &[kind, 0]);
    put(record, 10, &count.to_le_bytes());
    put(record, 16, &first.0.to_le_bytes());
    put(record, 24, &synced.0.to_le_bytes());
    let crc = crc32c::crc32c_append(seed, record.split_at(4).1);
    put(record, 0, &crc.to_le_bytes());
    out.resize(out.len().next_multiple_of(ALIGN), 0);
}
