//! Verifying a log that no hub has open, without changing anything.

use std::sync::Arc;

use super::checkpoint::{self, CHECKPOINT};
use super::disk::{Disk, DiskFile};
use super::error::{Damage, InFile, OpenError};
use super::identity::Identity;
use super::index::{self, IndexFile};
use super::maintenance::checkpoint_seed;
use super::manifest::Manifest;
use super::open::{expect_backlog, lock, segment_numbers};
use super::pages::{PAGE, read_pages};
use super::record::{self, FIRST_RECORD, Record};
use super::recover::{End, Found, Recovery};
use super::reopen;
use super::replay::Replay;
use super::scan::Scanner;
use super::segment::{file_name, read_header};
use crate::cursor::Position;
use crate::lineage::Lineage;
use crate::topic::table::TopicTable;

/// What a log holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Its lives.
    pub lineage: Lineage,
    /// The trim point.
    pub earliest: Position,
    /// The place after its newest event.
    pub head: Position,
    /// Segments after the trim point.
    pub segments: usize,
    /// Events in them.
    pub events: u64,
    /// Newest events of their keys that lie before the trim point.
    pub survivors: u64,
    /// Bytes of all events, as kept.
    pub bytes: u64,
    /// Topics of the events after the trim point.
    pub topics: usize,
    /// Places where an earlier start cut an unsynced end: the position before, and the one after which the log went on.
    pub cuts: Vec<(Position, Position)>,
    /// What the next start will do by itself: cut an unsynced end, rebuild what is missing.
    pub notes: Vec<String>,
}

/// Verifies every byte that can be verified.
///
/// # Errors
/// The first damage; a directory that holds no backlog, or that a hub has open.
pub fn check<D: Disk>(disk: &D) -> Result<Summary, OpenError> {
    expect_backlog(disk)?;
    let _lock = lock(disk)?;
    check_unlocked(disk)
}

/// The same for files that nobody changes.
pub(super) fn check_unlocked<D: Disk>(disk: &D) -> Result<Summary, OpenError> {
    Checking::begin(disk)?.run()
}

/// A check under way.
struct Checking<'a, D> {
    disk: &'a D,
    identity: Identity,
    manifest: Manifest,
    /// How far the checkpoint reaches, if it is whole.
    checkpoint: Option<Position>,
    notes: Vec<String>,
}

/// What is counted in segments.
#[derive(Debug, Default)]
struct Tally {
    events: u64,
    bytes: u64,
    /// Where entries begin.
    offsets: Vec<u32>,
}

impl<'a, D: Disk> Checking<'a, D> {
    fn begin(disk: &'a D) -> Result<Self, OpenError> {
        let (identity, mut manifest) = (Identity::read(disk)?, Manifest::read(disk)?);
        let checkpoint = known(disk, identity.salt)?;
        manifest.proven = manifest.proven.max(checkpoint.unwrap_or_default());
        Ok(Self { disk, identity, manifest, checkpoint, notes: Vec::new() })
    }

    fn run(mut self) -> Result<Summary, OpenError> {
        let (mut kept, mut retained) = (Tally::default(), Tally::default());
        for number in self.manifest.survivors.clone() {
            reopen::survivors(self.disk, self.identity.salt, number)?;
            if let Some(end) = self.segment(number, &mut kept)? {
                let what = "the record is invalid, yet the segment was sealed";
                return Err(Damage::new(file_name(number), end, what).into());
            }
        }
        self.checkpoint()?;
        let Walked { found, topics } = self.walk()?;
        let mut cuts = Vec::new();
        for segment in &found.segments {
            self.segment(segment.number, &mut retained)?;
            cuts.extend(segment.seal.get().map(|seal| (seal.last, seal.next)));
        }
        cuts.retain(|(last, next)| last != next);
        let head = self.head(&found.end);
        Ok(Summary {
            lineage: self.identity.lineage,
            earliest: self.manifest.earliest,
            head,
            segments: found.segments.len(),
            events: retained.events,
            survivors: kept.events,
            bytes: retained.bytes + kept.bytes,
            topics: topics.len(),
            cuts,
            notes: self.notes,
        })
    }

    /// Finds what a start would, from the records alone.
    fn walk(&self) -> Result<Walked<D>, OpenError> {
        let numbers = segment_numbers(self.disk, &self.manifest)?;
        let mut replay = Replay::without_ids();
        let topics = Arc::clone(&replay.topics);
        let recovery =
            Recovery::new(self.disk, &self.identity, &self.manifest, &numbers, &mut replay)?;
        Ok(Walked { found: recovery.find()?, topics })
    }

    /// The head as of the last valid record, and a note on what is behind it.
    fn head(&mut self, end: &End<D>) -> Position {
        let (number, head, at, torn) = match end {
            End::Sealed { next, base, torn, .. } => (next.number, *base, 0, torn),
            End::Open { newest, torn, .. } => {
                (newest.segment.number, newest.last, newest.end, torn)
            }
        };
        if let Some(torn) = torn {
            let (name, bytes) = (file_name(number), torn + 1 - at);
            self.notes.push(format!(
                "the next start will cut {bytes} bytes at byte {at} of `{name}`, which a crash left incomplete; what they \
                 held was not answered"
            ));
        }
        head
    }

    /// Verifies each entry of a segment by itself, and its index; tells where it ends if that is without a seal.
    fn segment(&mut self, number: u32, tally: &mut Tally) -> Result<Option<u64>, OpenError> {
        let name = file_name(number);
        let seed = record::seed(self.identity.salt, number);
        let file = self.disk.open(&name).in_file(&name)?;
        let mut scanner = Scanner::new(&file, seed, FIRST_RECORD).in_file(&name)?;
        tally.offsets.clear();
        let unsealed = loop {
            let (at, batch) = match scanner.advance().in_file(&name)? {
                Some((at, Record::Batch(batch))) => (at, batch),
                Some((_, Record::Seal(_))) => break None,
                None => break Some(scanner.end()),
            };
            if !batch.entries_are_valid(seed) {
                return Err(Damage::new(name, at, "an event's own checksum does not match").into());
            }
            for (place, entry) in batch.entries() {
                tally.events += 1;
                tally.bytes += entry.wire.len() as u64;
                tally.offsets.push(at as u32 + place as u32);
            }
        };
        let header = read_header(&file, seed).in_file(&name)?;
        let base = header.map(|header| header.base).unwrap_or_default();
        self.index(number, base, seed, &tally.offsets)?;
        Ok(unsealed)
    }

    fn index(
        &mut self,
        number: u32,
        base: Position,
        seed: u32,
        offsets: &[u32],
    ) -> Result<(), OpenError> {
        let name = index::file_name(number);
        let Ok(file) = self.disk.open(&name) else { return Ok(()) };
        let len = file.len().in_file(&name)?;
        let mut whole = len.is_multiple_of(PAGE as u64);
        for page in 0..(len / PAGE as u64) as u32 {
            whole &= read_pages(&file, seed, page, 1).in_file(&name)?.is_some();
        }
        let opened = IndexFile::open(file, seed, number, base).in_file(&name)?;
        let listed = match opened.filter(|_| whole) {
            Some(index) => index.offsets(0, index.count()).in_file(&name)?,
            None => None,
        };
        if listed.as_deref() != Some(offsets) {
            self.notes.push(format!("`{name}` is damaged; it is rebuilt from its segment"));
        }
        Ok(())
    }

    fn checkpoint(&mut self) -> Result<(), OpenError> {
        self.manifest.expect_checkpoint(self.checkpoint)?;
        let there = self.disk.list().in_file(CHECKPOINT)?.iter().any(|found| found == CHECKPOINT);
        if there && self.checkpoint.is_none() {
            self.notes.push(format!(
                "`{CHECKPOINT}` is damaged; the next start reads all segments instead"
            ));
        }
        Ok(())
    }
}

/// All events up to here were synced, as the checkpoint knows; `None` if there is none that is whole.
pub(super) fn known<D: Disk>(disk: &D, salt: u64) -> Result<Option<Position>, OpenError> {
    let loaded = checkpoint::load(disk, checkpoint_seed(salt), &TopicTable::default());
    Ok(loaded.in_file(CHECKPOINT)?.map(|loaded| loaded.reach.at))
}

/// What a walk over all segments gives.
struct Walked<D: Disk> {
    found: Found<D>,
    topics: Arc<TopicTable>,
}
