//! What of unsynced changes reaches the medium: any sectors of any writes, in any order, and the length as it was after any
//! of the changes.

use std::fmt;

use fastrand::Rng;

use super::node::{Change, Content, SECTOR};

/// Which sectors of writes reach the medium.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    Nothing,
    All,
    First(usize),
    AllFrom(usize),
    AllBut(usize),
    Some,
}

/// What was chosen; zero of zero if nothing was pending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tear {
    keep: Keep,
    sectors: usize,
    kept: usize,
    changes: usize,
    lengths: usize,
    garbage: bool,
}

impl Tear {
    /// Chooses, and changes the medium so.
    pub(super) fn of(medium: &mut Content, pending: &[Change], rng: &mut Rng) -> Self {
        let sectors = pending.iter().map(|change| pieces(change).count()).sum();
        let mut tear = Self {
            keep: Keep::Nothing,
            sectors,
            kept: 0,
            changes: pending.len(),
            lengths: 0,
            garbage: false,
        };
        if pending.is_empty() {
            return tear;
        }
        tear.keep = Keep::any(sectors, rng);
        tear.lengths = match tear.keep {
            Keep::All if rng.bool() => pending.len(),
            Keep::Nothing if rng.bool() => 0,
            _ => rng.usize(..=pending.len()),
        };
        tear.garbage = rng.u8(..4) == 0;
        tear.bring(medium, pending, rng);
        tear
    }

    /// Whether there was anything to choose.
    pub fn chose(&self) -> bool {
        self.changes > 0
    }

    fn bring(&mut self, medium: &mut Content, pending: &[Change], rng: &mut Rng) {
        let (synced, mut len, mut sector) = (medium.len(), medium.len(), 0);
        for (index, change) in pending.iter().enumerate() {
            let known = index < self.lengths;
            for (at, piece) in pieces(change) {
                if self.keep.keeps(sector, rng) {
                    medium.put(at, piece);
                    self.kept += 1;
                } else if self.garbage && known && at >= synced {
                    // The length grew before the content came: what the medium had there shows.
                    let old: Vec<u8> = piece.iter().map(|_| rng.u8(..)).collect();
                    medium.put(at, &old);
                }
                sector += 1;
            }
            if known {
                len = length_after(change, len);
                if let Change::Truncate { len } = change {
                    medium.resize(medium.len().min(*len));
                }
            }
        }
        medium.resize(len);
    }
}

impl Keep {
    fn any(sectors: usize, rng: &mut Rng) -> Self {
        match rng.u8(..10) {
            0..2 => Self::Nothing,
            2..4 => Self::All,
            4..6 => Self::First(rng.usize(..=sectors)),
            6 => Self::AllFrom(rng.usize(..=sectors)),
            7 => Self::AllBut(rng.usize(..sectors.max(1))),
            _ => Self::Some,
        }
    }

    fn keeps(self, sector: usize, rng: &mut Rng) -> bool {
        match self {
            Self::Nothing => false,
            Self::All => true,
            Self::First(count) => sector < count,
            Self::AllFrom(first) => sector >= first,
            Self::AllBut(lost) => sector != lost,
            Self::Some => rng.bool(),
        }
    }
}

fn length_after(change: &Change, len: u64) -> u64 {
    match change {
        Change::Write { at, bytes } => len.max(at + bytes.len() as u64),
        Change::Truncate { len } => *len,
        Change::Allocate { len: allocated } => len.max(*allocated),
    }
}

/// The parts of a write that lie in different sectors.
fn pieces(change: &Change) -> impl Iterator<Item = (u64, &[u8])> {
    let (at, bytes): (u64, &[u8]) = match change {
        Change::Write { at, bytes } => (*at, bytes),
        Change::Truncate { .. } | Change::Allocate { .. } => (0, &[]),
    };
    let mut done = 0;
    std::iter::from_fn(move || {
        let start = at + done as u64;
        let room = (SECTOR - start % SECTOR) as usize;
        let piece = bytes[done..].split_at_checked(room).map_or(&bytes[done..], |(first, _)| first);
        done += piece.len();
        (!piece.is_empty()).then_some((start, piece))
    })
}

impl fmt::Display for Tear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { keep, sectors, kept, changes, lengths, garbage } = self;
        write!(
            f,
            "{keep:?}: {kept} of {sectors} sectors, lengths of {lengths} of {changes} changes"
        )?;
        if *garbage { f.write_str(", garbage beyond") } else { Ok(()) }
    }
}
