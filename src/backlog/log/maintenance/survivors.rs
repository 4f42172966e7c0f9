//! The newest events of keys, which outlive their segments.
//!
//! A segment before the trim point stays as it is until at least half of its events are of no use. Then what is left of
//! it, together with small neighbours, takes the place of its file in one rename: a crash leaves the old one or the new.

use std::io;
use std::sync::{Arc, OnceLock};

use super::Maintenance;
use crate::backlog::log::disk::{Disk, DiskFile};
use crate::backlog::log::index;
use crate::backlog::log::read::find;
use crate::backlog::log::record::{BatchEncoder, Header, RECORD_HEADER, SEAL, Seal};
use crate::backlog::log::replace::{Replacement, remove};
use crate::backlog::log::segment::{Form, Segment, file_name};
use crate::backlog::log::sparse::SparseIndex;
use crate::backlog::log::state::Shared;
use crate::backlog::log::view::View;
use crate::cursor::Position;
use crate::event::StoredEvent;

/// Topics, and keys of one, taken from the table at once.
const STEP: usize = 256;
/// Bytes written at once.
const CHUNK: usize = 1 << 20;
/// A file of this share of a segment is small: it may join a neighbour that is written anew.
const SMALL: u64 = 8;

/// Rewrites or removes what is at least half dead.
pub(super) fn compact<D: Disk>(maintenance: &Maintenance<D>) -> io::Result<()> {
    let shared = &*maintenance.shared;
    let live = live_positions(shared);
    let view = shared.view.load_full();
    let mut group: Vec<Arc<Segment<D>>> = Vec::new();
    let mut due = false;
    let survivors = view.segments.iter().filter(|segment| segment.number < view.first);
    for segment in survivors {
        let dead = is_half_dead(segment, &live)?;
        let small = segment.bytes() <= shared.settings.segment_bytes / SMALL;
        if !dead && !small {
            rewrite_group(maintenance, std::mem::take(&mut group), due, &live)?;
            due = false;
            continue;
        }
        due |= dead;
        group.push(Arc::clone(segment));
    }
    rewrite_group(maintenance, group, due, &live)
}

/// Positions of all survivors, sorted: newest of their keys, at or before the trim point, and no tombstones.
fn live_positions<D: Disk>(shared: &Shared<D>) -> Vec<Position> {
    let earliest = shared.view.load().earliest;
    let mut live = Vec::new();
    if !shared.settings.keep_latest {
        return live;
    }
    let mut entries = shared.topics.after(None, STEP);
    while let Some(last) = entries.last().map(|entry| entry.topic().clone()) {
        for entry in &entries {
            let mut keys = entry.keys_after(None, STEP);
            while let Some(key) = keys.last().map(|(key, _)| key.clone()) {
                let states = keys.iter().map(|(_, state)| state);
                let kept = states.filter(|state| !state.deleted && state.position <= earliest);
                live.extend(kept.map(|state| state.position));
                keys = entry.keys_after(Some(&key), STEP);
            }
        }
        entries = shared.topics.after(Some(last.as_str()), STEP);
    }
    live.sort_unstable();
    live
}

/// The survivors of a segment.
fn of_segment<'l, D: Disk>(live: &'l [Position], segment: &Segment<D>) -> &'l [Position] {
    let last = segment.last(Position(u64::MAX));
    let from = live.partition_point(|position| *position <= segment.base);
    let to = live.partition_point(|position| *position <= last);
    live.get(from..to).unwrap_or_default()
}

fn is_half_dead<D: Disk>(segment: &Segment<D>, live: &[Position]) -> io::Result<bool> {
    let events = match &segment.form {
        Form::Sparse(sparse) => sparse.events(&*segment.file, segment.seed)?.len(),
        Form::Live(live) => live.count() as usize,
        Form::Stored(index) => index.count() as usize,
    };
    Ok(of_segment(live, segment).len() * 2 <= events)
}

/// Puts the survivors of adjacent segments into one file, or into none if there are none.
fn rewrite_group<D: Disk>(
    maintenance: &Maintenance<D>,
    group: Vec<Arc<Segment<D>>>,
    due: bool,
    live: &[Position],
) -> io::Result<()> {
    if !due {
        return Ok(());
    }
    let shared = &*maintenance.shared;
    let mut group = group.as_slice();
    while let Some(first) = group.first() {
        let mut rewriting = Rewriting::begin(shared, first)?;
        let mut taken = 0;
        for segment in group {
            if taken > 0 && rewriting.at() >= shared.settings.segment_bytes / SMALL {
                break;
            }
            // After a crash between renaming a file and removing what it replaces, both hold the same survivors.
            let taken_to = rewriting.last();
            for position in of_segment(live, segment).iter().filter(|at| **at > taken_to) {
                rewriting.take(shared, *position)?;
            }
            taken += 1;
        }
        let (done, rest) = group.split_at(taken);
        let written = rewriting.finish(shared, done)?;
        replace(maintenance, done, written)?;
        group = rest;
    }
    Ok(())
}

/// Makes a rewritten file, or the absence of one, what readers see, and removes the rest.
fn replace<D: Disk>(
    maintenance: &Maintenance<D>,
    old: &[Arc<Segment<D>>],
    new: Option<Arc<Segment<D>>>,
) -> io::Result<()> {
    let is_old = |segment: &Segment<D>| old.iter().any(|old| old.number == segment.number);
    maintenance.change_view(|view| {
        let kept = view.segments.iter().filter(|segment| !is_old(segment));
        let mut segments: Vec<_> = kept.chain(&new).cloned().collect();
        segments.sort_by_key(|segment| (segment.base, segment.number));
        View { segments, ..*view }
    })?;
    let disk = &maintenance.shared.disk;
    for segment in old {
        remove(disk, &index::file_name(segment.number))?;
        if new.as_ref().is_none_or(|new| new.number != segment.number) {
            remove(disk, &file_name(segment.number))?;
        }
    }
    disk.sync_dir()
}

/// A file of survivors on its way.
struct Rewriting<D: Disk> {
    replacement: Replacement<D>,
    number: u32,
    base: Position,
    seed: u32,
    written: u64,
    buffer: Vec<u8>,
    events: Vec<(Position, u32)>,
}

impl<D: Disk> Rewriting<D> {
    /// A file that takes the place of the first segment's.
    fn begin(shared: &Shared<D>, first: &Segment<D>) -> io::Result<Self> {
        let Segment { number, base, seed, .. } = *first;
        let replacement = Replacement::begin(&shared.disk, &file_name(number))?;
        let (incarnation, created) = (shared.lineage.current(), (shared.clock)());
        let buffer = Header { number, incarnation, base, created, allocated: 0 }.encode(seed);
        Ok(Self { replacement, number, base, seed, written: 0, buffer, events: Vec::new() })
    }

    fn at(&self) -> u64 {
        self.written + self.buffer.len() as u64
    }

    fn last(&self) -> Position {
        self.events.last().map_or(Position::INCEPTION, |(position, _)| *position)
    }

    /// Takes an event over, as a record of its own: its neighbours are gone.
    fn take(&mut self, shared: &Shared<D>, position: Position) -> io::Result<()> {
        let event = find(shared, position).map_err(|e| io::Error::other(format!("{e:?}")))?;
        let StoredEvent { published, wire, data_at, .. } = event;
        let offset = self.at() + RECORD_HEADER as u64;
        self.events.push((position, u32::try_from(offset).map_err(io::Error::other)?));
        let mut record = BatchEncoder::begin(&mut self.buffer, self.seed, position, position);
        record.put(published, &wire, data_at);
        record.finish();
        if self.buffer.len() >= CHUNK { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.replacement.file().write_at(&self.buffer, self.written)?;
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    /// Seals the file and gives it its name; `None` if nothing survived.
    fn finish(
        mut self,
        shared: &Shared<D>,
        old: &[Arc<Segment<D>>],
    ) -> io::Result<Option<Arc<Segment<D>>>> {
        let seals = old.iter().filter_map(|segment| segment.seal.get());
        let Some(last) = seals.max_by_key(|seal| seal.last).filter(|_| !self.events.is_empty())
        else {
            self.replacement.abandon(&shared.disk)?;
            return Ok(None);
        };
        let seal = Seal { len: self.at() + SEAL as u64, ..*last };
        seal.encode(&mut self.buffer, self.seed);
        self.flush()?;
        // An index file would belong to what is replaced.
        remove(&shared.disk, &index::file_name(self.number))?;
        shared.disk.sync_dir()?;
        let file = Arc::new(self.replacement.finish(&shared.disk)?);
        Ok(Some(Arc::new(Segment {
            number: self.number,
            base: self.base,
            seed: self.seed,
            file,
            form: Form::Sparse(SparseIndex::of(self.events)),
            seal: OnceLock::from(seal),
        })))
    }
}
