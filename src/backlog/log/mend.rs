//! Making the end of the log, as found, one that can be appended to.
//!
//! What is not proven to be synced is written anew, and synced, before it is served. What a torn write left is cut: the
//! segment is sealed, and the log goes on beyond all that the cut could have held. A crash at any point of this changes
//! nothing about what the next start finds.

use std::io;
use std::sync::Arc;

use super::active::Active;
use super::disk::{Disk, DiskFile};
use super::error::{InFile, OpenError};
use super::record::{self, ENTRY_HEADER, FIRST_RECORD, Header};
use super::recover::{End, Found};
use super::replay::Replayed;
use super::segment::{Segment, file_name};
use super::state::Prepared;
use super::writer::Tail;
use crate::cursor::Position;
use crate::event::Micros;
use crate::limits::APPEND_QUEUE;
use crate::lineage::Lineage;

/// Positions by which the log moves on beyond what a cut could have held.
const GAP: u64 = APPEND_QUEUE as u64 * 1000;

/// The log, ready to be appended to.
#[derive(Debug)]
pub struct Recovered<D: Disk> {
    /// Its segments, oldest first.
    pub segments: Vec<Arc<Segment<D>>>,
    /// Where it goes on.
    pub tail: Tail<D>,
    /// The file that was prepared for the next segment.
    pub prepared: Option<Prepared<D>>,
    /// What was cut, if anything.
    pub cut: Option<String>,
}

/// Who mends.
#[derive(Debug)]
pub struct Mender<'a, D> {
    /// The directory.
    pub disk: &'a D,
    /// Secret of the backlog.
    pub salt: u64,
    /// The lives of the backlog; the last one goes on.
    pub lineage: &'a Lineage,
    /// The time now.
    pub now: Micros,
    /// When the last event was published.
    pub time: Micros,
}

impl<D: Disk> Mender<'_, D> {
    /// Mends the end of a log.
    pub fn mend(&self, found: Found<D>) -> Result<Recovered<D>, OpenError> {
        let Found { mut segments, end } = found;
        let (tail, prepared, cut) = match end {
            End::Sealed { newest, next, base, torn } => {
                newest.map_or(Ok(()), |newest| newest.rewrite())?;
                match torn {
                    None => (self.tail(None, next.number - 1, base), Some(next), None),
                    Some(torn) => {
                        let (segment, ending) = self.cut_start(next, base, torn)?;
                        segments.push(segment);
                        ending
                    }
                }
            }
            End::Open { newest, next, torn } => {
                newest.rewrite()?;
                let (number, last) = (newest.segment.number, newest.last);
                let name = file_name(number);
                next.as_ref().map_or(Ok(()), |next| not_empty(&*next.file)).in_file(&name)?;
                let (end, created) = (newest.end, newest.created);
                let active = Active::resume(newest.segment, end, created).in_file(&name)?;
                match torn {
                    None if last >= self.lineage.first() => {
                        (self.tail(Some(active), number, last), next, None)
                    }
                    torn => self.cut(active, last, next, torn)?,
                }
            }
        };
        Ok(Recovered { segments, tail, prepared, cut })
    }

    fn tail(&self, active: Option<Active<D>>, number: u32, last: Position) -> Tail<D> {
        Tail { active, number, last, time: self.time }
    }

    /// Ends a segment where it is valid up to, and cuts what a torn write left there. Without that it is ended too if a
    /// new life, which a repair began, writes elsewhere.
    fn cut(
        &self,
        mut active: Active<D>,
        last: Position,
        next: Option<Prepared<D>>,
        torn: Option<u64>,
    ) -> Result<Ending<D>, OpenError> {
        let number = active.segment.number;
        let (name, at) = (file_name(number), active.at);
        let prepared = next.map_or_else(|| bare_file(self.disk, number + 1), Ok)?;
        let bytes = torn.map_or(0, |torn| torn + 1 - at);
        let next = beyond(last, bytes).max(self.lineage.first());
        active.seal(last, next, self.time).in_file(&name)?;
        let cut = torn.map(|_| {
            format!(
                "{bytes} bytes at byte {at} of `{name}`, which a crash left incomplete: what was published after \
                 position {last} and was not answered; the log goes on after position {next}"
            )
        });
        Ok((self.tail(None, number, next), Some(prepared), cut))
    }

    /// Cuts the torn first write of a segment: with a header it is one to be cut as any other, and to be dropped in its turn.
    fn cut_start(
        &self,
        prepared: Prepared<D>,
        base: Position,
        torn: u64,
    ) -> Result<(Arc<Segment<D>>, Ending<D>), OpenError> {
        let Prepared { number, file } = prepared;
        let name = file_name(number);
        let base = beyond(base, torn);
        let seed = record::seed(self.salt, number);
        let (incarnation, created) = (self.lineage.current(), self.now);
        let allocated = file.len().in_file(&name)?;
        let header = Header { number, incarnation, base, created, allocated };
        file.write_at(&header.encode(seed), 0).and_then(|()| file.sync()).in_file(&name)?;
        let segment = Segment::live(number, base, seed, file);
        let active = Active::resume(Arc::clone(&segment), FIRST_RECORD, self.now).in_file(&name)?;
        Ok((segment, self.cut(active, base, None, Some(torn.max(FIRST_RECORD)))?))
    }
}

type Ending<D> = (Tail<D>, Option<Prepared<D>>, Option<String>);

/// Makes the file of a segment, and its name durable, whether there is space or not.
pub fn bare_file<D: Disk>(disk: &D, number: u32) -> Result<Prepared<D>, OpenError> {
    let name = file_name(number);
    let file = disk.create(&name).in_file(&name)?;
    not_empty(&file).and_then(|()| disk.sync_dir()).in_file(&name)?;
    Ok(Prepared { number, file: Arc::new(file) })
}

/// Gives the file of the next segment some length, so that it can be told from one that has lost all its bytes.
fn not_empty<F: DiskFile>(file: &F) -> io::Result<()> {
    if file.len()? > 0 {
        return Ok(());
    }
    file.truncate(FIRST_RECORD).and_then(|()| file.sync())
}

/// A position beyond all that so many bytes after `last` could have held.
pub fn beyond(last: Position, bytes: u64) -> Position {
    Position(last.0 + bytes / ENTRY_HEADER as u64 + GAP)
}

impl<D: Disk> Replayed<D> {
    /// Writes anew, as it is, what is not known to have been synced, and syncs it: it may have been read from a cache
    /// that never reached the disk.
    fn rewrite(&self) -> Result<(), OpenError> {
        let (file, mut from) = (&self.segment.file, self.unproven);
        let mut bytes = vec![0; 1 << 20];
        let mut copy = || -> io::Result<()> {
            while from < self.end {
                let (chunk, _) = bytes.split_at_mut((self.end - from).min(1 << 20) as usize);
                file.read_at(chunk, from)?;
                file.write_at(chunk, from)?;
                from += chunk.len() as u64;
            }
            file.sync()
        };
        copy().in_file(&file_name(self.segment.number))
    }
}
