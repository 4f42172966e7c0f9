//! The index of a segment that has none on disk yet.
//!
//! One thread pushes, any number reads; nobody waits. Slots never change once pushed, and what lies beyond the head that
//! a reader loaded is none of its business.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use parking_lot::Mutex;

use super::index::Previous;
use crate::cursor::Position;
use crate::topic::table::TopicEntry;

/// Steps back along the events of a topic before all slots are looked through instead.
const STEPS_BACK: usize = 4096;
const NONE: u32 = u32::MAX;

/// Where the events of a segment lie, in memory: 12 bytes an event and some per topic.
#[derive(Debug)]
pub struct LiveIndex {
    base: Position,
    slots: boxcar::Vec<Slot>,
    topics: boxcar::Vec<LiveTopic>,
    /// Numbers of topics by the address of their entry; for the thread that pushes.
    numbers: Mutex<HashMap<usize, u32>>,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    offset: u32,
    topic: u32,
    /// The event of the same topic before it in this segment.
    before: u32,
}

/// A topic of the segment.
#[derive(Debug)]
pub(super) struct LiveTopic {
    pub entry: Arc<TopicEntry>,
    /// Its newest event before this segment.
    pub previous: Previous,
    newest: AtomicU32,
}

impl LiveIndex {
    /// An empty index of a segment whose events begin after `base`.
    pub fn new(base: Position) -> Self {
        Self {
            base,
            slots: boxcar::Vec::new(),
            topics: boxcar::Vec::new(),
            numbers: Mutex::default(),
        }
    }

    /// Adds the next event: its topic, before the topic table is told, and where its entry begins.
    pub fn push(&self, topic: &Arc<TopicEntry>, offset: u32) {
        let ordinal = self.count();
        let number = self.number(topic);
        let newest = self.topics.get(number as usize).map(|topic| &topic.newest);
        let before = newest.map_or(NONE, |newest| newest.swap(ordinal, Ordering::Relaxed));
        self.slots.push(Slot { offset, topic: number, before });
    }

    fn number(&self, topic: &Arc<TopicEntry>) -> u32 {
        let mut numbers = self.numbers.lock();
        *numbers.entry(Arc::as_ptr(topic) as usize).or_insert_with(|| {
            // A topic that a checkpoint knows from later events does not tell what came before.
            let known = topic.newest();
            let previous = if known <= self.base { Previous::At(known) } else { Previous::Unknown };
            let entry = Arc::clone(topic);
            self.topics.push(LiveTopic { entry, previous, newest: AtomicU32::new(NONE) }) as u32
        })
    }

    /// How many events it holds.
    pub fn count(&self) -> u32 {
        self.slots.count() as u32
    }

    /// Where the entry of an ordinal begins.
    pub fn offset(&self, ordinal: u32) -> Option<u32> {
        self.slots.get(ordinal as usize).map(|slot| slot.offset)
    }

    /// The topic of an event.
    pub(super) fn topic(&self, ordinal: u32) -> Option<&LiveTopic> {
        let slot = self.slots.get(ordinal as usize)?;
        self.topics.get(slot.topic as usize)
    }

    /// All topics, by number.
    pub(super) fn topics(&self) -> Vec<&LiveTopic> {
        self.topics.iter().map(|(_, topic)| topic).collect()
    }

    /// Offset and number of the topic of each event.
    pub(super) fn slots(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.slots.iter().map(|(_, slot)| (slot.offset, slot.topic))
    }

    /// Up to `most` first events from `from` to before `to` of the topic of the event `newest`, which is its last one
    /// of interest.
    pub(super) fn of_topic(&self, newest: u32, from: u32, to: u32, most: usize) -> Vec<u32> {
        let Some(topic) = self.slots.get(newest as usize).map(|slot| slot.topic) else {
            return Vec::new();
        };
        let back = |ordinal: &u32| self.slots.get(*ordinal as usize).map(|slot| slot.before);
        let within = |ordinal: &u32| *ordinal != NONE && *ordinal >= from;
        let chain = std::iter::successors(Some(newest), back).take_while(within);
        let mut found: Vec<u32> = chain.take(STEPS_BACK).collect();
        if found.len() < STEPS_BACK {
            found.reverse();
            found.retain(|ordinal| *ordinal < to);
            found.truncate(most);
            return found;
        }
        let same =
            |ordinal: &u32| self.slots.get(*ordinal as usize).map(|s| s.topic) == Some(topic);
        (from..to.min(newest + 1)).filter(same).take(most).collect()
    }

    /// Up to `most` first events from `from` on, of up to `steps` slots looked at before `to`, whose topics match;
    /// and the first ordinal not looked at.
    pub(super) fn matching(
        &self,
        matches: impl Fn(&str) -> bool,
        (from, to): (u32, u32),
        most: usize,
        steps: u32,
    ) -> (Vec<u32>, u32) {
        // By number of the topic, once it was looked at.
        let mut known: Vec<Option<bool>> = vec![None; self.topics.count()];
        let mut found = Vec::new();
        let stop = to.min(from.saturating_add(steps));
        for ordinal in from..stop {
            let Some(slot) = self.slots.get(ordinal as usize) else { break };
            let number = slot.topic as usize;
            let name = || self.topics.get(number).map(|topic| topic.entry.topic().as_str());
            let look = || name().is_some_and(&matches);
            if known.get_mut(number).map_or_else(look, |hit| *hit.get_or_insert_with(look)) {
                found.push(ordinal);
                if found.len() == most {
                    return (found, ordinal + 1);
                }
            }
        }
        (found, stop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topic::Topic;
    use crate::topic::table::{KeyState, TopicTable};

    fn index(names: &[&str]) -> LiveIndex {
        let (table, live) = (TopicTable::default(), LiveIndex::new(Position(100)));
        for (i, name) in (0..).zip(names) {
            let entry = table.entry(&Topic::parse(name, "topic").unwrap());
            live.push(&entry, i * 10);
            let position = Position(101 + u64::from(i));
            table.record(&entry, "", KeyState { position, deleted: false });
        }
        live
    }

    #[test]
    fn the_events_of_a_topic_are_found_from_its_newest_back() {
        let live = index(&["a", "b", "a", "c", "a", "b"]);
        assert_eq!(live.of_topic(4, 0, 6, 9), [0, 2, 4]);
        assert_eq!(live.of_topic(4, 1, 6, 9), [2, 4]);
        assert_eq!(live.of_topic(4, 0, 4, 9), [0, 2]);
        assert_eq!(live.of_topic(4, 0, 6, 1), [0]);
        assert_eq!(live.of_topic(2, 0, 6, 9), [0, 2]);
    }

    #[test]
    fn the_events_of_a_topic_with_very_many_are_found_from_the_start() {
        let live = index(&["a", "b"].repeat(2 * STEPS_BACK));
        let newest = live.count() - 2;
        assert_eq!(live.of_topic(newest, 3, newest, 3), [4, 6, 8]);
        assert_eq!(live.of_topic(newest, newest - 2, newest + 2, 3), [newest - 2, newest]);
    }

    #[test]
    fn matching_goes_on_where_it_stopped() {
        let live = index(&["a", "b", "a", "c", "a", "b"]);
        let not_b = |name: &str| name != "b";
        assert_eq!(live.matching(not_b, (0, 6), 2, 99), (vec![0, 2], 3));
        assert_eq!(live.matching(not_b, (3, 6), 9, 99), (vec![3, 4], 6));
        assert_eq!(live.matching(not_b, (1, 6), 9, 1), (vec![], 2));
    }

    #[test]
    fn a_topic_knows_its_newest_event_before_the_segment_unless_later_ones_hide_it() {
        let (table, live) = (TopicTable::default(), LiveIndex::new(Position(100)));
        let topics = [("new", 0), ("old", 70), ("ahead", 105)];
        for (name, newest) in topics {
            let entry = table.entry(&Topic::parse(name, "topic").unwrap());
            table.restore(&entry, Position(newest), Position(0), 1);
            live.push(&entry, 0);
        }
        let previous = |ordinal| live.topic(ordinal).unwrap().previous;
        assert_eq!(previous(0), Previous::At(Position(0)));
        assert_eq!(previous(1), Previous::At(Position(70)));
        assert_eq!(previous(2), Previous::Unknown);
    }
}
