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
pub(super) type Counts = HashMap<Box<str>, u64>;

/// Counts the events of dropped segments no more, and drops the keys whose newest event they held: tombstones, or all if
/// none is to survive.
pub(super) fn forget<D: Disk>(shared: &Shared<D>, dropped: Counts, earliest: Position) {
    for (name, events) in dropped {
        if let Some(entry) = shared.topics.get(&name) {
            forget_keys(shared, &entry, earliest);
            shared.topics.forget(&entry, events, earliest);
        }
    }
    shared.topics.sweep();
}

/// Counts all events after the trim point anew, and drops the keys that go with what lies before it. What was there when
/// the counts were written down may be gone, or rewritten.
pub(super) fn recount<D: Disk>(shared: &Shared<D>) -> io::Result<()> {
    let view = shared.view.load_full();
    let counts = count(shared, view.segments.iter().filter(|s| s.number >= view.first))?;
    let mut entries = shared.topics.after(None, STEP);
    while let Some(last) = entries.last().map(|entry| entry.topic().clone()) {
        for entry in &entries {
            forget_keys(shared, entry, view.earliest);
            let count = counts.get(entry.topic().as_str()).copied().unwrap_or_default();
            shared.topics.recount(entry, count, view.earliest);
        }
        entries = shared.topics.after(Some(last.as_str()), STEP);
    }
    shared.topics.sweep();
    Ok(())
}

/// The topics of segments, with the number of events of each.
pub(super) fn count<'s, D: Disk>(
    shared: &Shared<D>,
    segments: impl Iterator<Item = &'s Arc<Segment<D>>>,
) -> io::Result<Counts> {
    let mut counts = Counts::new();
    for segment in segments {
        add_names(shared, segment, &mut counts)?;
    }
    Ok(counts)
}

fn add_names<D: Disk>(
    shared: &Shared<D>,
    segment: &Arc<Segment<D>>,
    counts: &mut Counts,
) -> io::Result<()> {
    match &segment.form {
        Form::Live(live) => add_live(live, counts),
        Form::Stored(index) => match all_names(index)? {
            Some(names) => {
                for (name, events) in names {
                    *counts.entry(name).or_default() += events;
                }
            }
            None => {
                let rebuilt = rebuild(shared, segment);
                rebuilt.map_err(|error| io::Error::other(format!("{error:?}")))?;
                let view = shared.view.load_full();
                let now = view.segments.iter().find(|now| now.number == segment.number);
                return now.map_or(Ok(()), |now| add_names(shared, now, counts));
            }
        },
        Form::Sparse(_) => {}
    }
    Ok(())
}

fn all_names<F: DiskFile>(index: &IndexFile<F>) -> io::Result<Option<Counts>> {
    let (mut all, mut page) = (Counts::new(), Some(0));
    while let Some(at) = page {
        let Some((names, next)) = index.names(at)? else { return Ok(None) };
        all.extend(names.into_iter().map(|topic| (topic.name, u64::from(topic.count))));
        page = next;
    }
    Ok(Some(all))
}

fn add_live(live: &LiveIndex, counts: &mut Counts) {
    for topic in (0..live.count()).filter_map(|ordinal| live.topic(ordinal)) {
        match counts.get_mut(topic.entry.topic().as_str()) {
            Some(count) => *count += 1,
            None => drop(counts.insert(topic.entry.topic().as_str().into(), 1)),
        }
    }
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
