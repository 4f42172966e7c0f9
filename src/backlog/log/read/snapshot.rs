//! The newest events of keys.

use std::sync::Arc;

use super::fault::{Fault, damaged};
use super::fetch::fetch_one;
use super::repairing;
use crate::backlog::log::disk::Disk;
use crate::backlog::log::state::Shared;
use crate::backlog::{ReadError, SnapshotPage, SnapshotRead};
use crate::cursor::Position;
use crate::event::StoredEvent;
use crate::topic::Topic;
use crate::topic::table::{KeyState, TopicEntry};

/// Topics, and keys of one topic, taken from the table at once.
const STEP: usize = 256;

/// Newest events of the matching keys after a (topic, key), in that order, tombstones left out.
pub fn snapshot<D: Disk>(
    shared: &Shared<D>,
    read: &SnapshotRead,
) -> Result<SnapshotPage, ReadError> {
    repairing(shared, || {
        let mut taking = Taking { shared, read, events: Vec::new(), bytes: 0, last: None };
        let complete = taking.topics()?;
        let next = if complete { None } else { taking.last };
        Ok(SnapshotPage { events: taking.events, next })
    })
}

/// A page that is being filled.
struct Taking<'t, D: Disk> {
    shared: &'t Shared<D>,
    read: &'t SnapshotRead,
    events: Vec<StoredEvent>,
    bytes: usize,
    last: Option<(Topic, String)>,
}

impl<D: Disk> Taking<'_, D> {
    /// Takes topic after topic; whether all were.
    fn topics(&mut self) -> Result<bool, Fault<D>> {
        let table = &self.shared.topics;
        let mut after: Option<Topic> = None;
        if let Some((topic, key)) = &self.read.after {
            if let Some(entry) = table.get(topic.as_str())
                && !self.keys(&entry, Some(key.clone()))?
            {
                return Ok(false);
            }
            after = Some(topic.clone());
        }
        loop {
            let name = after.as_ref().map(Topic::as_str);
            let found = table.matching(&self.read.patterns, name, Position::INCEPTION, STEP);
            for entry in &found {
                if !self.keys(entry, None)? {
                    return Ok(false);
                }
            }
            match found.last() {
                Some(entry) => after = Some(entry.topic().clone()),
                None => return Ok(true),
            }
        }
    }

    /// Takes key after key of a topic; whether all were.
    fn keys(
        &mut self,
        entry: &Arc<TopicEntry>,
        mut after: Option<String>,
    ) -> Result<bool, Fault<D>> {
        loop {
            let keys = self.next_keys(entry, after.as_deref());
            let Some((last, _)) = keys.last() else { return Ok(true) };
            after = Some(last.clone());
            for (key, state) in keys {
                if !state.deleted && !self.take(entry, key, state)? {
                    return Ok(false);
                }
            }
        }
    }

    fn next_keys(&self, entry: &TopicEntry, after: Option<&str>) -> Vec<(String, KeyState)> {
        let wanted = &self.read.keys;
        if wanted.is_empty() {
            return entry.keys_after(after, STEP);
        }
        let first = after.map_or(0, |after| wanted.partition_point(|key| key.as_str() <= after));
        let state = |key: &String| entry.key(key).map(|state| (key.clone(), state));
        wanted.iter().skip(first).filter_map(state).take(STEP).collect()
    }

    /// Takes the newest event of a key; whether it fits.
    fn take(&mut self, entry: &TopicEntry, key: String, state: KeyState) -> Result<bool, Fault<D>> {
        let Some(event) = self.newest(entry, &key, state)? else { return Ok(true) };
        let size = if self.read.omit_data { event.data_at } else { event.wire.len() };
        let full = self.events.len() >= self.read.events || self.bytes + size > self.read.bytes;
        if full && !self.events.is_empty() {
            return Ok(false);
        }
        self.bytes += size;
        self.events.push(event);
        self.last = Some((entry.topic().clone(), key));
        Ok(true)
    }

    /// The event of a key, or a newer one that came meanwhile; `None` once it is deleted.
    fn newest(
        &self,
        entry: &TopicEntry,
        key: &str,
        mut state: KeyState,
    ) -> Result<Option<StoredEvent>, Fault<D>> {
        loop {
            if let Some(event) = self.find(state.position)? {
                return Ok(Some(event));
            }
            // Retention may have dropped it after a newer one came; then the table knows that.
            match entry.key(key) {
                Some(newer) if newer.deleted => return Ok(None),
                Some(newer) if newer.position > state.position => state = newer,
                Some(_) if self.may_be_gone(state.position) => return Ok(None),
                Some(_) => return Err(self.missing(state.position)),
                None => return Ok(None),
            }
        }
    }

    fn find(&self, position: Position) -> Result<Option<StoredEvent>, Fault<D>> {
        if let Some(event) = self.shared.hot.get(position) {
            return Ok(Some(event));
        }
        match self.shared.view.load_full().holding(position) {
            Some((_, segment)) => fetch_one(segment, position),
            None => Ok(None),
        }
    }

    /// Without survivors a segment goes before its keys do.
    fn may_be_gone(&self, position: Position) -> bool {
        !self.shared.settings.keep_latest && position <= self.shared.view.load().earliest
    }

    fn missing(&self, position: Position) -> Fault<D> {
        let what = format!("position {position}, the newest of a key, is in no segment");
        match self.shared.view.load().holding(position) {
            Some((_, segment)) => damaged(segment, 0, &what).into(),
            None => ReadError::Damaged { file: "MANIFEST".to_owned(), offset: 0, what }.into(),
        }
    }
}
