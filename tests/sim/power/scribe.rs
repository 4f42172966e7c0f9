//! What a seed did, as a history for the validators of the named guarantees.

use std::sync::Arc;
use std::time::Duration;

use hintwire::backlog::log::LogSettings;
use hintwire::backlog::log::writer::Committed;
use hintwire::backlog::{Batch, Outcome, Page, Placed, Read, ReadError};
use hintwire::cursor::{Cursor, Incarnation, Position};
use hintwire::error::WriteOutcome;
use hintwire::event::{EncodedEvent, Event, Micros, StoredEvent};
use hintwire::lineage::Lineage;
use parking_lot::Mutex;

use super::look::Follower;
use crate::disk::SimDisk;
use crate::validate::{self, History, IdWindow, Moment, Recorder, Refusal, Seen, Start, What};

/// Records the history of one seed.
#[derive(Clone)]
pub struct Scribe {
    recorder: Recorder,
    lineage: Lineage,
    ids: IdWindow,
}

impl Scribe {
    pub fn new(disk: &SimDisk, settings: &LogSettings) -> Self {
        let (clock, passed) = (disk.clock(), Mutex::new((u64::MAX, 0)));
        // The machine's clock goes back, that of a history does not: all that it ever went forward counts, since a log
        // may have counted it against an id.
        let recorder = Recorder::with_clock(move || {
            let now = clock().0;
            let (last, sum) = &mut *passed.lock();
            *sum += now.saturating_sub(*last);
            *last = now;
            Duration::from_micros(*sum)
        });
        let ids = IdWindow { time: settings.id_window, ids: settings.id_window_events };
        Self { recorder, lineage: Lineage::new(Incarnation(7)), ids }
    }

    pub fn began(&self) -> Moment {
        self.recorder.began()
    }

    pub fn published(&self, began: Moment, group: &[Batch], committed: &Committed) {
        for (batch, outcome) in group.iter().zip(&committed.outcomes) {
            let events = batch.events.iter().map(|event| self.event(event)).collect();
            self.recorder.record(began, What::Publish { events, result: self.result(outcome) });
        }
    }

    fn result(&self, outcome: &Outcome) -> Result<Vec<(Cursor, bool)>, Refusal> {
        let placed = |p: &Placed| (self.lineage.cursor(p.position), p.duplicate);
        let (reason, unknown) = match outcome {
            Outcome::Appended(all) => return Ok(all.iter().map(placed).collect()),
            Outcome::Conflict { .. } => ("ID_CONFLICT", false),
            Outcome::Expectation { .. } => ("EXPECTATION_FAILED", false),
            Outcome::NoSpace => ("NO_SPACE", false),
            Outcome::Failed(outcome) => ("BACKLOG_FAILED", *outcome == WriteOutcome::Unknown),
            Outcome::Busy => ("OVERLOADED", false),
            Outcome::Closing => ("DRAINING", false),
        };
        Err(Refusal { reason: reason.into(), unknown })
    }

    fn event(&self, event: &EncodedEvent) -> Arc<Event> {
        let EncodedEvent { wire, data_at, .. } = event.clone();
        let (position, published) = (Position::INCEPTION, Micros(0));
        self.seen(&StoredEvent { position, published, wire, data_at }).1
    }

    fn seen(&self, stored: &StoredEvent) -> Seen {
        validate::convert::seen(&self.lineage, stored)
    }

    pub fn fetched(&self, began: Moment, read: &Read, answer: &Result<Page, ReadError>) {
        let refusal = |reason: &str| Refusal { reason: reason.into(), unknown: false };
        let result = match answer {
            Ok(page) => Ok(validate::Page {
                events: page.events.iter().map(|stored| self.seen(stored)).collect(),
                next: self.lineage.cursor(page.next),
                head: self.lineage.cursor(page.head),
                has_more: page.has_more,
            }),
            Err(ReadError::Trimmed) => Err(refusal("CURSOR_TRIMMED")),
            Err(ReadError::Damaged { .. }) => Err(refusal("BACKLOG_FAILED")),
        };
        let start = Start::Cursor(Some(self.lineage.cursor(read.after)));
        let (selection, limit) = (read.selection.clone(), read.events);
        self.recorder.record(began, What::Fetch { selection, start, limit, result });
    }

    pub fn follows(&self, who: &Follower) {
        let (follower, selection) = (who.number, who.selection.clone());
        let from = Some(self.lineage.cursor(Position(who.at)));
        self.recorder.note(What::FollowerStarted { follower, selection, from });
    }

    pub fn handled(&self, who: &Follower, page: &Page) {
        let events = page.events.iter().map(|stored| self.seen(stored)).collect();
        let (follower, selection) = (who.number, who.selection.clone());
        let cursor = self.lineage.cursor(page.next);
        self.recorder.note(What::Handled { follower, selection, events, cursor });
    }

    pub fn stops(&self, who: &Follower) {
        self.recorder.note(What::FollowerStopped { follower: who.number });
    }

    pub fn trimmed(&self, earliest: u64) {
        self.recorder.note(What::Trimmed { earliest: self.lineage.cursor(Position(earliest)) });
    }

    pub fn crashed(&self) {
        self.recorder.note(What::Crashed);
    }

    pub fn started(&self, earliest: Position, head: Position) {
        let (earliest, head) = (self.lineage.cursor(earliest), self.lineage.cursor(head));
        self.recorder.note(What::Started { earliest, head });
    }

    /// All that there is at the end.
    pub fn log(&self, earliest: u64, head: u64, events: &[StoredEvent]) {
        let cursor = |place| self.lineage.cursor(Position(place));
        let events = events.iter().map(|stored| self.seen(stored)).collect();
        self.recorder.note(What::Log { earliest: cursor(earliest), head: cursor(head), events });
    }

    pub fn finish(&self) -> History {
        History { id_window: self.ids, ..self.recorder.finish() }
    }
}
