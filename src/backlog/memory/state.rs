//! What the engine holds.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::ids::IdWindow;
use crate::backlog::Appended;
use crate::cursor::Position;
use crate::event::{EventHead, Micros, StoredEvent};
use crate::lineage::Extent;
use crate::topic::table::TopicEntry;

/// Events told to the tail at once.
const TOLD_AT_ONCE: usize = 1024;

/// All that changes, behind one lock.
#[derive(Debug, Default)]
pub struct State {
    pub extent: Extent,
    pub closed: bool,
    /// The retained events.
    pub(super) events: VecDeque<Held>,
    /// Encoded bytes of these.
    pub(super) bytes: u64,
    /// Newest events of keys, from before earliest.
    pub(super) survivors: BTreeMap<Position, StoredEvent>,
    pub(super) ids: IdWindow,
    /// When the newest event, and when the newest trimmed one, was published.
    pub(super) last_published: Micros,
    pub(super) trimmed_published: Option<Micros>,
    /// How far the tail has heard, if there is one.
    pub(super) told: Option<Position>,
}

/// A retained event.
#[derive(Debug)]
pub struct Held {
    pub(super) stored: StoredEvent,
    pub(super) head: EventHead,
    pub(super) entry: Arc<TopicEntry>,
}

impl State {
    /// How many events are retained.
    pub fn len(&self) -> u64 {
        self.events.len() as u64
    }

    /// Index of the first event after a place.
    pub(super) fn first_after(&self, place: Position) -> usize {
        self.events.partition_point(|held| held.stored.position <= place)
    }

    /// From now on nothing is trimmed that the tail has not heard of.
    pub fn begin_telling(&mut self) -> Position {
        self.told = Some(self.extent.head);
        self.extent.head
    }

    /// The tail listens no more.
    pub fn stop_telling(&mut self) {
        self.told = None;
    }

    /// What comes after what the tail has heard, if there is anything.
    pub fn after(&mut self, told: Position) -> Option<Appended> {
        let news = self.events.range(self.first_after(told)..).take(TOLD_AT_ONCE);
        let events: Vec<_> = news.map(|h| (h.stored.position, h.head.clone())).collect();
        let head = events.last()?.0;
        self.told = Some(head);
        Some(Appended { events, published: self.last_published, head })
    }
}
