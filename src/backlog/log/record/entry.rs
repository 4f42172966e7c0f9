//! Entries: the events within a batch, each verifiable by itself.

use super::fields::Fields;
use super::{ENTRY_HEADER, is_intact};
use crate::cursor::Position;
use crate::event::Micros;

/// One event as kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Its position.
    pub position: Position,
    /// When it was published.
    pub time: Micros,
    /// The encoded event.
    pub wire: &'a [u8],
    /// Where in `wire` the data field begins.
    pub data_at: usize,
}

/// Bytes of the entry at the start of `header`, of which the first [`ENTRY_HEADER`] are enough; unverified.
pub fn entry_len(header: &[u8]) -> Option<usize> {
    let mut fields = Fields(header.get(4..)?);
    (fields.u32()? as usize).checked_add(ENTRY_HEADER)
}

impl<'a> Entry<'a> {
    /// Reads and verifies the entry of this position at the start of `bytes`.
    pub fn decode(bytes: &'a [u8], seed: u32, position: Position) -> Option<Self> {
        let (entry, len) = Self::unverified(bytes, position)?;
        let crc = Fields(bytes).u32()?;
        is_intact(entry_crc(bytes.get(4..len)?, seed, position), crc).then_some(entry)
    }

    pub(super) fn unverified(bytes: &'a [u8], position: Position) -> Option<(Self, usize)> {
        let len = entry_len(bytes)?;
        let mut fields = Fields(bytes.get(8..)?);
        let (data_at, _reserved) = (fields.u32()? as usize, fields.u32()?);
        let time = Micros(fields.u64()?);
        let wire = bytes.get(ENTRY_HEADER..len)?;
        (data_at <= wire.len()).then_some((Self { position, time, wire, data_at }, len))
    }
}

/// The crc of an entry of which `rest` is a first part, up to all that follows the crc.
pub(super) fn entry_crc(rest: &[u8], seed: u32, position: Position) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c_append(seed, &position.0.to_le_bytes()), rest)
}
