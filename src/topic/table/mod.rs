//! All topics of a backlog: the newest event of each, of each prefix, and of each key.
//!
//! One thread at a time changes the table, after the events are durable and before the head moves; so who loads the head
//! first finds here everything up to it. Readers never wait for more than a few steps.

mod entry;
mod prefix;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use dashmap::DashMap;
use parking_lot::{Mutex, RwLock};

pub use entry::{KeyState, TopicEntry};
use prefix::{Prefix, Up};

use super::pattern::is_plain;
use super::ranges::{NameRange, ranges};
use super::{Pattern, Patterns, Topic};
use crate::cursor::Position;

/// Names looked at while the lock on them is held.
const STEPS: usize = 256;
/// How often that is done to find out whether few topics match.
const FEW_STEPS: usize = 16;

/// The topics. Memory grows with topics and keys that have an event left, not with events.
#[derive(Debug, Default)]
pub struct TopicTable {
    entries: DashMap<Topic, Arc<TopicEntry>>,
    /// Written only when a topic comes or goes.
    names: RwLock<BTreeMap<Topic, Arc<TopicEntry>>>,
    prefixes: DashMap<Box<str>, Arc<Prefix>>,
    root: Arc<Prefix>,
    /// Topics with nothing left, to be dropped when nobody holds them.
    spent: Mutex<Vec<Arc<TopicEntry>>>,
}

impl TopicTable {
    /// The entry of a topic, made if it is new.
    pub fn entry(&self, topic: &Topic) -> Arc<TopicEntry> {
        self.get(topic.as_str()).unwrap_or_else(|| self.add(topic))
    }

    /// The entry of a topic.
    pub fn get(&self, topic: &str) -> Option<Arc<TopicEntry>> {
        self.entries.get(topic).map(|entry| Arc::clone(&entry))
    }

    /// How many topics there are.
    pub fn len(&self) -> usize {
        self.names.read().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.names.read().is_empty()
    }

    /// One event more, unless it is known already: after a restart, events that the checkpoint knows come again.
    /// Events come in order.
    pub fn record(&self, entry: &TopicEntry, key: &str, at: KeyState) {
        entry.record(self.root.any(), key, at);
    }

    /// The newest event of a key, which does not count: a survivor, or one of a checkpoint.
    pub fn keep(&self, entry: &TopicEntry, key: &str, at: KeyState) {
        entry.keep(key, at);
    }

    /// Sets what was known of a topic, but for its keys.
    pub fn restore(&self, entry: &TopicEntry, newest: Position, first: Position, count: u64) {
        entry.restore(newest, first, count);
    }

    /// The newest event that matches: exact for topics and for `prefix/**`, else the newest that might. No scan.
    pub fn newest(&self, patterns: &Patterns) -> Position {
        patterns.iter().map(|pattern| self.newest_of(pattern)).max().unwrap_or_default()
    }

    fn newest_of(&self, pattern: &Pattern) -> Position {
        let prefix = pattern.literal_prefix();
        if pattern.is_literal() {
            return self.get(prefix).map(|entry| entry.newest()).unwrap_or_default();
        }
        let rest = pattern.as_str().get(prefix.len()..).unwrap_or_default();
        let named_tilde = rest.split('/').any(|segment| !is_plain(segment));
        let read = |prefix: &Prefix| if named_tilde { prefix.any() } else { prefix.plain() };
        if prefix.is_empty() {
            return read(&self.root);
        }
        self.prefixes.get(prefix).map(|prefix| read(&prefix)).unwrap_or_default()
    }

    /// Up to `most` topics that match and have an event after `newer_than` (inception: or have had one), in bytewise
    /// order, from the first one after `after_name`.
    pub fn matching(
        &self,
        patterns: &Patterns,
        after_name: Option<&str>,
        newer_than: Position,
        most: usize,
    ) -> Vec<Arc<TopicEntry>> {
        let mut found = Vec::new();
        for range in ranges(patterns) {
            let mut at = Some(start(&range, after_name));
            while let (Some(from), true) = (at, found.len() < most) {
                at = self.step(&range, &from, newer_than, most, &mut found);
            }
        }
        found
    }

    /// All topics that match and have an event after `newer_than`; `None` if they are more than `most`, or if too many
    /// names would have to be looked at to know.
    pub fn few(
        &self,
        patterns: &Patterns,
        newer_than: Position,
        most: usize,
    ) -> Option<Vec<Arc<TopicEntry>>> {
        let (mut found, mut steps) = (Vec::new(), 0);
        for range in ranges(patterns) {
            let mut at = Some(start(&range, None));
            while let Some(from) = at {
                at = self.step(&range, &from, newer_than, most + 1, &mut found);
                steps += 1;
                if found.len() > most || steps > FEW_STEPS {
                    return None;
                }
            }
        }
        Some(found)
    }

    /// Up to `most` of all topics, in bytewise order, from the first one after a name.
    pub fn after(&self, name: Option<&str>, most: usize) -> Vec<Arc<TopicEntry>> {
        let bounds = (name.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
        let names = self.names.read();
        names.range::<str, _>(bounds).take(most).map(|(_, entry)| Arc::clone(entry)).collect()
    }

    /// Looks at a few names of a range; returns where to go on.
    fn step(
        &self,
        range: &NameRange<'_>,
        from: &Bound<String>,
        newer_than: Position,
        most: usize,
        found: &mut Vec<Arc<TopicEntry>>,
    ) -> Option<Bound<String>> {
        let end = range.end.as_str();
        let from = from.as_ref().map(String::as_str);
        if !matches!(from, Bound::Included(start) | Bound::Excluded(start) if start < end) {
            return None;
        }
        let names = self.names.read();
        let mut last = None;
        for (name, entry) in names.range::<str, _>((from, Bound::Excluded(end))).take(STEPS) {
            last = Some(name);
            if entry.newest() > newer_than && range.matches(name.as_str()) {
                found.push(Arc::clone(entry));
                if found.len() >= most {
                    break;
                }
            }
        }
        last.map(|name| Bound::Excluded(name.as_str().to_owned()))
    }

    /// Retention has dropped events of a topic, all of them at or before `earliest`.
    pub fn forget(&self, entry: &Arc<TopicEntry>, events: u64, earliest: Position) {
        entry.forget(events, earliest);
        self.note_if_spent(entry);
    }

    /// So many events of a topic are retained, all of them after `earliest`.
    pub fn recount(&self, entry: &Arc<TopicEntry>, events: u64, earliest: Position) {
        entry.recount(events, earliest);
        self.note_if_spent(entry);
    }

    /// Drops a key whose newest event is gone, unless a newer one has come.
    pub fn forget_key(&self, entry: &Arc<TopicEntry>, key: &str, position: Position) {
        if entry.forget_key(key, position) {
            self.note_if_spent(entry);
        }
    }

    fn note_if_spent(&self, entry: &Arc<TopicEntry>) {
        if entry.is_spent() {
            self.spent.lock().push(Arc::clone(entry));
        }
    }

    /// Drops topics with nothing left; those that are held somewhere stay until the next time.
    pub fn sweep(&self) {
        let mut spent = std::mem::take(&mut *self.spent.lock());
        spent.sort_unstable_by_key(Arc::as_ptr);
        spent.dedup_by_key(|entry| Arc::as_ptr(entry));
        let kept: Vec<_> = spent.into_iter().filter_map(|entry| self.drop_spent(entry)).collect();
        self.spent.lock().extend(kept);
    }

    fn drop_spent(&self, entry: Arc<TopicEntry>) -> Option<Arc<TopicEntry>> {
        let mut names = self.names.write();
        let name = entry.topic().clone();
        if !entry.is_spent() || !names.get(&name).is_some_and(|held| Arc::ptr_eq(held, &entry)) {
            return None;
        }
        // Both maps, and `entry` itself. The shard's lock and the names' keep everybody else from taking it.
        let unheld = |_: &Topic, held: &mut Arc<TopicEntry>| Arc::strong_count(held) == 3;
        if self.entries.remove_if_mut(&name, unheld).is_none() {
            return Some(entry);
        }
        names.remove(&name);
        let prefix = Arc::clone(&entry.up().prefix);
        drop(entry);
        self.drop_prefixes(name.as_str(), prefix);
        None
    }

    /// Drops the prefix above a dropped name, and those above that, as far as nothing else is below them.
    fn drop_prefixes(&self, name: &str, mut prefix: Arc<Prefix>) {
        let mut path = name;
        while let (Some((above, _)), Some(parent)) = (path.rsplit_once('/'), prefix.parent()) {
            let parent = Arc::clone(parent);
            // The map and `prefix` itself.
            if self.prefixes.remove_if(above, |_, held| Arc::strong_count(held) == 2).is_none() {
                return;
            }
            (path, prefix) = (above, parent);
        }
    }

    fn add(&self, topic: &Topic) -> Arc<TopicEntry> {
        let mut names = self.names.write();
        let entry = names.entry(topic.clone()).or_insert_with(|| {
            let entry = TopicEntry::new(topic.clone(), self.up(topic.as_str()));
            Arc::new(entry)
        });
        self.entries.entry(topic.clone()).or_insert_with(|| Arc::clone(entry));
        Arc::clone(entry)
    }

    /// The way up from a name. Called under the lock on the names alone, so that no prefix on it is dropped meanwhile.
    fn up(&self, name: &str) -> Up {
        let Some((above, segment)) = name.rsplit_once('/') else {
            return Up { prefix: Arc::clone(&self.root), plain: is_plain(name) };
        };
        let known = self.prefixes.get(above).map(|prefix| Arc::clone(&prefix));
        let prefix = known.unwrap_or_else(|| {
            let prefix = Arc::new(Prefix::below(self.up(above)));
            self.prefixes.insert(above.into(), Arc::clone(&prefix));
            prefix
        });
        Up { prefix, plain: is_plain(segment) }
    }
}

/// Where to begin in a range.
fn start(range: &NameRange<'_>, after_name: Option<&str>) -> Bound<String> {
    match after_name {
        Some(name) if *name >= *range.start => Bound::Excluded(name.to_owned()),
        _ => Bound::Included(range.start.clone()),
    }
}
