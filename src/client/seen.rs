//! Which events were handled already, as far back as memory is given for.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use crate::v1::StoredEvent;

/// The newest events that were handled, named by topic and id, or by cursor if they have no id.
#[derive(Debug, Default)]
pub(super) struct Seen {
    most: usize,
    names: HashSet<Arc<str>>,
    order: VecDeque<Arc<str>>,
}

impl Seen {
    /// Remembers up to `most` events; 0 remembers none.
    pub(super) fn new(most: usize) -> Self {
        Self { most, ..Self::default() }
    }

    /// Takes out what was handled before.
    pub(super) fn sift(&self, events: &mut Vec<StoredEvent>) {
        if !self.names.is_empty() {
            events.retain(|event| !self.names.contains(name(event).as_str()));
        }
    }

    /// The names of events that are about to be handled, for [`Seen::add`] afterwards.
    pub(super) fn names(&self, events: &[StoredEvent]) -> Vec<String> {
        if self.most == 0 { Vec::new() } else { events.iter().map(name).collect() }
    }

    /// Remembers events that were handled; never before, or a failed handler would not see them again.
    pub(super) fn add(&mut self, names: Vec<String>) {
        for name in names.into_iter().map(Arc::<str>::from) {
            if self.names.insert(Arc::clone(&name)) {
                self.order.push_back(name);
            }
        }
        while self.order.len() > self.most {
            self.order.pop_front().map(|oldest| self.names.remove(&oldest));
        }
    }
}

/// A space is in no topic and no cursor, so names of the two kinds never meet.
fn name(stored: &StoredEvent) -> String {
    match &stored.event {
        Some(event) if !event.id.is_empty() => format!("{} {}", event.topic, event.id),
        _ => stored.cursor.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v1::Event;

    fn event(topic: &str, id: &str, cursor: &str) -> StoredEvent {
        let event = Event { topic: topic.into(), id: id.into(), ..Event::default() };
        StoredEvent { cursor: cursor.into(), event: Some(event), ..StoredEvent::default() }
    }

    fn sifted(seen: &Seen, events: &[StoredEvent]) -> usize {
        let mut events = events.to_vec();
        seen.sift(&mut events);
        events.len()
    }

    #[test]
    fn what_was_handled_is_known_by_topic_and_id_or_else_by_cursor() {
        let mut seen = Seen::new(10);
        seen.add(seen.names(&[event("a", "1", "x"), event("a", "", "y")]));
        assert_eq!(sifted(&seen, &[event("a", "1", "z"), event("b", "", "y")]), 0);
        assert_eq!(sifted(&seen, &[event("b", "1", "x"), event("a", "2", "x")]), 2);
    }

    #[test]
    fn only_the_newest_are_remembered() {
        let mut seen = Seen::new(2);
        let events = ["1", "2", "3", "3"].map(|id| event("a", id, id));
        seen.add(seen.names(&events));
        assert_eq!(sifted(&seen, &events), 1);
        assert_eq!((seen.names.len(), seen.order.len()), (2, 2));
    }

    #[test]
    fn without_memory_nothing_is_sifted_or_kept() {
        let mut seen = Seen::new(0);
        seen.add(seen.names(&[event("a", "1", "x")]));
        assert_eq!(sifted(&seen, &[event("a", "1", "x")]), 1);
        assert!(seen.order.is_empty());
    }
}
