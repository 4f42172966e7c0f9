//! Reading what is held.

use super::state::{Held, State};
use crate::backlog::{Page, Read, ReadError, SnapshotPage, SnapshotRead};
use crate::cursor::Position;
use crate::event::{Micros, StoredEvent};
use crate::limits::{EXAMINED_BYTES, EXAMINED_EVENTS};
use crate::topic::Topic;
use crate::topic::table::{KeyState, TopicEntry, TopicTable};

/// Keys looked up at a time.
const STEP: usize = 64;

/// A page that is being filled.
struct Filling {
    events: Vec<StoredEvent>,
    most: usize,
    bytes: usize,
    omit_data: bool,
}

impl Filling {
    fn new(most: usize, bytes: usize, omit_data: bool) -> Self {
        Self { events: Vec::new(), most, bytes, omit_data }
    }

    /// Takes an event unless the page is full; the first always fits.
    fn take(&mut self, event: &StoredEvent) -> bool {
        let size = if self.omit_data { event.data_at } else { event.wire.len() };
        let fits = size <= self.bytes || self.events.is_empty();
        if self.events.len() >= self.most || !fits {
            return false;
        }
        self.bytes = self.bytes.saturating_sub(size);
        self.events.push(event.clone());
        true
    }
}

impl State {
    /// A page of events.
    pub fn page(&self, read: &Read) -> Result<Page, ReadError> {
        if read.after < self.extent.earliest {
            return Err(ReadError::Trimmed);
        }
        let head = self.extent.head;
        let mut page = Filling::new(read.events, read.bytes, read.omit_data);
        let mut next = read.after;
        let mut examined = 0;
        for (i, held) in self.events.range(self.first_after(read.after)..).enumerate() {
            let over = i >= EXAMINED_EVENTS || examined > EXAMINED_BYTES;
            if over || matches(read, held) && !page.take(&held.stored) {
                return Ok(Page { events: page.events, next, head, has_more: true });
            }
            examined += held.stored.wire.len();
            next = held.stored.position;
        }
        Ok(Page { events: page.events, next: head, head, has_more: false })
    }

    /// The place before the first event published at or after a time.
    pub fn seek(&self, time: Micros) -> Option<Position> {
        let first = self.events.partition_point(|held| held.stored.published < time);
        match first.checked_sub(1).and_then(|before| self.events.get(before)) {
            Some(before) => Some(before.stored.position),
            None if self.trimmed_published.is_none_or(|trimmed| trimmed < time) => {
                Some(self.extent.earliest)
            }
            None => None,
        }
    }

    /// When the newest event at or before a place was published; before that, the first.
    pub fn published(&self, at: Position) -> Option<Micros> {
        let before = self.first_after(at).saturating_sub(1);
        self.events.get(before).map(|held| held.stored.published)
    }

    /// Newest events of keys.
    pub fn snapshot(&self, read: &SnapshotRead, topics: &TopicTable) -> SnapshotPage {
        let mut page = Filling::new(read.events, read.bytes, read.omit_data);
        let mut done = read.after.clone();
        for (topic, key, state) in Keys::new(read, topics) {
            let live = self.event(state).filter(|_| !state.deleted);
            if live.is_some_and(|event| !page.take(event)) {
                return SnapshotPage { events: page.events, next: done };
            }
            done = Some((topic, key));
        }
        SnapshotPage { events: page.events, next: None }
    }

    fn event(&self, state: KeyState) -> Option<&StoredEvent> {
        let before = self.first_after(state.position).checked_sub(1);
        let held = before.and_then(|index| self.events.get(index)).map(|held| &held.stored);
        let held = held.filter(|held| held.position == state.position);
        held.or_else(|| self.survivors.get(&state.position))
    }
}

fn matches(read: &Read, held: &Held) -> bool {
    let selection = &read.selection;
    selection.patterns.matches(held.head.topic.as_str()) && held.head.passes(&selection.filter)
}

/// The keys that a snapshot asks for, in order of topic and key.
struct Keys<'a> {
    read: &'a SnapshotRead,
    topics: &'a TopicTable,
    /// The topic that it is at, and the last key that was looked up in it.
    at: Option<(Topic, Option<String>)>,
    ready: std::vec::IntoIter<(String, KeyState)>,
}

impl<'a> Keys<'a> {
    fn new(read: &'a SnapshotRead, topics: &'a TopicTable) -> Self {
        let at = read.after.clone().map(|(topic, key)| (topic, Some(key)));
        let mut keys = Self { read, topics, at, ready: Vec::new().into_iter() };
        if keys.at.is_none() {
            keys.next_topic();
        }
        keys
    }

    fn next_topic(&mut self) {
        let after = self.at.as_ref().map(|(topic, _)| topic.as_str());
        let next = self.topics.matching(&self.read.patterns, after, Position::INCEPTION, 1);
        self.at = next.first().map(|entry| (entry.topic().clone(), None));
    }

    fn keys_after(&self, entry: &TopicEntry, after: Option<&str>) -> Vec<(String, KeyState)> {
        if self.read.keys.is_empty() {
            return entry.keys_after(after, STEP);
        }
        let wanted =
            self.read.keys.iter().filter(|key| after.is_none_or(|after| key.as_str() > after));
        wanted.filter_map(|key| Some((key.clone(), entry.key(key)?))).collect()
    }
}

impl Iterator for Keys<'_> {
    type Item = (Topic, String, KeyState);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (topic, last) = self.at.as_mut()?;
            if let Some((key, state)) = self.ready.next() {
                *last = Some(key.clone());
                return Some((topic.clone(), key, state));
            }
            let (topic, last) = self.at.as_ref()?;
            let entry = self.topics.get(topic.as_str());
            let ready = entry.map(|entry| self.keys_after(&entry, last.as_deref()));
            self.ready = ready.unwrap_or_default().into_iter();
            if self.ready.as_slice().is_empty() {
                self.next_topic();
            }
        }
    }
}
