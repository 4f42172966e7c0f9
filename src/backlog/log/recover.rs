//! Finding the end of the log at the start.
//!
//! All up to the last proven place must be there; what is missing or invalid before it is damage. After it the log ends at
//! the first invalid record, and what was not proven is written anew and synced before it is served. A crash at any point of this changes nothing about what the next start finds.

use std::io;
use std::sync::Arc;

use super::active::Active;
use super::disk::{Disk, DiskFile};
use super::error::{Damage, InFile, OpenError};
use super::identity::Identity;
use super::manifest::Manifest;
use super::record::{self, ENTRY_HEADER, FIRST_RECORD, Header, Record};
use super::reopen;
use super::replay::{Replay, Replayed};
use super::scan::Scanner;
use super::segment::{Segment, file_name};
use super::state::Prepared;
use super::writer::Tail;
use crate::cursor::Position;
use crate::limits::APPEND_QUEUE;

/// Positions by which the log moves on beyond what a cut could have held.
const GAP: u64 = APPEND_QUEUE as u64 * 1000;

/// The log as found.
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

    /// Reads all segments and settles where the log ends.
    pub fn run(mut self) -> Result<Recovered<D>, OpenError> {
        let mut segments = Vec::new();
        let mut before: Option<Replayed<D>> = None;
        let mut last = self.manifest.earliest;
        let mut number = self.manifest.first;
        loop {
            let file = Arc::new(self.disk.open(&file_name(number)).in_file(&file_name(number))?);
            let Some(header) = self.header(number, &file, last)? else {
                // The newest seal may not have been synced; the ones before it were.
                before.map_or(Ok(()), |before| before.rewrite())?;
                let prepared = Some(Prepared { number, file });
                let tail = Tail { active: None, number: number - 1, last, time: self.replay.time };
                return Ok(Recovered { segments, tail, prepared, cut: None });
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
                    return self.open_end(segments, found);
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
        let mut scanner = Scanner::new(file, seed, 0).in_file(&name)?;
        if number < self.newest || scanner.search().in_file(&name)?.is_some() {
            return damaged("its header is invalid, yet what follows proves that it was synced");
        }
        if self.proven() > base {
            return damaged("its header is invalid, yet the log was synced beyond");
        }
        let written =
            Scanner::new(file, seed, 0).and_then(|mut all| all.written()).in_file(&name)?;
        written.map(|written| self.mend_header(number, file, beyond(base, written))).transpose()
    }

    /// Gives a segment whose first write was torn a header, so that the rest of the write is cut as any other.
    fn mend_header(
        &self,
        number: u32,
        file: &D::File,
        base: Position,
    ) -> Result<Header, OpenError> {
        let incarnation = self.identity.lineage.current();
        let header = Header { number, incarnation, base, created: self.replay.now };
        let bytes = header.encode(record::seed(self.identity.salt, number));
        file.write_at(&bytes, 0).and_then(|()| file.sync()).in_file(&file_name(number))?;
        Ok(header)
    }

    /// The end of a log within a segment.
    fn open_end(
        self,
        segments: Vec<Arc<Segment<D>>>,
        found: Replayed<D>,
    ) -> Result<Recovered<D>, OpenError> {
        let Replayed { ref segment, last, end, .. } = found;
        let name = file_name(segment.number);
        let prepared = self.prepared(segment.number, end)?;
        if self.proven_beyond(segment, end)?.max(self.proven()) > last {
            let what = "the record is invalid, yet what follows proves that it was synced";
            return Err(Damage::new(name, end, what).into());
        }
        found.rewrite()?;
        let torn = Scanner::new(&*segment.file, segment.seed, end).and_then(|mut s| s.written());
        let number = segment.number;
        let mut active = Active::resume(found.segment, end, found.created).in_file(&name)?;
        let Some(torn) = torn.in_file(&name)? else {
            let tail = Tail { active: Some(active), number, last, time: self.replay.time };
            return Ok(Recovered { segments, tail, prepared, cut: None });
        };
        let prepared = prepared.map_or_else(|| self.next_file(number + 1), Ok)?;
        let next = beyond(last, torn - end);
        active.seal(last, next, self.replay.time).in_file(&name)?;
        let tail = Tail { active: None, number, last: next, time: self.replay.time };
        let cut = Some(cut_text(&name, end, torn + 1 - end, last, next));
        Ok(Recovered { segments, tail, prepared: Some(prepared), cut })
    }

    /// The file after the last begun segment, if there is one; damage if it was begun.
    fn prepared(&self, number: u32, end: u64) -> Result<Option<Prepared<D>>, OpenError> {
        if number == self.newest {
            return Ok(None);
        }
        let name = file_name(number + 1);
        let file = self.disk.open(&name).in_file(&name)?;
        let seed = record::seed(self.identity.salt, number + 1);
        let begun = number + 1 < self.newest
            || read_header(&file, seed).in_file(&name)?.is_some()
            || Scanner::new(&file, seed, 0)
                .and_then(|mut s| Ok(s.search()?.is_some()))
                .in_file(&name)?;
        if begun {
            let what = format!("the record is invalid, yet `{name}` proves that it was synced");
            return Err(Damage::new(file_name(number), end, what).into());
        }
        Ok(Some(Prepared { number: number + 1, file: Arc::new(file) }))
    }

    /// The last place that records beyond an invalid one prove to have been synced.
    fn proven_beyond(&self, segment: &Segment<D>, end: u64) -> Result<Position, OpenError> {
        let name = file_name(segment.number);
        let mut scanner = Scanner::new(&*segment.file, segment.seed, end).in_file(&name)?;
        let mut proven = Position::INCEPTION;
        while let Some((_, record)) = scanner.search().in_file(&name)? {
            proven = proven.max(match record {
                Record::Batch(batch) => batch.header.synced,
                Record::Seal(seal) => seal.last,
            });
        }
        Ok(proven)
    }

    /// Makes the file of the next segment known, before a seal says that it exists.
    fn next_file(&self, number: u32) -> Result<Prepared<D>, OpenError> {
        let name = file_name(number);
        let file = self.disk.create(&name).in_file(&name)?;
        file.sync().and_then(|()| self.disk.sync_dir()).in_file(&name)?;
        Ok(Prepared { number, file: Arc::new(file) })
    }
}

/// Reads the header of a segment; `None` if it is invalid.
pub fn read_header<F: DiskFile>(file: &F, seed: u32) -> io::Result<Option<Header>> {
    if file.len()? < FIRST_RECORD {
        return Ok(None);
    }
    let mut bytes = vec![0; FIRST_RECORD as usize];
    file.read_at(&mut bytes, 0)?;
    Ok(Header::decode(&bytes, seed))
}

/// A position beyond all that so many bytes after `last` could have held.
fn beyond(last: Position, bytes: u64) -> Position {
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

fn cut_text(name: &str, at: u64, bytes: u64, last: Position, next: Position) -> String {
    format!(
        "{bytes} bytes at byte {at} of `{name}`, which a crash left incomplete: what was published \
         after position {last} and was not answered; the log goes on after position {next}"
    )
}
