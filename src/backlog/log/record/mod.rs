//! The bytes of segments: header, records, and the entries within them. Everything is little-endian.
//!
//! ```text
//! segment = header, padding to 4096, record*             records begin at multiples of 8
//! header  = "hintwlog" version:u32 number:u32 incarnation:u64 base:u64 created:u64 allocated:u64 crc:u32
//! record  = crc:u32 length:u32 kind:u8 flags:u8 count:u16 reserved:u32 first:u64 synced:u64 body
//! batch   = record of kind 1, its body entry*count       position of an entry = first + its rank
//! seal    = record of kind 2, its body next:u64 length:u64 time:u64: ends its segment
//! entry   = crc:u32 length:u32 data_at:u32 reserved:u32 time:u64 event
//! ```
//!
//! A record's crc covers all that follows it up to its length, an entry's its position and all that follows up to its
//! own length. Both are seeded with the backlog's secret salt and the segment's number, so neither an event's data nor
//! bytes of another file can pass for a record.

mod encode;
mod entry;
mod fields;
mod header;
#[cfg(test)]
mod tests;

pub use encode::BatchEncoder;
pub use entry::{Entry, entry_len};
pub(super) use fields::Fields;
pub use header::Header;

use crate::cursor::Position;
use crate::event::Micros;
use crate::planted::Planted;

/// Format that this code reads and writes.
pub const VERSION: u32 = 1;
/// Where the first record of a segment begins.
pub const FIRST_RECORD: u64 = 4096;
/// Records begin at multiples of this.
pub const ALIGN: usize = 8;
/// Bytes of a record before its body.
pub const RECORD_HEADER: usize = 32;
/// Bytes of an entry before its event.
pub const ENTRY_HEADER: usize = 24;
/// Bytes of a seal.
pub const SEAL: usize = RECORD_HEADER + 24;

const BATCH_KIND: u8 = 1;
const SEAL_KIND: u8 = 2;

/// Seeds the checksums of one segment.
pub fn seed(salt: u64, number: u32) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&salt.to_le_bytes()), &number.to_le_bytes())
}

/// Whether what has this checksum is what was written with that one.
fn is_intact(found: u32, written: u32) -> bool {
    found == written || Planted::ChecksumIgnored.is_on()
}

/// The fixed part of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordHeader {
    crc: u32,
    /// Bytes of the record, this header included, without padding.
    pub len: usize,
    kind: u8,
    /// Entries.
    pub count: u16,
    /// Position of the first entry; of a seal: of the last event of the segment.
    pub first: Position,
    /// All up to here was synced when this was written.
    pub synced: Position,
}

impl RecordHeader {
    /// Reads the fixed part, unverified; `None` if it cannot be one.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields(bytes);
        let (crc, len) = (fields.u32()?, fields.u32()? as usize);
        let [kind, flags] = fields.take()?;
        let count = u16::from_le_bytes(fields.take()?);
        let reserved = fields.u32()?;
        let (first, synced) = (Position(fields.u64()?), Position(fields.u64()?));
        let body = len.checked_sub(RECORD_HEADER)?;
        let plausible = match kind {
            BATCH_KIND => count > 0 && body / ENTRY_HEADER >= usize::from(count),
            SEAL_KIND => count == 0 && len == SEAL,
            _ => false,
        };
        let plausible = plausible && first.0.checked_add(count.into()).is_some();
        let header = Self { crc, len, kind, count, first, synced };
        (plausible && flags == 0 && reserved == 0).then_some(header)
    }

    /// Whole bytes of the record in the file.
    pub fn padded(&self) -> usize {
        self.len.next_multiple_of(ALIGN)
    }
}

/// A verified record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record<'a> {
    /// Events.
    Batch(Batch<'a>),
    /// The end of a segment.
    Seal(Seal),
}

/// A verified batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch<'a> {
    /// Its header.
    pub header: RecordHeader,
    entries: &'a [u8],
}

/// A verified seal: all of the segment before it is complete and was synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seal {
    /// The last position of the segment.
    pub last: Position,
    /// The place before the next segment's first event.
    pub next: Position,
    /// Bytes of the segment, this seal included.
    pub len: u64,
    /// No event of the segment was published after this time.
    pub time: Micros,
}

/// Verifies a record at the start of `bytes`.
pub fn decode(bytes: &[u8], seed: u32) -> Option<Record<'_>> {
    let header = RecordHeader::decode(bytes)?;
    let record = bytes.get(..header.len)?;
    if !is_intact(crc32c::crc32c_append(seed, record.get(4..)?), header.crc) {
        return None;
    }
    let body = record.get(RECORD_HEADER..)?;
    if header.kind == BATCH_KIND {
        return Some(Record::Batch(Batch { header, entries: body }));
    }
    let mut fields = Fields(body);
    let (next, len) = (Position(fields.u64()?), fields.u64()?);
    let time = Micros(fields.u64()?);
    Some(Record::Seal(Seal { last: header.first, next, len, time }))
}

impl<'a> Batch<'a> {
    /// Its entries, each with the place of its bytes within the record.
    pub fn entries(self) -> impl Iterator<Item = (usize, Entry<'a>)> {
        let (mut position, mut rest, mut at) = (self.header.first, self.entries, RECORD_HEADER);
        (0..self.header.count).map_while(move |_| {
            let (entry, len) = Entry::unverified(rest, position)?;
            let place = at;
            rest = rest.get(len..)?;
            at += len;
            position.0 += 1;
            Some((place, entry))
        })
    }

    /// Whether each entry's own checksum matches.
    pub fn entries_are_valid(&self, seed: u32) -> bool {
        let (mut position, mut rest) = (self.header.first, self.entries);
        (0..self.header.count).all(|_| {
            let valid = Entry::decode(rest, seed, position).is_some();
            rest = entry_len(rest).and_then(|len| rest.get(len..)).unwrap_or_default();
            position.0 += 1;
            valid
        })
    }

    /// The position of its last entry.
    pub fn last(&self) -> Position {
        Position(self.header.first.0 + u64::from(self.header.count).saturating_sub(1))
    }
}
