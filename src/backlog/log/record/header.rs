//! The header of a segment.

use super::fields::Fields;
use super::{FIRST_RECORD, VERSION, is_intact};
use crate::cursor::{Incarnation, Position};
use crate::event::Micros;

const MAGIC: &[u8; 8] = b"hintwlog";
const HEADER: usize = 52;

/// What a segment says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Its number, as in its name.
    pub number: u32,
    /// The life that wrote it.
    pub incarnation: Incarnation,
    /// The place before its first event.
    pub base: Position,
    /// When it was begun.
    pub created: Micros,
    /// Bytes of its file when it was begun. A file that is shorter, and not sealed, has lost its end.
    pub allocated: u64,
}

impl Header {
    /// Its bytes, padded up to the first record.
    pub fn encode(&self, seed: u32) -> Vec<u8> {
        let mut out = Vec::with_capacity(FIRST_RECORD as usize);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&self.number.to_le_bytes());
        for field in [self.incarnation.0, self.base.0, self.created.0, self.allocated] {
            out.extend_from_slice(&field.to_le_bytes());
        }
        out.extend_from_slice(&crc32c::crc32c_append(seed, &out).to_le_bytes());
        out.resize(FIRST_RECORD as usize, 0);
        out
    }

    /// Reads what [`Header::encode`] wrote; `None` for anything else.
    pub fn decode(bytes: &[u8], seed: u32) -> Option<Self> {
        let covered = Self::whole(bytes, seed)?;
        let mut fields = Fields(covered);
        let known = fields.take::<8>()? == *MAGIC && fields.u32()? == VERSION;
        let header = Self {
            number: fields.u32()?,
            incarnation: Incarnation(fields.u64()?),
            base: Position(fields.u64()?),
            created: Micros(fields.u64()?),
            allocated: fields.u64()?,
        };
        known.then_some(header)
    }

    /// Whether it is a whole header of a version that this code does not know.
    pub fn is_later(bytes: &[u8], seed: u32) -> bool {
        let version = Self::whole(bytes, seed).and_then(|covered| Fields(covered.get(8..)?).u32());
        version.is_some_and(|version| version > VERSION)
    }

    /// What the checksum covers, if it matches: at the same place in every version.
    fn whole(bytes: &[u8], seed: u32) -> Option<&[u8]> {
        let (covered, crc) = bytes.get(..HEADER)?.split_at_checked(HEADER - 4)?;
        is_intact(crc32c::crc32c_append(seed, covered), Fields(crc).u32()?).then_some(covered)
    }
}
