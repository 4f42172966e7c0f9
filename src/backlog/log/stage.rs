//! What the writer has taken and not yet written.

use super::judge::{Place, StagedKeys};
use super::record::BatchEncoder;
use crate::backlog::{Batch, Outcome, Placed};
use crate::cursor::Position;
use crate::error::WriteOutcome;
use crate::event::{EncodedEvent, Micros};

/// An event that is staged.
#[derive(Debug)]
pub struct Staged {
    /// The event.
    pub event: EncodedEvent,
    /// The position it gets.
    pub position: Position,
    /// Where its entry begins in the buffer.
    pub place: usize,
}

/// An answer that is given when what it rests on is synced.
#[derive(Debug)]
pub struct Answer {
    /// The answer.
    pub outcome: Outcome,
    /// If it rests on what is staged: what is answered if that is not written.
    pub rests: Option<WriteOutcome>,
}

impl Answer {
    /// An answer that rests on nothing.
    pub fn now(outcome: Outcome) -> Self {
        Self { outcome, rests: None }
    }
}

/// What the writer has taken and not yet written, for one write.
#[derive(Debug, Default)]
pub struct Stage {
    /// The bytes to write.
    pub buffer: Vec<u8>,
    /// The events in them.
    pub events: Vec<Staged>,
    /// The newest events of their keys, from the first expectation on.
    keys: Option<StagedKeys>,
}

/// How the records of a segment are written.
#[derive(Debug, Clone, Copy)]
pub struct Stamp {
    /// Seeds the checksums.
    pub seed: u32,
    /// The log is synced up to here.
    pub synced: Position,
    /// When it is published.
    pub time: Micros,
}

impl Stage {
    /// The keys that are staged.
    pub fn keys(&mut self) -> &StagedKeys {
        let events = &self.events;
        self.keys.get_or_insert_with(|| {
            let mut keys = StagedKeys::default();
            events.iter().for_each(|staged| keys.add(&staged.event.head, staged.position));
            keys
        })
    }

    /// Stages the new events of a batch after `last`; tells where each event is.
    pub fn put(
        &mut self,
        batch: Batch,
        places: &[Place],
        last: Position,
        stamp: Stamp,
    ) -> Vec<Placed> {
        let mut next = Position(last.0 + 1);
        let Self { buffer, events, keys } = self;
        let mut encoder = BatchEncoder::begin(buffer, stamp.seed, next, stamp.synced);
        let mut placed: Vec<Placed> = Vec::with_capacity(places.len());
        for (event, place) in batch.events.into_iter().zip(places) {
            let (position, duplicate) = match *place {
                Place::New => (next, false),
                Place::Repeat(position) => (position, true),
                Place::SameAs(index) => (placed.get(index).map_or(next, |p| p.position), true),
            };
            placed.push(Placed { position, duplicate });
            if !duplicate {
                let place = encoder.put_event(stamp.time, &event);
                if let Some(keys) = keys {
                    keys.add(&event.head, position);
                }
                events.push(Staged { event, position, place });
                next.0 += 1;
            }
        }
        encoder.finish();
        placed
    }

    /// Empties it, keeping the memory.
    pub fn clear(&mut self) {
        self.buffer.clear();
        self.events.clear();
        self.keys = None;
    }
}
