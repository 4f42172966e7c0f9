//! Cutting a damaged log from the damage on, into a new life.
//!
//! What lies before the damage is kept. What lies after it is lost: a log with a hole would break the promise that nothing
//! is missing. Cursors after the cut belong to the old life and are refused from then on, so no reader skips silently.

use std::sync::Arc;

use super::active::Active;
use super::check::{check, known};
use super::checkpoint::CHECKPOINT;
use super::disk::Disk;
use super::error::{Damage, InFile, OpenError};
use super::identity::Identity;
use super::index;
use super::manifest::Manifest;
use super::mend::{bare_file, beyond};
use super::open::{lock, segment_numbers};
use super::record::{self, FIRST_RECORD, Record};
use super::replace::remove;
use super::scan::Scanner;
use super::segment::{Segment, file_name, number_of, read_header};
use crate::cursor::{Incarnation, Position};
use crate::event::Micros;

/// What a repair gives up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// Why.
    pub damage: Damage,
    /// What is lost.
    pub lost: Lost,
}

/// What is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// All events after a place, up to one that is no event's that was ever published.
    After {
        /// The last event that is kept.
        kept: Position,
        /// No event that was ever published is after this place.
        upto: Position,
        /// Files of segments that are removed whole.
        files: usize,
    },
    /// The newest events of their keys that one file of survivors held.
    Survivors,
    /// What the checkpoint alone knew of events that retention has dropped: their ids, and which keys were deleted.
    Checkpoint,
}

/// Repairs a log that [`check`] finds damaged; `say` is told what is lost before anything is changed. `None` if there is
/// nothing to repair.
///
/// # Errors
/// Damage of `HUB` or `MANIFEST`, which cannot be repaired from what is left, and errors of the disk. If it is stopped
/// half-way, the log is refused as before, or repaired; repairing again goes on.
pub fn repair<D: Disk>(
    disk: &D,
    incarnation: u64,
    say: impl FnOnce(&Loss),
) -> Result<Option<Loss>, OpenError> {
    let damage = match check(disk) {
        Ok(_) => return Ok(None),
        Err(OpenError::Damaged(damage)) => damage,
        Err(error) => return Err(error),
    };
    let number = number_of(&damage.file);
    if number.is_none() && damage.file != CHECKPOINT {
        return Err(damage.into());
    }
    let _lock = lock(disk)?;
    let (identity, manifest) = (Identity::read(disk)?, Manifest::read(disk)?);
    let repair = Repair { disk, identity, manifest, number: number.unwrap_or_default(), damage };
    match number {
        Some(_) => repair.run(Incarnation(incarnation), say).map(Some),
        None => repair.drop_checkpoint(say).map(Some),
    }
}

struct Repair<'a, D> {
    disk: &'a D,
    identity: Identity,
    manifest: Manifest,
    /// The damaged segment.
    number: u32,
    damage: Damage,
}

/// What is valid of the damaged segment, to be sealed there; `None` if nothing is.
struct Kept<D: Disk> {
    active: Option<Active<D>>,
    last: Position,
    time: Micros,
}

/// A segment up to some byte.
struct Prefix<D: Disk> {
    segment: Arc<Segment<D>>,
    created: Micros,
    /// Its last event there, and when that was published.
    last: Position,
    time: Micros,
}

impl<D: Disk> Repair<'_, D> {
    fn run(mut self, incarnation: Incarnation, say: impl FnOnce(&Loss)) -> Result<Loss, OpenError> {
        if self.number < self.manifest.first {
            return self.drop_survivors(say);
        }
        let numbers = segment_numbers(self.disk, &self.manifest)?;
        let lost: Vec<u32> = numbers.into_iter().filter(|n| *n >= self.number).collect();
        let mut kept = self.kept()?;
        let upto = self.upto(&lost)?.max(kept.last);
        let files = lost.len() - usize::from(kept.active.is_some());
        let after = Lost::After { kept: kept.last, upto, files };
        let loss = Loss { damage: self.damage.clone(), lost: after };
        say(&loss);
        let first = beyond(upto, 0);
        // The new life first: whatever a crash leaves from here on, what is appended later belongs to it.
        self.identity.lineage = self.identity.lineage.fork(incarnation, kept.last, first);
        // Retention may have dropped an event for a newer one of its key that is lost now.
        self.identity.kept_latest &= self.manifest.earliest == Position::INCEPTION;
        self.identity.write(self.disk)?;
        self.manifest.earliest = self.manifest.earliest.min(kept.last);
        self.manifest.proven = kept.last;
        self.manifest.last = self.number;
        self.forget_checkpoint()?;
        for number in lost.iter().rev() {
            self.remove(&index::file_name(*number))?;
            if *number > self.number || kept.active.is_none() {
                self.remove(&file_name(*number))?;
            }
        }
        match &mut kept.active {
            Some(active) => {
                bare_file(self.disk, self.number + 1)?;
                active.seal(kept.last, first, kept.time).in_file(&file_name(self.number))?;
            }
            None => drop(bare_file(self.disk, self.number)?),
        }
        Ok(loss)
    }

    /// The next start makes another from the segments.
    fn drop_checkpoint(mut self, say: impl FnOnce(&Loss)) -> Result<Loss, OpenError> {
        let loss = Loss { damage: self.damage.clone(), lost: Lost::Checkpoint };
        say(&loss);
        self.forget_checkpoint()?;
        Ok(loss)
    }

    /// Removes the checkpoint, after the manifest asks for none.
    fn forget_checkpoint(&mut self) -> Result<(), OpenError> {
        self.manifest.checkpoint = Position::INCEPTION;
        self.manifest.write(self.disk)?;
        self.remove(CHECKPOINT)
    }

    /// Survivors hide nothing from readers of the log; only the snapshot is not whole any more.
    fn drop_survivors(mut self, say: impl FnOnce(&Loss)) -> Result<Loss, OpenError> {
        let loss = Loss { damage: self.damage.clone(), lost: Lost::Survivors };
        say(&loss);
        self.identity.kept_latest = false;
        self.identity.write(self.disk)?;
        self.forget_checkpoint()?;
        self.manifest.survivors.retain(|number| *number != self.number);
        self.manifest.write(self.disk)?;
        self.remove(&index::file_name(self.number))?;
        self.remove(&file_name(self.number))?;
        Ok(loss)
    }

    /// What is valid before the damage.
    fn kept(&self) -> Result<Kept<D>, OpenError> {
        if self.damage.offset >= FIRST_RECORD {
            let valid = self.prefix(self.number, self.damage.offset)?;
            let Prefix { segment, created, last, time } = valid;
            // A segment of which no event is kept goes whole: its life may be one that the cut leaves out.
            if last > segment.base {
                let active = Active::resume(segment, self.damage.offset, created);
                let active = Some(active.in_file(&file_name(self.number))?);
                return Ok(Kept { active, last, time });
            }
        }
        // The segment before, if there is one, is whole: the damage is the first there is.
        let before = self.number.checked_sub(1).filter(|number| *number >= self.manifest.first);
        let last = match before {
            Some(number) => self.prefix(number, u64::MAX)?.last,
            None => self.manifest.earliest,
        };
        Ok(Kept { active: None, last, time: Micros::default() })
    }

    /// What a segment holds before a byte.
    fn prefix(&self, number: u32, end: u64) -> Result<Prefix<D>, OpenError> {
        let (name, seed) = (file_name(number), record::seed(self.identity.salt, number));
        let file = self.disk.open(&name).in_file(&name)?;
        let header = read_header(&file, seed).in_file(&name)?;
        let header = header.ok_or_else(|| Damage::new(&name, 0, "its header is invalid"))?;
        let (mut last, mut time) = (header.base, Micros::default());
        let mut scanner = Scanner::new(&file, seed, FIRST_RECORD).in_file(&name)?;
        while let Some((at, Record::Batch(batch))) = scanner.advance().in_file(&name)? {
            if at >= end {
                break;
            }
            last = batch.last();
            time = batch.entries().last().map_or(time, |(_, entry)| entry.time);
        }
        let segment = Segment::live(number, header.base, seed, Arc::new(file));
        Ok(Prefix { segment, created: header.created, last, time })
    }

    /// No event in these segments is after this place.
    fn upto(&self, numbers: &[u32]) -> Result<Position, OpenError> {
        let known = known(self.disk, self.identity.salt)?.unwrap_or_default();
        let mut upto = self.manifest.proven.max(known);
        for number in numbers {
            let (name, seed) = (file_name(*number), record::seed(self.identity.salt, *number));
            let file = self.disk.open(&name).in_file(&name)?;
            let header = read_header(&file, seed).in_file(&name)?;
            upto = upto.max(header.map(|header| header.base).unwrap_or_default());
            let mut scanner = Scanner::new(&file, seed, FIRST_RECORD).in_file(&name)?;
            while let Some((_, record)) = scanner.search().in_file(&name)? {
                upto = upto.max(match record {
                    Record::Batch(batch) => batch.last(),
                    Record::Seal(seal) => seal.next,
                });
            }
        }
        Ok(upto)
    }

    fn remove(&self, name: &str) -> Result<(), OpenError> {
        remove(self.disk, name).and_then(|()| self.disk.sync_dir()).in_file(name)
    }
}
