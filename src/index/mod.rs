//! Who wants to know what: subscribers by pattern, and what each of them has yet to be told.
//!
//! The way of the data: what was appended comes into [`Index::spread`], which finds the [groups](group) of the patterns that
//! match, touches the [slots](slot) in them, and moves the watermark. A subscriber reads the watermark first, then its slot.

pub mod clock;
pub mod group;
pub mod groups;
#[cfg(feature = "loom")]
#[cfg(test)]
mod loom_tests;
pub mod recent;
pub mod shape;
pub mod shapes;
pub mod slot;
pub mod spread;
#[cfg(test)]
mod tests;
pub mod wheel;

use std::sync::Arc;
use std::time::Duration;

use clock::{Clock, millis};
use groups::Groups;
use recent::Recent;
use slot::{Beat, Slot};
use wheel::Wheel;

use crate::cursor::Position;
use crate::error::Error;
use crate::metrics::Counter;
use crate::sync::atomic::{AtomicU64, Ordering};
use crate::topic::Selection;
use crate::wake::together;

/// Tick of what is told later because of a minimum interval.
const PACING_TICK: Duration = Duration::from_millis(10);
/// Ticks in a heartbeat interval, at least.
const BEAT_TICKS: u32 = 32;
/// Longest tick of heartbeats and ages.
const BEAT_TICK_MAX: Duration = Duration::from_secs(1);

/// All subscribers.
#[derive(Debug)]
pub struct Index {
    groups: Groups,
    recent: Recent,
    watermark: AtomicU64,
    clock: Clock,
    pacing: Wheel<Arc<Slot>>,
    beats: Wheel<Arc<Slot>>,
    /// Every watched slot is looked at this often, in ms: half of the shortest time that a stream may be silent.
    look: u64,
    merged: Counter,
}

impl Index {
    /// An index without subscribers, for what is appended after `head`.
    pub fn new(head: Position, heartbeat_interval: Duration) -> Self {
        Self {
            groups: Groups::default(),
            recent: Recent::new(head),
            watermark: AtomicU64::new(head.0),
            clock: Clock::start(),
            pacing: Wheel::new(PACING_TICK),
            beats: Wheel::new((heartbeat_interval / BEAT_TICKS).min(BEAT_TICK_MAX)),
            look: millis(heartbeat_interval / 2).max(1),
            merged: Counter::default(),
        }
    }

    /// Registers a slot, until the registration is dropped. What it reads of the backlog from now on and what its slot is
    /// told leave nothing out between them.
    ///
    /// # Errors
    ///
    /// [`Error::LimitReached`] for stars in too many ways, and for patterns.
    pub fn register(
        self: &Arc<Self>,
        selection: Selection,
        slot: Slot,
    ) -> Result<Registration, Error> {
        let slot = Arc::new(slot);
        self.groups.add(&selection.patterns, &slot)?;
        Ok(Registration { index: Arc::clone(self), slot, selection })
    }

    /// Everybody whom an event up to here concerns has been touched.
    pub fn watermark(&self) -> Position {
        Position(self.watermark.load(Ordering::Acquire))
    }

    pub(crate) fn move_watermark(&self, head: Position) {
        self.watermark.fetch_max(head.0, Ordering::AcqRel);
    }

    /// The newest events.
    pub fn recent(&self) -> &Recent {
        &self.recent
    }

    /// Touches so far that found a slot with news to tell.
    pub fn merged(&self) -> u64 {
        self.merged.get()
    }

    /// Patterns that are registered.
    pub fn patterns(&self) -> usize {
        self.groups.patterns()
    }

    /// The clock that all times of the index are of.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Tick of heartbeats and ages, in ms.
    pub fn beat_tick(&self) -> u64 {
        self.beats.tick()
    }

    /// Has the clock look after a slot from now on: signs of life, and its end.
    pub fn watch(&self, slot: &Arc<Slot>) {
        let now = self.clock.now();
        if let Beat::Again(at) = slot.tick(now, self.look) {
            self.beats.add(at, Arc::clone(slot));
        }
    }

    /// Wakes everybody.
    pub fn wake_all(&self) {
        together(|| self.groups.for_each(|group| group.wake()));
    }

    /// Tells, for ever, what was put off.
    pub async fn pace(&self) {
        self.pacing.turn(self.clock, |slot| slot.release()).await;
    }

    /// Asks, for ever, for signs of life.
    pub async fn beat(&self) {
        self.beats.turn(self.clock, |slot| self.watch(&slot)).await;
    }
}

/// A registered slot; dropping it takes the slot out of the index.
#[derive(Debug)]
pub struct Registration {
    index: Arc<Index>,
    slot: Arc<Slot>,
    selection: Selection,
}

impl Registration {
    /// The slot.
    pub fn slot(&self) -> &Arc<Slot> {
        &self.slot
    }

    /// The watermark and the newest event that the slot was touched for. In this order: no event at or before the
    /// watermark that concerns the slot is after the newest.
    pub fn reach(&self) -> (Position, Position) {
        let watermark = self.index.watermark();
        (watermark, self.slot.newest())
    }

    /// What it is registered for.
    pub fn selection(&self) -> &Selection {
        &self.selection
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.slot.close();
        self.index.groups.remove(&self.selection.patterns, &self.slot);
    }
}
