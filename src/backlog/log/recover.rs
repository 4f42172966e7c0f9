//! Finding the end of the log, without changing anything.
//!
//! All up to the last proven place must be there; what is missing or invalid before it is damage. After it the log ends at
//! the first invalid record.

use std::io;
use std::sync::Arc;

use super::disk::{Disk, DiskFile};
use super::error::{Damage, InFile, OpenError};
use super::identity::Identity;
use super::manifest::Manifest;
use super::record::{self, Header, Record};
use super::reopen;
use super::replay::{Replay, Replayed};
use super::scan::Scanner;
use super::segment::{Segment, file_name, read_header};
use super::state::Prepared;
use crate::cursor::Position;
use crate::planted::Planted;

/// The log as found.
#[derive(Debug)]
pub struct Found<D: Disk> {
    /// Its segments, oldest first.
    pub segments: Vec<Arc<Segment<D>>>,
    /// How it ends.
    pub end: End<D>,
}

/// How a log ends.
#[derive(Debug)]
pub enum End<D: Disk> {
    /// With a sealed segment, or with none.
    Sealed {
        /// That segment, unless it is known to be synced.
        newest: Option<Replayed<D>>,
        /// The file for the next one.
        next: Prepared<D>,
        /// The next one's events come after this place.
        base: Position,
        /// The last byte that the torn first write of the next one left, if there is any.
        torn: Option<u64>,
    },
    /// Within a segment.
    Open {
        /// The segment.
        newest: Replayed<D>,
        /// The file for the next one.
        next: Option<Prepared<D>>,
        /// The last byte that a torn write left behind the last valid record, or that the file has lost, if there is any.
        torn: Option<u64>,
    },
}

/// Walks the chain of segments.
pub struct Recovery<'a, D: Disk> {
    disk: &'a D,
    identity: &'a Identity,
    manifest: &'a Manifest,
    /// Number of the last file of the chain.
    newest: u32,
    replay: &'a mut Replay,
}

impl<'a, D: Disk> Recovery<'a, D> {
    /// A walk over the segments with these numbers, sorted.
    pub fn new(
        disk: &'a D,
        identity: &'a Identity,
        manifest: &'a Manifest,
        numbers: &[u32],
        replay: &'a mut Replay,
    ) -> Result<Self, OpenError> {
        let newest = numbers.last().copied().unwrap_or(0).max(manifest.last);
        let missing = (manifest.first..=newest).find(|number| !numbers.contains(number));
        if let Some(number) = missing {
            return Err(Damage::new(file_name(number), 0, "the file is missing").into());
        }
        Ok(Self { disk, identity, manifest, newest, replay })
    }

    /// Reads all segments, and finds where the log ends.
    pub fn find(mut self) -> Result<Found<D>, OpenError> {
        let mut segments = Vec::new();
        let mut before: Option<Replayed<D>> = None;
        let mut last = self.manifest.base;
        let mut number = self.manifest.first;
        loop {
            let file = Arc::new(self.disk.open(&file_name(number)).in_file(&file_name(number))?);
            let Some(header) = self.header(number, &file, last)? else {
                let torn = torn_start(&*file).in_file(&file_name(number))?;
                let (newest, next, base) =
                    (before, Prepared { number, file }, last.max(self.identity.lineage.first()));
                return Ok(Found { segments, end: End::Sealed { newest, next, base, torn } });
            };
            let seed = record::seed(self.identity.salt, number);
            if let Some(known) = self.known(&file, &header, seed)? {
                last = known.seal.get().map_or(last, |seal| seal.next);
                segments.push(Arc::new(known));
                before = None;
            } else {
                let found = self.replay.segment::<D>(file, &header, seed, self.proven())?;
                segments.push(Arc::clone(&found.segment));
                let Some(seal) = found.segment.seal.get() else {
                    return Ok(Found { segments, end: self.open_end(found)? });
                };
                last = seal.next;
                before = Some(found);
            }
            if number == self.newest {
                let what = "the file is missing; the segment before it says that it exists";
                return Err(Damage::new(file_name(number + 1), 0, what).into());
            }
            number += 1;
        }
    }

    /// The last place that is known to have been synced.
    fn proven(&self) -> Position {
        self.manifest.proven.max(self.replay.known)
    }

    /// A segment of which the checkpoint knows all, if its index file is whole.
    fn known(
        &mut self,
        file: &Arc<D::File>,
        header: &Header,
        seed: u32,
    ) -> Result<Option<Segment<D>>, OpenError> {
        if header.base >= self.replay.known {
            return Ok(None);
        }
        let name = file_name(header.number);
        let segment = reopen::indexed(self.disk, file, header, seed).in_file(&name)?;
        let known = segment.filter(|segment| segment.last(Position(u64::MAX)) <= self.replay.known);
        if let Some(seal) = known.as_ref().and_then(|segment| segment.seal.get()) {
            self.replay.time = self.replay.time.max(seal.time);
        }
        Ok(known)
    }

    /// The header of a segment; `None` if it was not begun.
    fn header(
        &self,
        number: u32,
        file: &D::File,
        base: Position,
    ) -> Result<Option<Header>, OpenError> {
        let name = file_name(number);
        let seed = record::seed(self.identity.salt, number);
        let damaged = |what: &str| Err(Damage::new(&name, 0, what).into());
        if let Some(header) = read_header(file, seed).in_file(&name)? {
            let known = self.identity.lineage.lives().any(|l| l.incarnation == header.incarnation);
            return match header.number == number && header.base >= base && known {
                true => Ok(Some(header)),
                false => damaged("its header does not fit the segment before it"),
            };
        }
        let proven = proven_beyond(file, seed, 0).in_file(&name)?.max(self.proven());
        if number < self.newest || proven > base.max(self.identity.lineage.first()) {
            return damaged("its header is invalid, yet what follows proves that it was synced");
        }
        Ok(None)
    }

    /// The end of a log within a segment.
    fn open_end(&self, newest: Replayed<D>) -> Result<End<D>, OpenError> {
        let Replayed { ref segment, last, end, .. } = newest;
        let name = file_name(segment.number);
        let next = self.next(segment.number, end)?;
        let torn = written(&*segment.file, end).in_file(&name)?;
        let mut proven = self.proven();
        let torn = torn.map_or_else(|| lost_end(&newest), |torn| Ok(Some(torn))).in_file(&name)?;
        if torn.is_some() {
            let beyond = proven_beyond(&*segment.file, segment.seed, end).in_file(&name)?;
            proven = proven.max(beyond);
        }
        if proven > last && !Planted::SilentTruncation.is_on() {
            let what = "the record is invalid, yet what follows proves that it was synced";
            return Err(Damage::new(name, end, what).into());
        }
        Ok(End::Open { newest, next, torn })
    }

    /// The file after the last begun segment, if there is one; damage if it was begun.
    fn next(&self, number: u32, end: u64) -> Result<Option<Prepared<D>>, OpenError> {
        if number == self.newest {
            return Ok(None);
        }
        let (number, before) = (number + 1, file_name(number));
        let name = file_name(number);
        let file = Arc::new(self.disk.open(&name).in_file(&name)?);
        // The seal that is not there was synced before this was written.
        if number < self.newest || written(&*file, 0).in_file(&name)?.is_some() {
            let what = format!("the record is invalid, yet `{name}` proves that it was synced");
            return Err(Damage::new(before, end, what).into());
        }
        Ok(Some(Prepared { number, file }))
    }
}

/// The last byte that a file had when it was begun, if it is shorter now: its end was lost, or taken back for want of
/// space, and what is left may end with a record.
fn lost_end<D: Disk>(newest: &Replayed<D>) -> io::Result<Option<u64>> {
    let lost = newest.segment.file.len()? < newest.allocated;
    Ok(lost.then_some(newest.allocated.saturating_sub(1)))
}

/// The last byte that the torn first write of a segment left. An empty file has lost all: the segment before was sealed
/// only after this one had some length.
fn torn_start<F: DiskFile>(file: &F) -> io::Result<Option<u64>> {
    if file.len()? == 0 { Ok(Some(0)) } else { written(file, 0) }
}

/// The last byte at or after a place that is not zero.
fn written<F: DiskFile>(file: &F, from: u64) -> io::Result<Option<u64>> {
    Scanner::new(file, 0, from)?.written()
}

/// The last place that records at or after a place in a file prove to have been synced.
pub(super) fn proven_beyond<F: DiskFile>(file: &F, seed: u32, from: u64) -> io::Result<Position> {
    let mut scanner = Scanner::new(file, seed, from)?;
    let mut proven = Position::INCEPTION;
    while let Some((_, record)) = scanner.search()? {
        proven = proven.max(match record {
            Record::Batch(batch) => batch.header.synced,
            Record::Seal(seal) => seal.last,
        });
    }
    Ok(proven)
}
