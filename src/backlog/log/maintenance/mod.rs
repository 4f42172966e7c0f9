//! What goes on behind writer and readers: the next segment, index files, checkpoints, retention, survivors.
//!
//! One thread drives it, or a simulation; each part leaves the directory so that a crash at any point of it costs no
//! event.

mod drop;
mod indexing;
mod retention;
mod survivors;

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::checkpoint::{self, Reach};
use super::disk::Disk;
use super::prepare::{is_no_space, prepare};
use super::record;
use super::state::Shared;
use super::view::View;
use crate::backlog::Health;
use crate::cursor::Position;
use crate::event::Micros;

/// A checkpoint is due when this many times its own bytes were sealed.
const CHECKPOINT_SHARE: u64 = 2;

/// Maintains a log.
pub struct Maintenance<D: Disk> {
    shared: Arc<Shared<D>>,
    /// What the checkpoint on the disk covers, and its bytes.
    reach: Reach,
    checkpoint_bytes: u64,
    /// Something was dropped whose space is not given back yet.
    dropped: bool,
}

/// Seeds the checksums of the checkpoint.
pub fn checkpoint_seed(salt: u64) -> u32 {
    record::seed(salt, 0)
}

impl<D: Disk> Maintenance<D> {
    /// Maintenance of a log whose checkpoint, if any, reaches this far.
    pub fn begin(shared: Arc<Shared<D>>, reach: Option<Reach>) -> io::Result<Self> {
        let earliest = shared.view.load().earliest;
        if reach.is_some_and(|reach| reach.earliest < earliest) {
            // The last life dropped segments and ended before it wrote that down.
            drop::recount(&shared)?;
        }
        let inception = Position::INCEPTION;
        let none = Reach { at: inception, earliest: inception, time: Micros::default() };
        let (reach, dropped) = (reach.unwrap_or(none), shared.view.load().has_survivors());
        Ok(Self { shared, reach, checkpoint_bytes: 0, dropped })
    }

    /// Does all that is due. After an error it is called again some time later.
    pub fn step(&mut self) -> io::Result<()> {
        self.prepare_next()?;
        indexing::index_sealed(&self.shared)?;
        self.checkpoint_if_due()?;
        if let Some(earliest) = retention::due(&self.shared) {
            self.drop_before(earliest)?;
        }
        self.give_back()
    }

    /// Drops the whole segments before a place.
    pub fn trim(&mut self, before: Position) -> io::Result<()> {
        match retention::trimmed(&self.shared, before) {
            Some(earliest) => self.drop_before(earliest)?,
            None => return Ok(()),
        }
        self.give_back()
    }

    /// Makes the file of the next segment, so that the writer need not.
    fn prepare_next(&self) -> io::Result<()> {
        if *self.shared.health.lock() != Health::Ok {
            return Ok(());
        }
        let mut next = self.shared.next.lock();
        if next.is_some() {
            return Ok(());
        }
        let view = self.shared.view.load_full();
        let Some(newest) = view.segments.last() else { return Ok(()) };
        // If all that was listed is dropped while the writer begins a segment, the last that is listed is an older one.
        let newest = newest.number.max(view.first.saturating_sub(1));
        match prepare(&self.shared.disk, &self.shared.settings, newest + 1) {
            Ok(prepared) => *next = Some(prepared),
            // The writer is just about to begin it, or finds out itself that there is no space.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) if is_no_space(&error) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Writes a checkpoint when reading what it lacks would take a start longer than reading it.
    fn checkpoint_if_due(&mut self) -> io::Result<()> {
        let sealed: u64 = {
            let view = self.shared.view.load();
            let later = view.segments.iter().filter_map(|segment| segment.seal.get());
            later.filter(|seal| seal.last > self.reach.at).map(|seal| seal.len).sum()
        };
        if sealed > 0 && sealed >= self.checkpoint_bytes.saturating_mul(CHECKPOINT_SHARE) {
            self.checkpoint()?;
        }
        Ok(())
    }

    /// Writes a checkpoint.
    pub fn checkpoint(&mut self) -> io::Result<()> {
        let shared = &self.shared;
        // The head before all else: what is at or before it is in the table.
        let at = shared.head();
        let ids = shared.ids.lock().pieces();
        let view = shared.view.load_full();
        // What is dropped later tells no more when it was published.
        let sealed = view.segments.iter().filter_map(|segment| segment.seal.get());
        let time = sealed.map(|seal| seal.time).max().unwrap_or_default().max(self.reach.time);
        let reach = Reach { at, earliest: view.earliest, time };
        let seed = checkpoint_seed(shared.salt);
        self.checkpoint_bytes = checkpoint::write(&shared.disk, seed, reach, &shared.topics, &ids)?;
        self.reach = reach;
        shared.checkpoint.store(at.0, Ordering::Release);
        Ok(())
    }

    /// Moves the trim point forward, to the end of a segment.
    fn drop_before(&mut self, earliest: Position) -> io::Result<()> {
        if self.reach.at < earliest {
            // A start reads no more what lies before the trim point: ids and keys must be known without it. The reserve
            // is there so that there is space for that.
            self.checkpoint()?;
        }
        let before = self.shared.view.load_full();
        // All that can fail comes first: what is dropped is read no more, and would be counted for ever.
        let dropped = drop::count(&self.shared, retention::passed(&before, earliest))?;
        self.change_view(|view| retention::moved(view, earliest))?;
        self.count(&before, earliest);
        self.dropped = true;
        drop::forget(&self.shared, dropped, earliest);
        Ok(())
    }

    /// Counts what the trim point has passed.
    fn count(&self, before: &View<D>, earliest: Position) {
        let (head, metrics) = (self.shared.head(), &self.shared.metrics);
        metrics.retentions.count();
        for segment in retention::passed(before, earliest) {
            metrics.retired_segments.count();
            metrics.retired_events.add(segment.events(head));
        }
    }

    /// Gives back the space of what was dropped, but for what survives.
    fn give_back(&mut self) -> io::Result<()> {
        if self.dropped {
            // What is forgotten must not come back once the records are gone that say so.
            self.checkpoint()?;
            survivors::compact(self)?;
            self.dropped = false;
        }
        Ok(())
    }

    /// Makes another view durable, then visible. The writer may add segments meanwhile.
    fn change_view(&self, change: impl Fn(&View<D>) -> View<D>) -> io::Result<()> {
        let proven = self.shared.head();
        let changed = change(&self.shared.view.load());
        let manifest = super::manifest::Manifest::of(&changed, proven, self.reach.at);
        manifest.write(&self.shared.disk).map_err(io::Error::other)?;
        self.shared.view.rcu(|view| change(view));
        Ok(())
    }
}
