//! Whether a commit was answered as the model would.

use std::collections::HashMap;

use hintwire::backlog::log::writer::Committed;
use hintwire::backlog::{Batch, Expected, Outcome, Placed};
use hintwire::error::WriteOutcome;
use hintwire::event::{EncodedEvent, Micros};

use super::counts::Counts;
use super::model::{Doubtful, IdState, Known, Model};

/// What may stand in the way of a commit.
#[derive(Debug, Clone, Copy, Default)]
pub struct Excuses {
    /// There was no space, or a call said so.
    pub no_space: bool,
    /// A call failed, now or since the last start.
    pub failed: bool,
    /// The trim point afterwards.
    pub earliest: u64,
}

/// What becomes of an event, by the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    New,
    Repeat(Option<u64>),
    SameAs(usize),
    Conflict,
    /// Its id may have left the window: the log decides.
    Perhaps(u64),
}

/// A commit that is being looked at.
pub struct Judge<'m> {
    pub model: &'m mut Model,
    pub counts: &'m mut Counts,
    pub now: Micros,
    pub excuses: Excuses,
    /// What was staged: id, its content and place, and newest events of keys.
    staged: HashMap<[u8; 16], ([u8; 16], Option<u64>)>,
    keys: HashMap<(String, String), (Option<u64>, bool)>,
    new: Vec<(u64, EncodedEvent)>,
}

impl<'m> Judge<'m> {
    pub fn new(
        model: &'m mut Model,
        counts: &'m mut Counts,
        now: Micros,
        excuses: Excuses,
    ) -> Self {
        model.latest = model.latest.max(now);
        let (staged, keys, new) = Default::default();
        Self { model, counts, now, excuses, staged, keys, new }
    }

    /// Takes over what a commit did.
    pub fn commit(mut self, group: &[Batch], committed: &Committed) -> Result<(), String> {
        let Committed { outcomes, appended } = committed;
        if outcomes.len() != group.len() {
            return Err(format!("{} answers to {} batches", outcomes.len(), group.len()));
        }
        for (index, (batch, outcome)) in group.iter().zip(outcomes).enumerate() {
            self.batch(batch, outcome)
                .map_err(|why| format!("batch {index}: {why}: {outcome:?}"))?;
        }
        let mut new = std::mem::take(&mut self.new).into_iter();
        for group in appended {
            if group.published < self.model.time {
                return Err(format!(
                    "published at {:?}, before {:?}",
                    group.published, self.model.time
                ));
            }
            for (position, head) in &group.events {
                let (at, event) = new.next().ok_or("the tail tells more than was answered")?;
                if at != position.0 || event.head != *head {
                    return Err(format!("the tail tells {position}, answered was {at}"));
                }
                self.model.add(at, Known::of(&event, group.published));
            }
            self.model.head = self.model.head.max(group.head.0);
        }
        match new.next() {
            None => Ok(()),
            Some((at, _)) => Err(format!("the tail does not tell {at}")),
        }
    }

    fn batch(&mut self, batch: &Batch, outcome: &Outcome) -> Result<(), String> {
        let places: Vec<Place> = self.places(batch);
        let conflict = places.iter().position(|place| *place == Place::Conflict);
        match outcome {
            Outcome::Appended(placed) => {
                if let Some(index) = conflict {
                    return Err(format!("{index} conflicts"));
                }
                self.appended(batch, &places, placed)
            }
            Outcome::Conflict { index } if conflict == Some(*index) => {
                self.counts.conflicts += 1;
                Ok(())
            }
            Outcome::Conflict { index } => match places.get(*index) {
                Some(Place::Perhaps(at)) if self.differs(*at, &batch.events[*index]) => Ok(()),
                _ => Err(format!("not expected: {places:?}")),
            },
            Outcome::Expectation { index, newest } => {
                self.counts.expectations_failed += 1;
                self.refused(batch, &places, *index, newest.map(|newest| newest.0))
            }
            Outcome::NoSpace if self.excuses.no_space => Ok(()),
            Outcome::Failed(WriteOutcome::NotWritten) if self.excuses.failed => Ok(()),
            Outcome::Failed(WriteOutcome::Unknown) if self.excuses.failed => {
                self.doubt(batch, &places);
                Ok(())
            }
            _ => Err("not expected".into()),
        }
    }

    fn places(&mut self, batch: &Batch) -> Vec<Place> {
        let mut earlier: HashMap<[u8; 16], (usize, [u8; 16])> = HashMap::new();
        let mut places = Vec::new();
        for (index, event) in batch.events.iter().enumerate() {
            places.push(match event.once {
                None => Place::New,
                Some(once) => match (self.known(once.id), earlier.get(&once.id)) {
                    (Some((content, place)), _) if content == once.content => place,
                    (Some((_, Place::Perhaps(at))), _) => Place::Perhaps(at),
                    (Some(_), _) => Place::Conflict,
                    (None, Some((first, content))) if *content == once.content => {
                        Place::SameAs(*first)
                    }
                    (None, Some(_)) => Place::Conflict,
                    (None, None) => {
                        earlier.insert(once.id, (index, once.content));
                        Place::New
                    }
                },
            });
        }
        places
    }

    /// What is known of an id: its content, and what an event with that content would be.
    fn known(&mut self, id: [u8; 16]) -> Option<([u8; 16], Place)> {
        if let Some((content, at)) = self.staged.get(&id) {
            self.counts.repeats_in_flight += 1;
            return Some((*content, Place::Repeat(*at)));
        }
        let content = |at: u64| self.model.events[&at].once.unwrap().content;
        match self.model.id(&id, self.now) {
            IdState::Unknown => None,
            IdState::Known(at) => Some((content(at), Place::Repeat(Some(at)))),
            IdState::Perhaps(at) => Some((content(at), Place::Perhaps(at))),
        }
    }

    fn differs(&self, at: u64, event: &EncodedEvent) -> bool {
        self.model.events[&at].once != event.once
    }

    fn appended(
        &mut self,
        batch: &Batch,
        places: &[Place],
        placed: &[Placed],
    ) -> Result<(), String> {
        if placed.len() != places.len() {
            return Err(format!("{} places of {}", placed.len(), places.len()));
        }
        let mut last: Option<u64> = None;
        for (index, (event, place)) in batch.events.iter().zip(places).enumerate() {
            let Placed { position, duplicate } = placed[index];
            let at = position.0;
            let right = match *place {
                Place::New => !duplicate,
                Place::Repeat(known) => duplicate && known.is_none_or(|known| known == at),
                Place::SameAs(first) => duplicate && placed[first].position == position,
                Place::Conflict => false,
                Place::Perhaps(known) if duplicate => {
                    let mut earlier = batch.events.iter().zip(placed).take(index);
                    (at == known && !self.differs(known, event))
                        || earlier.any(|(e, p)| p.position == position && e.once == event.once)
                }
                Place::Perhaps(_) => true,
            };
            if !right {
                return Err(format!("event {index} is to be {place:?}"));
            }
            if duplicate {
                self.counts.repeats += 1;
                continue;
            }
            if let Some(expected) = batch.expected
                && self.holds(event, expected) == Some(false)
            {
                return Err(format!("event {index} is not what {expected:?} asks for"));
            }
            if at <= self.model.ceiling || last.is_some_and(|last| last + 1 != at) {
                let ceiling = self.model.ceiling;
                return Err(format!("event {index} is at {at}, after {last:?}, above {ceiling}"));
            }
            last = Some(at);
            self.new.push((at, event.clone()));
        }
        // Expectations are judged against what was before the batch.
        for (event, placed) in batch.events.iter().zip(placed).filter(|(_, p)| !p.duplicate) {
            self.stage(event, Some(placed.position.0));
        }
        self.model.ceiling = self.model.ceiling.max(last.unwrap_or_default());
        Ok(())
    }

    fn stage(&mut self, event: &EncodedEvent, at: Option<u64>) {
        if let Some(once) = event.once {
            self.staged.insert(once.id, (once.content, at));
        }
        let key = (event.head.topic.as_str().to_owned(), event.head.key.clone());
        self.keys.insert(key, (at, event.head.deleted));
    }

    /// A batch of which nobody knows whether it was written.
    fn doubt(&mut self, batch: &Batch, places: &[Place]) {
        let new = |place: &Place| matches!(place, Place::New | Place::Perhaps(_));
        let events = batch.events.iter().zip(places).filter(|(_, place)| new(place));
        let doubtful = |(event, place): (&EncodedEvent, &Place)| Doubtful {
            event: Known::of(event, Micros(0)),
            optional: *place != Place::New,
        };
        let doubtful: Vec<Doubtful> = events.clone().map(doubtful).collect();
        if !doubtful.is_empty() {
            self.model.limbo.push(doubtful);
            self.counts.doubtful += 1;
        }
        for (event, _) in events {
            self.stage(event, None);
        }
    }

    fn refused(
        &self,
        batch: &Batch,
        places: &[Place],
        index: usize,
        newest: Option<u64>,
    ) -> Result<(), String> {
        let expected = batch.expected.ok_or("nothing was expected")?;
        for (at, (event, place)) in batch.events.iter().zip(places).enumerate().take(index + 1) {
            let holds = match place {
                Place::New => self.holds(event, expected),
                Place::Perhaps(_) => None,
                _ => Some(true),
            };
            match holds {
                Some(true) if at == index => return Err(format!("it holds for {at}")),
                Some(false) if at < index => {
                    let newest = self.newest(event);
                    return Err(format!("{expected:?} fails for {at}, at {newest:?} as {place:?}"));
                }
                _ => {}
            }
        }
        let known = self.newest(&batch.events[index]).map(|(at, _)| at);
        if newest.is_some() && known.is_some_and(|known| known.is_some() && known != newest) {
            return Err(format!("the newest is {known:?}"));
        }
        Ok(())
    }

    /// Position, unless that is not known, and whether it is a tombstone.
    fn newest(&self, event: &EncodedEvent) -> Option<(Option<u64>, bool)> {
        let key = (event.head.topic.as_str().to_owned(), event.head.key.clone());
        let durable = || self.model.newest(&event.head).map(|(at, e)| (Some(at), e.head.deleted));
        self.keys.get(&key).copied().or_else(durable)
    }

    /// Whether an expectation holds; `None` if retention may have made that undecidable.
    fn holds(&self, event: &EncodedEvent, expected: Expected) -> Option<bool> {
        let newest = self.newest(event);
        let (earliest, keeps) = (self.excuses.earliest, self.model.keeps_latest);
        let forgotten = |at: u64, deleted: bool| at <= earliest && (deleted || !keeps);
        match (expected, newest) {
            (Expected::Absent, None) => (keeps || earliest == 0).then_some(true),
            (Expected::NotAfter(place), None) => (place.0 >= earliest).then_some(true),
            (_, Some((Some(at), deleted))) if forgotten(at, deleted) => None,
            (Expected::Absent, Some((_, deleted))) => Some(deleted),
            (Expected::NotAfter(place), Some((Some(at), _))) => Some(at <= place.0),
            // Its position is none that anybody was told, so the place is before it.
            (Expected::NotAfter(_), Some((None, _))) => Some(false),
        }
    }
}
