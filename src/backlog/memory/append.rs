//! Appending a batch: ids first, then what it expects, then all of it or nothing.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::MemorySettings;
use super::ids::Used;
use super::state::{Held, State};
use crate::backlog::{Batch, Expected, Outcome, Placed};
use crate::cursor::Position;
use crate::event::{EncodedEvent, Micros, StoredEvent};
use crate::topic::table::{KeyState, TopicTable};

/// What becomes of one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    New,
    /// Published before, there.
    Repeat(Position),
    /// The same as an earlier one of its batch.
    SameAs(usize),
}

impl State {
    /// Appends a batch, or says why not.
    pub fn append(
        &mut self,
        batch: Batch,
        now: Micros,
        settings: &MemorySettings,
        topics: &Arc<TopicTable>,
    ) -> Outcome {
        if self.closed {
            return Outcome::Closing;
        }
        let now = now.max(self.last_published);
        self.ids.expire(ago(now, settings.id_window), settings.id_window_events);
        let fates = match self.fates(&batch.events) {
            Ok(fates) => fates,
            Err(index) => return Outcome::Conflict { index },
        };
        if let Some(refusal) = self.disappointed(&batch, &fates, settings, topics) {
            return refusal;
        }
        let placed = self.put(batch.events, &fates, now, topics);
        self.retain(now, settings, topics);
        Outcome::Appended(placed)
    }

    /// The error is the index of an event whose id was used with other content.
    fn fates(&self, events: &[EncodedEvent]) -> Result<Vec<Fate>, usize> {
        let mut earlier = HashMap::new();
        let fate = |(index, event): (usize, &EncodedEvent)| {
            let Some(once) = event.once else { return Ok(Fate::New) };
            let (content, fate) = match self.ids.get(&once.id) {
                Some(Used { content, position }) => (content, Fate::Repeat(position)),
                None => match earlier.insert(once.id, (once.content, index)) {
                    Some((content, first)) => (content, Fate::SameAs(first)),
                    None => (once.content, Fate::New),
                },
            };
            if content == once.content { Ok(fate) } else { Err(index) }
        };
        events.iter().enumerate().map(fate).collect()
    }

    /// The first new event for which the expectation does not hold or cannot be judged.
    fn disappointed(
        &self,
        batch: &Batch,
        fates: &[Fate],
        settings: &MemorySettings,
        topics: &TopicTable,
    ) -> Option<Outcome> {
        let expected = batch.expected?;
        let new =
            batch.events.iter().enumerate().zip(fates).filter(|(_, fate)| **fate == Fate::New);
        new.into_iter().find_map(|((index, event), _)| {
            let entry = topics.get(event.head.topic.as_str());
            let newest = entry.and_then(|entry| entry.key(&event.head.key));
            let newest_at = newest.map(|newest| newest.position);
            let refusal = Outcome::Expectation { index, newest: newest_at };
            (!self.holds(expected, newest, settings)).then_some(refusal)
        })
    }

    /// A key of which nothing is known was never used, unless retention may have dropped what would tell.
    fn holds(
        &self,
        expected: Expected,
        newest: Option<KeyState>,
        settings: &MemorySettings,
    ) -> bool {
        let nothing_trimmed = self.extent.earliest == Position::INCEPTION;
        match (expected, newest) {
            (Expected::Absent, Some(newest)) => newest.deleted,
            (Expected::Absent, None) => settings.keep_latest || nothing_trimmed,
            (Expected::NotAfter(place), Some(newest)) => newest.position <= place,
            (Expected::NotAfter(place), None) => place >= self.extent.earliest,
        }
    }

    fn put(
        &mut self,
        events: Vec<EncodedEvent>,
        fates: &[Fate],
        now: Micros,
        topics: &Arc<TopicTable>,
    ) -> Vec<Placed> {
        let mut placed: Vec<Placed> = Vec::with_capacity(events.len());
        let mut last = self.extent.head;
        for (event, fate) in events.into_iter().zip(fates) {
            let (position, duplicate) = match *fate {
                Fate::Repeat(position) => (position, true),
                Fate::SameAs(first) => (placed.get(first).map_or(last, |p| p.position), true),
                Fate::New => {
                    last = Position(last.0 + 1);
                    self.put_one(event, last, now, topics);
                    (last, false)
                }
            };
            placed.push(Placed { position, duplicate });
        }
        // After the table, so that who loads the head first finds there everything up to it.
        self.extent.head = last;
        placed
    }

    fn put_one(
        &mut self,
        event: EncodedEvent,
        position: Position,
        now: Micros,
        topics: &Arc<TopicTable>,
    ) {
        let EncodedEvent { head, once, wire, data_at } = event;
        if let Some(once) = once {
            self.ids.push(once, position, now);
        }
        let entry = topics.entry(&head.topic);
        if let Some(before) = entry.key(&head.key) {
            self.survivors.remove(&before.position);
        }
        topics.record(&entry, &head.key, KeyState { position, deleted: head.deleted });
        self.bytes += wire.len() as u64;
        self.last_published = now;
        let stored = StoredEvent { position, published: now, wire, data_at };
        self.events.push_back(Held { stored, head, entry });
    }
}

/// So long before a time.
pub fn ago(now: Micros, age: Duration) -> Micros {
    let age = u64::try_from(age.as_micros()).unwrap_or(u64::MAX);
    Micros(now.0.saturating_sub(age))
}
