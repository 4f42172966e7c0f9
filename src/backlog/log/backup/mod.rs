//! Copies of a log on another directory, taken while a hub has it open, or not; and the way back.
//!
//! ```text
//! back up   capture: files that belong together, held open -> copy: each as it is now, verified -> list -> sweep
//! restore   verify: every file, then the log as a whole     -> copy                             -> a new life
//! ```
//!
//! The hub is not asked and takes no notice: what is read is what a start after a crash at this moment would read. A
//! backup holds all events up to one synced place, its head, and what survived retention by then. Sealed segments never
//! change, so what an earlier backup in the same directory holds is not copied again. The file `BACKUP` says what belongs
//! to it and is replaced as a whole: after a crash at any point the earlier backup or the new one is there.

mod capture;
mod copy;
mod error;
mod kept;
mod list;
mod restore;

pub use error::BackupError;
pub use kept::check;
pub use restore::{Restored, restore};

use capture::{Captured, capture};
use copy::{End, Target};
use kept::Kept;
use list::{BACKUP, List, is_part};

use super::checkpoint::{self, CHECKPOINT};
use super::disk::{Disk, DiskFile};
use super::error::{Damage, InFile};
use super::identity::{HUB, Identity};
use super::maintenance::checkpoint_seed;
use super::manifest::{MANIFEST, Manifest};
use super::record::{self, FIRST_RECORD};
use super::recover::proven_beyond;
use super::segment::{file_name, read_header};
use crate::cursor::{Cursor, Position};
use crate::event::Micros;

/// What a backup holds, and what was copied for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The place after its newest event.
    pub head: Cursor,
    /// Its trim point.
    pub earliest: Cursor,
    /// Files of it, and their bytes.
    pub files: usize,
    /// Bytes of them.
    pub bytes: u64,
    /// Those that no earlier backup held.
    pub copied_files: usize,
    /// Bytes of those.
    pub copied_bytes: u64,
}

/// Takes a backup of a log, beside or over an earlier one of the same log.
///
/// # Errors
/// Damage of the log, which is not copied; a directory that holds something else than a backup of this log; errors of the
/// disks. The earlier backup is whole as before.
pub fn back_up<S: Disk, T: Disk>(
    source: &S,
    target: &T,
    now: Micros,
) -> Result<Taken, BackupError> {
    refuse_foreign(target)?;
    let _lock = lock(target)?;
    let earlier = List::read(target)?;
    let captured = capture(source)?;
    if let Some(earlier) = &earlier {
        let identity = Identity::read(&Kept::new(target, earlier))?;
        (identity.salt == captured.identity.salt).then_some(()).ok_or(BackupError::Another)?;
    }
    let target = Target::new(target, earlier);
    let mut taking = Taking { captured, target, time: Micros::default() };
    let head = taking.files()?;
    let Taking { captured, target, .. } = taking;
    let (copied_files, copied_bytes) = target.copied();
    let list = target.finish(now)?;
    let cursor = |position| captured.identity.lineage.cursor(position);
    Ok(Taken {
        head: cursor(head),
        earliest: cursor(captured.manifest.earliest),
        files: list.items.len(),
        bytes: list.items.iter().map(|item| item.len).sum(),
        copied_files,
        copied_bytes,
    })
}

/// Whether a directory holds a backup that was finished.
///
/// # Errors
/// Those of the disk.
pub fn is_backup<D: Disk>(disk: &D) -> Result<bool, BackupError> {
    Ok(disk.list().in_file("the directory")?.iter().any(|name| name == BACKUP))
}

/// Refuses a directory that holds something else than a backup, before anything is written to it.
fn refuse_foreign<T: Disk>(target: &T) -> Result<(), BackupError> {
    let names = target.list().in_file("the directory")?;
    match names.into_iter().find(|name| !is_part(name)) {
        Some(found) => Err(BackupError::Foreign { found }),
        None => Ok(()),
    }
}

fn lock<T: Disk>(target: &T) -> Result<Box<dyn Send + Sync>, BackupError> {
    match target.lock() {
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Err(BackupError::Locked),
        lock => Ok(lock.in_file(super::dir::LOCK)?),
    }
}

/// A backup under way.
struct Taking<'a, S: Disk, T: Disk> {
    captured: Captured<S>,
    target: Target<'a, T>,
    /// When the last event was published.
    time: Micros,
}

impl<S: Disk, T: Disk> Taking<'_, S, T> {
    /// Brings all files over; tells the head.
    fn files(&mut self) -> Result<Position, BackupError> {
        let proven = self.checkpoint()?.max(self.captured.manifest.proven);
        self.survivors()?;
        let (head, next) = self.log(proven)?;
        self.target.text(HUB, &self.captured.identity.to_text())?;
        let manifest = Manifest { proven: head, last: next, ..self.captured.manifest.clone() };
        self.target.text(MANIFEST, &manifest.to_text())?;
        Ok(head)
    }

    /// Brings the checkpoint over, if it is whole; tells how far it reaches.
    fn checkpoint(&mut self) -> Result<Position, BackupError> {
        let Captured { checkpoint, manifest, identity, .. } = &self.captured;
        let seed = checkpoint_seed(identity.salt);
        let reach = match checkpoint {
            Some(file) => {
                checkpoint::verify(file, seed).in_file(CHECKPOINT)?.map(|(_, reach)| reach.at)
            }
            None => None,
        };
        manifest.expect_checkpoint(reach)?;
        if let (Some(file), Some(_)) = (checkpoint, reach) {
            self.target.whole(CHECKPOINT, file)?;
        }
        Ok(reach.unwrap_or_default())
    }

    fn survivors(&mut self) -> Result<(), BackupError> {
        for begun in &self.captured.survivors {
            if let End::Open { at, .. } = self.target.segment(begun, true, &mut self.time)? {
                let what = "the record is invalid, yet the segment was sealed";
                return Err(Damage::new(file_name(begun.header.number), at, what).into());
            }
        }
        Ok(())
    }

    /// Brings the segments over that were begun when the files were captured; tells the head, and the number of the one
    /// after them. All up to `proven` must be there.
    fn log(&mut self, proven: Position) -> Result<(Position, u32), BackupError> {
        let Captured { manifest, identity, segments, unbegun, .. } = &self.captured;
        let (mut number, mut last) = (manifest.first, manifest.base);
        let mut open: Option<(String, u64)> = None;
        for begun in segments {
            if let Some((name, at)) = open {
                let what = "the record is invalid, yet the next segment proves that it was synced";
                return Err(Damage::new(name, at, what).into());
            }
            let known = identity.lineage.lives().any(|l| l.incarnation == begun.header.incarnation);
            if begun.header.number != number || begun.header.base < last || !known {
                let what = "its header does not fit the segment before it";
                return Err(Damage::new(file_name(number), 0, what).into());
            }
            last = match self.target.segment(begun, false, &mut self.time)? {
                End::Sealed(seal) => seal.next,
                End::Open { at, last } => {
                    open = Some((file_name(number), at));
                    last
                }
            };
            number += 1;
        }
        let head = last.max(identity.lineage.first());
        if proven > head {
            let (name, at) = open.unwrap_or((file_name(number), 0));
            let what = "the record is invalid, yet what follows proves that it was synced";
            return Err(Damage::new(name, at, what).into());
        }
        if let Some(file) = unbegun {
            not_begun(file, identity.salt, number, head)?;
        }
        self.target.bytes(&file_name(number), &[0; FIRST_RECORD as usize])?;
        Ok((head, number))
    }
}

/// Damage if a segment has no header, yet holds what was written after it.
fn not_begun<F: DiskFile>(
    file: &F,
    salt: u64,
    number: u32,
    head: Position,
) -> Result<(), BackupError> {
    let (name, seed) = (file_name(number), record::seed(salt, number));
    let proven = proven_beyond(file, seed, 0).in_file(&name)?;
    // In this order: the hub may just have begun it.
    if proven > head && read_header(file, seed).in_file(&name)?.is_none() {
        let what = "its header is invalid, yet what follows proves that it was synced";
        return Err(Damage::new(name, 0, what).into());
    }
    Ok(())
}
