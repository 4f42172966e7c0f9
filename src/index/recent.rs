//! The newest events without their data, from which a hint's topics are derived when it is sent.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::RwLock;

use crate::cursor::Position;
use crate::event::EventHead;
use crate::limits::{HINT_TOPICS, RECENT_BYTES, RECENT_EVENTS};
use crate::topic::{Selection, Topic};

/// Events with their places, in order.
pub type Events = Arc<Vec<(Position, EventHead)>>;

/// A bounded ring of events; what was appended together leaves it together.
#[derive(Debug)]
pub struct Recent(RwLock<Ring>);

#[derive(Debug)]
struct Ring {
    batches: VecDeque<Batch>,
    events: usize,
    bytes: usize,
    /// Every event after this place is in the ring.
    complete_after: Position,
}

#[derive(Debug)]
struct Batch {
    events: Events,
    bytes: usize,
}

impl Recent {
    /// An empty ring, at a place.
    pub fn new(complete_after: Position) -> Self {
        Self(RwLock::new(Ring { batches: VecDeque::new(), events: 0, bytes: 0, complete_after }))
    }

    /// Adds events, which come in order.
    pub fn push(&self, events: Events) {
        let bytes = events.iter().map(|(_, head)| size(head)).sum();
        let mut ring = self.0.write();
        ring.events += events.len();
        ring.bytes += bytes;
        ring.batches.push_back(Batch { events, bytes });
        ring.shrink();
    }

    /// The topics of selected events after one place and up to another, and whether these may not be all.
    pub fn topics(
        &self,
        selection: &Selection,
        after: Position,
        upto: Position,
    ) -> (Vec<Topic>, bool) {
        let ring = self.0.read();
        let mut topics: Vec<Topic> = Vec::new();
        let newest_first = ring.batches.iter().rev().flat_map(|batch| batch.events.iter().rev());
        let newest_first = newest_first.skip_while(|(position, _)| *position > upto);
        for (_, head) in newest_first.take_while(|(position, _)| *position > after) {
            if topics.contains(&head.topic) || !selected(selection, head) {
                continue;
            }
            if topics.len() == HINT_TOPICS {
                return (topics, true);
            }
            topics.push(head.topic.clone());
        }
        (topics, after < ring.complete_after)
    }
}

impl Ring {
    /// Drops the oldest as long as enough stay without them; the newest batch always stays.
    fn shrink(&mut self) {
        while self.batches.len() > 1 && (self.spare_events() || self.bytes > RECENT_BYTES) {
            self.drop_oldest();
        }
    }

    fn spare_events(&self) -> bool {
        let oldest = self.batches.front().map_or(0, |batch| batch.events.len());
        self.events - oldest >= RECENT_EVENTS
    }

    fn drop_oldest(&mut self) {
        let Some(oldest) = self.batches.pop_front() else { return };
        self.events -= oldest.events.len();
        self.bytes -= oldest.bytes;
        if let Some((position, _)) = oldest.events.last() {
            self.complete_after = *position;
        }
    }
}

fn selected(selection: &Selection, head: &EventHead) -> bool {
    selection.patterns.matches(head.topic.as_str()) && head.passes(&selection.filter)
}

fn size(head: &EventHead) -> usize {
    let attributes: usize =
        head.attributes.iter().map(|(key, value)| key.len() + value.len()).sum();
    size_of::<EventHead>()
        + head.topic.as_str().len()
        + head.key.len()
        + head.event_type.len()
        + attributes
}
