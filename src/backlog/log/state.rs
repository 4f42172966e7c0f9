//! What writer, readers and maintenance share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use parking_lot::{Condvar, Mutex};

use super::disk::Disk;
use super::hot::HotTail;
use super::ids::IdWindow;
use super::manifest::Manifest;
use super::settings::LogSettings;
use super::view::View;
use crate::backlog::{Health, Status};
use crate::cursor::Position;
use crate::event::Micros;
use crate::lineage::{Extent, Lineage};
use crate::metrics::LogMetrics;
use crate::topic::table::TopicTable;

/// The time now; passed in, so that a simulation can say it.
pub type Clock = Arc<dyn Fn() -> Micros + Send + Sync>;

/// What writer, readers and maintenance share.
pub struct Shared<D: Disk> {
    /// The directory.
    pub disk: D,
    /// The settings.
    pub settings: LogSettings,
    /// The lives of the backlog.
    pub lineage: Lineage,
    /// Secret of the backlog, in the seed of its checksums.
    pub salt: u64,
    /// Whether the newest event of each key was always kept.
    pub snapshot_covers: bool,
    /// What the start cut from an unsynced end.
    pub last_cut: Option<String>,
    /// All topics; written before the head.
    pub topics: Arc<TopicTable>,
    /// The newest events; written before the head.
    pub hot: HotTail,
    /// The segments. Changed with `rcu` alone: writer and maintenance both do.
    pub view: ArcSwap<View<D>>,
    /// The next segment's file, once maintenance has prepared it.
    pub next: Mutex<Option<Prepared<D>>>,
    /// Wakes maintenance.
    pub work: Signal,
    /// What is counted.
    pub metrics: LogMetrics,
    /// The time now.
    pub clock: Clock,
    /// What the log can still do.
    pub health: Mutex<Health>,
    /// The ids used lately.
    pub ids: Mutex<IdWindow>,
    /// How far the checkpoint on the disk reaches; inception if there is none. Stored by maintenance alone.
    pub checkpoint: AtomicU64,
    /// Position of the newest event that readers may see; stored by the writer alone, after all else.
    pub head: AtomicU64,
}

/// A segment's file, created, allocated and synced, but not begun.
#[derive(Debug)]
pub struct Prepared<D: Disk> {
    /// Its number.
    pub number: u32,
    /// The file: all zeros.
    pub file: Arc<D::File>,
}

impl<D: Disk> Shared<D> {
    /// The place after the newest event that readers may see.
    pub fn head(&self) -> Position {
        Position(self.head.load(Ordering::Acquire))
    }

    /// What must be there now.
    pub fn manifest(&self) -> Manifest {
        // The head first: what it proves is in the view that is loaded after it.
        let proven = self.head();
        let checkpoint = Position(self.checkpoint.load(Ordering::Acquire));
        Manifest::of(&self.view.load(), proven, checkpoint)
    }

    /// What the log is and how it fares.
    pub fn status(&self) -> Status {
        let (head, view) = (self.head(), self.view.load());
        let retained = view.segments.iter().filter(|segment| segment.number >= view.first);
        Status {
            engine: "log",
            health: self.health.lock().clone(),
            bytes: view.segments.iter().map(|segment| segment.bytes()).sum(),
            events: retained.map(|segment| segment.events(head)).sum(),
            segments: view.segments.len(),
            last_cut: self.last_cut.clone(),
            snapshot_covers: self.snapshot_covers,
        }
    }

    /// How far the log reaches now.
    pub fn extent(&self) -> Extent {
        let head = self.head();
        Extent { earliest: self.view.load().earliest.min(head), head }
    }
}

/// A flag that one thread waits for.
#[derive(Debug, Default)]
pub struct Signal {
    raised: Mutex<bool>,
    changed: Condvar,
}

impl Signal {
    /// Raises the flag.
    pub fn raise(&self) {
        *self.raised.lock() = true;
        self.changed.notify_one();
    }

    /// Waits until it is raised or the time is over, and lowers it.
    pub fn wait(&self, at_most: Duration) {
        let mut raised = self.raised.lock();
        if !*raised {
            self.changed.wait_for(&mut raised, at_most);
        }
        *raised = false;
    }
}
