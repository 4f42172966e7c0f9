//! Whether a batch may be appended: ids first, then what it expects of its keys.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::disk::Disk;
use super::ids::IdWindow;
use super::state::Shared;
use crate::backlog::{Batch, Expected, Outcome};
use crate::cursor::Position;
use crate::event::{EncodedEvent, EventHead};
use crate::lineage::Extent;
use crate::topic::Topic;

/// What becomes of one event of a batch that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It was published before, there.
    Repeat(Position),
    /// It is the same as an earlier one of its batch.
    SameAs(usize),
    /// It is appended.
    New,
}

/// A refusal, and whether it rests on an event that is not synced yet.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The answer.
    pub outcome: Outcome,
    /// The answer holds only if that event is synced.
    pub rests_on_unsynced: bool,
}

/// Looks up the ids of a batch.
pub fn places(batch: &Batch, ids: &IdWindow, head: Position) -> Result<Vec<Place>, Refusal> {
    let mut earlier = HashMap::new();
    let alone = batch.events.len() == 1;
    let place = |(index, event): (usize, &EncodedEvent)| {
        let Some(once) = event.once else { return Ok(Place::New) };
        let conflict = |rests_on_unsynced| {
            Err(Refusal { outcome: Outcome::Conflict { index }, rests_on_unsynced })
        };
        if let Some(used) = ids.get(&once.id) {
            let same = used.once.content == once.content;
            return if same {
                Ok(Place::Repeat(used.position))
            } else {
                conflict(used.position > head)
            };
        }
        if alone {
            return Ok(Place::New);
        }
        match earlier.entry(once.id) {
            Entry::Vacant(vacant) => {
                vacant.insert((index, once.content));
                Ok(Place::New)
            }
            Entry::Occupied(first) if first.get().1 == once.content => {
                Ok(Place::SameAs(first.get().0))
            }
            Entry::Occupied(_) => conflict(false),
        }
    };
    batch.events.iter().enumerate().map(place).collect()
}

/// The newest events of keys that are staged: nothing until the first expectation asks.
#[derive(Debug, Default)]
pub struct StagedKeys(HashMap<Topic, HashMap<String, Newest>>);

#[derive(Debug, Clone, Copy)]
struct Newest {
    position: Position,
    deleted: bool,
}

impl StagedKeys {
    /// Adds what was staged.
    pub fn add(&mut self, head: &EventHead, position: Position) {
        let keys = self.0.entry(head.topic.clone()).or_default();
        keys.insert(head.key.clone(), Newest { position, deleted: head.deleted });
    }

    fn get(&self, head: &EventHead) -> Option<Newest> {
        self.0.get(&head.topic)?.get(&head.key).copied()
    }
}

/// Judges what a batch expects of the keys of its new events.
pub fn expectation<D: Disk>(
    batch: &Batch,
    places: &[Place],
    staged: &StagedKeys,
    shared: &Shared<D>,
) -> Result<(), Refusal> {
    let Some(expected) = batch.expected else { return Ok(()) };
    let extent = shared.extent();
    for (index, (event, place)) in batch.events.iter().zip(places).enumerate() {
        if *place != Place::New {
            continue;
        }
        let durable = || {
            let state = shared.topics.get(event.head.topic.as_str())?.key(&event.head.key)?;
            Some(Newest { position: state.position, deleted: state.deleted })
        };
        let newest = staged.get(&event.head).or_else(durable);
        if !holds(expected, newest, extent, shared.snapshot_covers) {
            let newest = newest.map(|newest| newest.position);
            // So does a refusal for a later event where an earlier one was passed over as the repeat of a staged one.
            let staged = |place: &Place| matches!(place, Place::Repeat(at) if *at > extent.head);
            let rests_on_unsynced =
                newest > Some(extent.head) || places.iter().take(index).any(staged);
            let outcome = Outcome::Expectation { index, newest };
            return Err(Refusal { outcome, rests_on_unsynced });
        }
    }
    Ok(())
}

/// Whether the expectation holds for a key; not if retention may have dropped what would tell.
fn holds(expected: Expected, newest: Option<Newest>, extent: Extent, covers: bool) -> bool {
    let nothing_trimmed = extent.earliest == Position::INCEPTION;
    match (expected, newest) {
        (Expected::Absent, Some(newest)) => newest.deleted,
        (Expected::Absent, None) => covers || nothing_trimmed,
        (Expected::NotAfter(place), Some(newest)) => newest.position <= place,
        (Expected::NotAfter(place), None) => place >= extent.earliest || nothing_trimmed,
    }
}
