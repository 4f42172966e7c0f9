//! What the topic table forgets with a segment that retention drops.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use crate::backlog::log::disk::{Disk, DiskFile};
use crate::backlog::log::index::IndexFile;
use crate::backlog::log::live::LiveIndex;
use crate::backlog::log::read::rebuild;
use crate::backlog::log::segment::{Form, Segment};
use crate::backlog::log::state::Shared;
use crate::cursor::Position;
use crate::topic::table::TopicEntry;

/// Topics, and keys of one, taken from the table at once.
const STEP: usize = 256;

/// Topics with the number of their events.
type Counts = Vec<(Box<str>, u32)>;

/// Counts the events of a dropped segment no more, and drops the keys whose newest event it held: tombstones, or all if
/// none is to survive.
pub(super) fn forget<D: Disk>(
    shared: &Shared<D>,
    segment: &Arc<Segment<D>>,
    earliest: Position,
) -> io::Result<()> {
    for (name, events) in names(shared, segment)? {
        if let Some(entry) = shared.topics.get(&name) {
            forget_keys(shared, &entry, earliest);
            shared.topics.forget(&entry, u64::from(events), earliest);
        }
    }
    Ok(())
}

/// Counts all events after the trim point anew, and drops the keys that go with what lies before it. What was there when
/// the counts were written down may be gone, or rewritten.
pub(super) fn recount<D: Disk>(shared: &Shared<D>) -> io::Result<()> {
    let view = shared.view.load_full();
    let mut counts: HashMap<Box<str>, u64> = HashMap::new();
    for segment in view.segments.iter().filter(|segment| segment.number >= view.first) {
        for (name, events) in names(shared, segment)? {
            *counts.entry(name).or_default() += u64::from(events);
        }
    }
    let mut entries = shared.topics.after(None, STEP);
    while let Some(last) = entries.last().map(|entry| entry.topic().clone()) {
        for entry in &entries {
            forget_keys(shared, entry, view.earliest);
            let count = counts.get(entry.topic().as_str()).copied().unwrap_or_default();
            shared.topics.recount(entry, count, view.earliest);
        }
        entries = shared.topics.after(Some(last.as_str()), STEP);
    }
    Ok(())
}

/// The topics of a segment, with the number of events of each.
fn names<D: Disk>(shared: &Shared<D>, segment: &Arc<Segment<D>>) -> io::Result<Counts> {
    match &segment.form {
        Form::Live(live) => Ok(by_topic(live)),
        Form::Stored(index) => match all_names(index)? {
            Some(names) => Ok(names),
            None => {
                let rebuilt = rebuild(shared, segment);
                rebuilt.map_err(|error| io::Error::other(format!("{error:?}")))?;
                let view = shared.view.load_full();
                let now = view.segments.iter().find(|now| now.number == segment.number);
                now.map_or_else(|| Ok(Vec::new()), |now| names(shared, now))
            }
        },
        Form::Sparse(_) => Ok(Vec::new()),
    }
}

fn all_names<F: DiskFile>(index: &IndexFile<F>) -> io::Result<Option<Counts>> {
    let (mut all, mut page) = (Vec::new(), Some(0));
    while let Some(at) = page {
        let Some((names, next)) = index.names(at)? else { return Ok(None) };
        all.extend(names.into_iter().map(|topic| (topic.name, topic.count)));
        page = next;
    }
    Ok(Some(all))
}

fn by_topic(live: &LiveIndex) -> Counts {
    let mut counts: HashMap<&str, u32> = HashMap::new();
    for ordinal in 0..live.count() {
        if let Some(topic) = live.topic(ordinal) {
            *counts.entry(topic.entry.topic().as_str()).or_default() += 1;
        }
    }
    counts.into_iter().map(|(name, count)| (name.into(), count)).collect()
}

fn forget_keys<D: Disk>(shared: &Shared<D>, entry: &Arc<TopicEntry>, earliest: Position) {
    let mut after: Option<String> = None;
    loop {
        let keys = entry.keys_after(after.as_deref(), STEP);
        for (key, state) in &keys {
            if state.position <= earliest && (state.deleted || !shared.settings.keep_latest) {
                shared.topics.forget_key(entry, key, state.position);
            }
        }
        match keys.into_iter().last() {
            Some((key, _)) => after = Some(key),
            None => return,
        }
    }
}
