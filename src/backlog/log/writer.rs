//! The writer: takes groups of batches, and for each makes one write, one sync, and what it holds visible.
//!
//! It owns no thread and never waits for readers. After a failed write or sync it takes nothing more, unless there was no
//! space and what was written could be taken back.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::active::Active;
use super::disk::Disk;
use super::ids::UsedId;
use super::judge::{self, Place, Refusal};
use super::record::{ENTRY_HEADER, RECORD_HEADER, SEAL};
use super::segment::Form;
use super::stage::{Answer, Stage, Staged, Stamp};
use super::state::Shared;
use crate::backlog::{Appended, Batch, Health, Outcome, Placed};
use crate::cursor::Position;
use crate::error::WriteOutcome;
use crate::event::{EncodedEvent, Micros, StoredEvent};
use crate::limits::RECORD_BYTES;
use crate::topic::table::KeyState;

/// What became of a group of batches.
#[derive(Debug, Default)]
pub struct Committed {
    /// For each batch, in order.
    pub outcomes: Vec<Outcome>,
    /// What was appended.
    pub appended: Vec<Appended>,
}

/// Why nothing can be appended now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// There is no space.
    NoSpace,
    /// A write failed.
    Failed,
}

/// Appends to the log.
pub struct Writer<D: Disk> {
    pub(super) shared: Arc<Shared<D>>,
    pub(super) active: Option<Active<D>>,
    /// Number of the newest segment that is or was active.
    pub(super) number: u32,
    /// The last position that was given out, taken back ones included.
    pub(super) last: Position,
    /// When the last event was published.
    pub(super) time: Micros,
    /// Positions were taken back: the next event belongs into another segment.
    pub(super) hole: bool,
    pub(super) blocked_until: Micros,
    /// Bytes for which there was no room when it was looked for last.
    pub(super) wanted: u64,
    pub(super) space_seen: Micros,
    stage: Stage,
    answers: Vec<Answer>,
}

/// Where the log goes on.
#[derive(Debug)]
pub struct Tail<D: Disk> {
    /// The segment that is not sealed, unless all are.
    pub active: Option<Active<D>>,
    /// Number of the newest segment that was begun; the one before the first if none was.
    pub number: u32,
    /// The last position that may have been given out.
    pub last: Position,
    /// When the last event was published.
    pub time: Micros,
}

impl<D: Disk> Writer<D> {
    /// A writer that goes on from a tail.
    pub fn new(shared: Arc<Shared<D>>, tail: Tail<D>) -> Self {
        let Tail { active, number, last, time } = tail;
        Self {
            shared,
            active,
            number,
            last,
            time,
            hole: false,
            blocked_until: Micros::default(),
            wanted: 0,
            space_seen: Micros::default(),
            stage: Stage::default(),
            answers: Vec::new(),
        }
    }

    /// Appends a group of batches: durable when this returns, but for those refused.
    pub fn commit(&mut self, batches: impl IntoIterator<Item = Batch>) -> Committed {
        let now = (self.shared.clock)();
        self.time = self.time.max(now);
        self.shared.ids.lock().expire(self.time);
        let mut appended = Vec::new();
        for batch in batches {
            if !self.fits(&batch) {
                appended.extend(self.flush(now));
            }
            let answer = self.take(batch, now);
            self.answers.push(answer);
        }
        appended.extend(self.flush(now));
        let outcomes = self.answers.drain(..).map(|answer| answer.outcome).collect();
        Committed { outcomes, appended }
    }

    /// Whether a batch may join what is staged.
    fn fits(&self, batch: &Batch) -> bool {
        let staged = self.stage.buffer.len() as u64;
        let at = self.active.as_ref().map_or(0, |active| active.at) + staged;
        staged == 0 || at + record_len(batch) + SEAL as u64 <= self.shared.settings.segment_bytes
    }

    /// Judges a batch, and stages it if it is taken.
    fn take(&mut self, batch: Batch, now: Micros) -> Answer {
        if matches!(*self.shared.health.lock(), Health::Failed(_)) {
            return Answer::now(Stop::Failed.into());
        }
        match self.judge(&batch) {
            Ok(places) if places.contains(&Place::New) => self.append(batch, &places, now),
            Ok(places) => repeated(&places, self.shared.head()),
            Err(Refusal { outcome, rests_on_unsynced }) => {
                Answer { outcome, rests: rests_on_unsynced.then_some(WriteOutcome::NotWritten) }
            }
        }
    }

    fn judge(&mut self, batch: &Batch) -> Result<Vec<Place>, Refusal> {
        let places = judge::places(batch, &self.shared.ids.lock(), self.shared.head())?;
        if batch.expected.is_some() {
            judge::expectation(batch, &places, self.stage.keys(), &self.shared)?;
        }
        Ok(places)
    }

    fn append(&mut self, batch: Batch, places: &[Place], now: Micros) -> Answer {
        let bytes = record_len(&batch);
        if bytes > RECORD_BYTES as u64 {
            return Answer::now(Outcome::NoSpace);
        }
        if self.stage.buffer.is_empty()
            && let Err(stop) = self.make_room(bytes, now)
        {
            return Answer::now(stop.into());
        }
        let Some(active) = &self.active else { return Answer::now(Outcome::NoSpace) };
        if self.stage.buffer.is_empty() && !active.is_begun() {
            self.stage.buffer.extend_from_slice(&active.header(&self.shared));
        }
        let synced = self.shared.head();
        let stamp = Stamp { seed: active.segment.seed, synced, time: self.time };
        let before = self.stage.events.len();
        let placed = self.stage.put(batch, places, self.last, stamp);
        self.note(before);
        Answer { outcome: Outcome::Appended(placed), rests: Some(WriteOutcome::Unknown) }
    }

    /// Notes positions and ids of what was staged behind the first `before` events.
    fn note(&mut self, before: usize) {
        let mut ids = self.shared.ids.lock();
        for Staged { event, position, .. } in self.stage.events.iter().skip(before) {
            self.last = *position;
            if let Some(once) = event.once {
                ids.push(UsedId { once, position: *position, time: self.time });
            }
        }
    }

    /// Writes, syncs and makes visible what is staged, and settles the answers that rest on it.
    fn flush(&mut self, now: Micros) -> Option<Appended> {
        let active = self.active.as_mut().filter(|_| !self.stage.buffer.is_empty())?;
        let start = active.at;
        let began = Instant::now();
        let written = active.write(&self.stage.buffer);
        self.shared.metrics.sync.time(began.elapsed());
        let appended = match self.settle(written, now) {
            Ok(()) => {
                self.count();
                self.answers.iter_mut().for_each(|answer| answer.rests = None);
                self.publish(start)
            }
            Err(stop) => {
                self.refuse(stop);
                None
            }
        };
        self.stage.clear();
        appended
    }

    /// Counts what was synced.
    fn count(&self) {
        let batches = self.answers.iter().filter(|answer| answer.rests.is_some()).count();
        self.shared.metrics.group.record(batches as u64);
        self.shared.metrics.written.add(self.stage.buffer.len() as u64);
    }

    /// Makes what was synced visible: index, topics, then the head.
    fn publish(&mut self, start: u64) -> Option<Appended> {
        let (shared, published) = (&*self.shared, self.time);
        let segment = &self.active.as_ref()?.segment;
        if start == 0 {
            shared.view.rcu(|view| view.with(segment));
        }
        let Form::Live(live) = &segment.form else { return None };
        let mut events = Vec::with_capacity(self.stage.events.len());
        for Staged { event, position, place } in self.stage.events.drain(..) {
            let topic = shared.topics.entry(&event.head.topic);
            let offset = (start + place as u64) as u32;
            live.push(&topic, offset);
            let EncodedEvent { head, wire, data_at, .. } = event;
            shared.hot.push(StoredEvent { position, published, wire, data_at });
            let state = KeyState { position, deleted: head.deleted };
            shared.topics.record(&topic, &head.key, state);
            events.push((position, head));
        }
        shared.head.store(self.last.0, Ordering::Release);
        Some(Appended { events, published, head: self.last })
    }

    /// Refuses all that rests on what was not written.
    fn refuse(&mut self, stop: Stop) {
        for answer in &mut self.answers {
            if let Some(outcome) = answer.rests.take() {
                answer.outcome = match stop {
                    Stop::NoSpace => Outcome::NoSpace,
                    Stop::Failed => Outcome::Failed(outcome),
                };
            }
        }
        self.shared.ids.lock().take_back(self.shared.head());
        self.hole = true;
    }
}

/// The answer to a batch of repeats.
fn repeated(places: &[Place], head: Position) -> Answer {
    let repeat = |place: &Place| match *place {
        Place::Repeat(position) => Some(Placed { position, duplicate: true }),
        Place::New | Place::SameAs(_) => None,
    };
    let placed: Vec<Placed> = places.iter().filter_map(repeat).collect();
    let rests = placed.iter().any(|placed| placed.position > head).then_some(WriteOutcome::Unknown);
    Answer { outcome: Outcome::Appended(placed), rests }
}

/// Most bytes that a batch takes in a segment.
fn record_len(batch: &Batch) -> u64 {
    (RECORD_HEADER + batch.bytes() + batch.events.len() * ENTRY_HEADER + 8) as u64
}

impl From<Stop> for Outcome {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::NoSpace => Self::NoSpace,
            Stop::Failed => Self::Failed(WriteOutcome::NotWritten),
        }
    }
}
