//! The file `MANIFEST`: what must be there.
//!
//! ```text
//! hintwire manifest 1
//! earliest 1200
//! proven 5678
//! segments 4 9
//! base 1300
//! checkpoint 5600
//! survivors 2
//! survivors 3
//! crc 01234567
//! ```

use std::fmt::Write as _;

use super::checkpoint::CHECKPOINT;
use super::disk::Disk;
use super::error::{Damage, InFile, OpenError};
use super::text;
use super::view::View;
use crate::cursor::Position;

/// Name of the file.
pub const MANIFEST: &str = "MANIFEST";
const FIRST_LINE: &str = "hintwire manifest ";
const VERSION: &str = "1";

/// What must be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The trim point.
    pub earliest: Position,
    /// All up to here was synced: after a clean stop the head, else some head before.
    pub proven: Position,
    /// Number of the oldest segment after the trim point; those that follow have the numbers that follow.
    pub first: u32,
    /// Number of the newest segment known to exist.
    pub last: u32,
    /// The place before the first event of that oldest segment, begun or not: at or after the trim point, since a segment
    /// that was cut ends before the place at which the next one begins.
    pub base: Position,
    /// The checkpoint reaches this far, or further: it alone knows the ids and the deleted keys of what was trimmed.
    /// Inception as long as nothing was.
    pub checkpoint: Position,
    /// Numbers of the segments that hold survivors alone, in order.
    pub survivors: Vec<u32>,
}

impl Manifest {
    /// The manifest of an empty backlog.
    pub fn empty() -> Self {
        let inception = Position::INCEPTION;
        let (earliest, proven, base, checkpoint) = (inception, inception, inception, inception);
        Self { earliest, proven, first: 1, last: 1, base, checkpoint, survivors: Vec::new() }
    }

    /// The manifest of a view, all of which is synced up to `proven`, with the checkpoint reaching up to `checkpoint`.
    pub fn of<D: Disk>(view: &View<D>, proven: Position, checkpoint: Position) -> Self {
        let numbers = view.segments.iter().map(|segment| segment.number);
        let (survivors, retained) = numbers.partition::<Vec<u32>, _>(|number| *number < view.first);
        let last = retained.last().copied().unwrap_or(view.first);
        let trimmed = view.earliest > Position::INCEPTION;
        let checkpoint = if trimmed { checkpoint } else { Position::INCEPTION };
        let View { earliest, first, base, .. } = *view;
        Self { earliest, proven, first, last, base, checkpoint, survivors }
    }

    /// Damage if the checkpoint as found, with its reach, is not the one that must be there.
    pub fn expect_checkpoint(&self, found: Option<Position>) -> Result<(), Damage> {
        let what = match found {
            Some(reach) if reach < self.checkpoint => "it is older than the one that must be there",
            None if self.checkpoint > Position::INCEPTION => "it is missing, or not whole",
            _ => return Ok(()),
        };
        Err(Damage::new(CHECKPOINT, 0, what))
    }

    /// Replaces the file.
    pub fn write<D: Disk>(&self, disk: &D) -> Result<(), OpenError> {
        text::replace(disk, MANIFEST, &self.to_text()).in_file(MANIFEST)
    }

    /// Reads the file.
    pub fn read<D: Disk>(disk: &D) -> Result<Self, OpenError> {
        let body = match text::read(disk, MANIFEST) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Damage::new(MANIFEST, 0, "it is missing").into());
            }
            read => read.in_file(MANIFEST)?,
        };
        let body = body.ok_or_else(|| Damage::new(MANIFEST, 0, "its checksum does not match"))?;
        let version = body.lines().next().and_then(|line| line.strip_prefix(FIRST_LINE));
        if version.is_some_and(|version| version != VERSION) {
            return Err(OpenError::Version { file: MANIFEST.into() });
        }
        let parsed = Self::from_text(&body);
        parsed.ok_or_else(|| Damage::new(MANIFEST, 0, "it is not a manifest").into())
    }

    /// What the file says, but for its checksum.
    pub(super) fn to_text(&self) -> String {
        let Self { earliest, proven, first, last, base, checkpoint, survivors } = self;
        let mut out = format!(
            "{FIRST_LINE}{VERSION}\nearliest {earliest}\nproven {proven}\nsegments {first} {last}\nbase {base}\ncheckpoint {checkpoint}\n"
        );
        for number in survivors {
            let _ = writeln!(out, "survivors {number}");
        }
        out
    }

    fn from_text(body: &str) -> Option<Self> {
        let mut lines = body.lines();
        lines.next()?.strip_prefix(FIRST_LINE).filter(|version| *version == VERSION)?;
        let mut field = |name: &str| lines.next()?.strip_prefix(name);
        let earliest = Position(field("earliest ")?.parse().ok()?);
        let proven = Position(field("proven ")?.parse().ok()?);
        let (first, last) = field("segments ")?.split_once(' ')?;
        let (first, last) = (first.parse().ok()?, last.parse().ok()?);
        let base = Position(field("base ")?.parse().ok()?);
        let checkpoint = Position(field("checkpoint ")?.parse().ok()?);
        let number = |line: &str| line.strip_prefix("survivors ")?.parse().ok();
        let survivors = lines.map(number).collect::<Option<Vec<u32>>>()?;
        Some(Self { earliest, proven, first, last, base, checkpoint, survivors })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_reads_back_and_a_foreign_line_is_refused() {
        let manifest =
            Manifest { survivors: vec![1, 3], last: 9, base: Position(7), ..Manifest::empty() };
        let text = manifest.to_text();
        assert_eq!(Manifest::from_text(&text), Some(manifest));
        assert_eq!(Manifest::from_text(&format!("{text}more\n")), None);
    }
}
