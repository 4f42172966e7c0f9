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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use crate::topic::Patterns;

    fn batch(from: u64, topics: &[&str]) -> Events {
        let head =
            |topic: &&str| Event::new(Topic::parse(topic, "topic").unwrap(), "").encode().head;
        Arc::new((from..).map(Position).zip(topics.iter().map(head)).collect())
    }

    fn topics(recent: &Recent, pattern: &str, after: u64, upto: u64) -> (Vec<String>, bool) {
        let selection = Selection::of(Patterns::parse(&[pattern], 1, "topics").unwrap());
        let (topics, more) = recent.topics(&selection, Position(after), Position(upto));
        (topics.iter().map(Topic::to_string).collect(), more)
    }

    #[test]
    fn topics_are_those_of_events_between_two_places() {
        let recent = Recent::new(Position(0));
        recent.push(batch(1, &["a", "b"]));
        recent.push(batch(3, &["a", "~c", "d"]));
        assert_eq!(topics(&recent, "**", 1, 4), (vec!["a".into(), "b".into()], false));
        assert_eq!(topics(&recent, "**", 0, 1), (vec!["a".into()], false));
        assert_eq!(topics(&recent, "d", 0, 4), (vec![], false));
    }

    #[test]
    fn what_has_left_the_ring_is_said_to_be_unknown() {
        let recent = Recent::new(Position(0));
        for n in 0..RECENT_EVENTS as u64 {
            recent.push(batch(2 * n + 1, &["a", "b"]));
        }
        let newest = 2 * RECENT_EVENTS as u64;
        let held = RECENT_EVENTS as u64;
        assert_eq!(topics(&recent, "a", newest - held, newest), (vec!["a".into()], false));
        assert_eq!(topics(&recent, "a", newest - held - 2, newest), (vec!["a".into()], true));
        assert_eq!(recent.0.read().events, RECENT_EVENTS);
    }
}
