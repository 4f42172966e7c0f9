//! Publish: check, encode, append.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;

use super::Hub;
use super::pace::{self, Turns};
use crate::access::Granted;
use crate::backlog::{Backlog, Batch, Expected, Outcome, Placed, Receipt};
use crate::cursor::Cursor;
use crate::error::Error;
use crate::event::{EncodedEvent, Event, check_batch};
use crate::limits::RETRY_LATER;
use crate::lineage::Verdict;
use crate::metrics::Metrics;
use crate::trace_context;

/// When to try again while there is no space.
const NO_SPACE: Duration = Duration::from_secs(5);

/// What became of one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// The place just after it or, for a repeat, just after its first publication.
    pub cursor: Cursor,
    /// It had been published before, with the same topic, id and content.
    pub duplicate: bool,
}

/// Resolves when a batch is durable or refused. Dropping it changes nothing: the batch goes its way.
pub struct Publishing {
    receipt: Receipt,
    backlog: Arc<dyn Backlog>,
    turns: Arc<Turns>,
    metrics: Arc<Metrics>,
    began: Instant,
}

impl Hub {
    /// Takes a batch, in call order; the answer comes when it is durable. `expected`: `Some(None)` is the expectation
    /// that none of the batch's keys is live.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidField`] and [`Error::TooLarge`] for the events, [`Error::Cursor`] for an expected cursor that is
    /// foreign or ahead, [`Error::Draining`]. What the backlog refuses comes as the future's answer.
    pub fn publish(
        &self,
        events: Granted<Vec<Event>>,
        expected: Option<Option<Cursor>>,
    ) -> Result<Publishing, Error> {
        self.refuse_if_draining()?;
        check_batch(&events, &self.settings.limits)?;
        let expected = expected.map(|cursor| self.expectation(cursor)).transpose()?;
        let began = Instant::now();
        let events = events.into_inner().into_iter().map(Event::encode);
        let events: Vec<EncodedEvent> = events.collect();
        trace_context::link(events.iter().map(|event| &event.head));
        let receipt = self.backlog.append(Batch { events, expected });
        let (backlog, turns) = (Arc::clone(&self.backlog), Arc::clone(&self.turns));
        Ok(Publishing { receipt, backlog, turns, metrics: Arc::clone(&self.metrics), began })
    }

    /// The refusal of what there is no room for now.
    pub fn overloaded(&self) -> Error {
        Error::Overloaded { retry_after: self.turns.next() }
    }

    /// A trimmed cursor is no error here: the backlog may still know the newest event of each key.
    fn expectation(&self, cursor: Option<Cursor>) -> Result<Expected, Error> {
        let Some(cursor) = cursor else { return Ok(Expected::Absent) };
        let extent = self.backlog.extent();
        match self.lineage().judge(cursor, extent) {
            Verdict::Valid(position) | Verdict::Trimmed(position) => {
                Ok(Expected::NotAfter(position))
            }
            Verdict::Foreign => Err(self.foreign(extent)),
            Verdict::Ahead => Err(self.ahead(extent)),
        }
    }

    /// Whether new calls are taken.
    ///
    /// # Errors
    ///
    /// [`Error::Draining`].
    pub fn refuse_if_draining(&self) -> Result<(), Error> {
        if self.is_draining() {
            return Err(Error::Draining { retry_after: RETRY_LATER });
        }
        Ok(())
    }
}

impl Future for Publishing {
    type Output = Result<Vec<Published>, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.receipt).poll(cx).map(|outcome| self.answer(outcome))
    }
}

impl Publishing {
    fn measure(&self, placed: &[Placed]) {
        self.metrics.publish.time(self.began.elapsed());
        self.metrics.batch.record(placed.len() as u64);
        let duplicates = placed.iter().filter(|placed| placed.duplicate).count();
        if duplicates > 0 {
            self.metrics.duplicates.add(duplicates as u64);
        }
    }

    fn answer(&self, outcome: Outcome) -> Result<Vec<Published>, Error> {
        let lineage = self.backlog.lineage();
        let published = |placed: Placed| Published {
            cursor: lineage.cursor(placed.position),
            duplicate: placed.duplicate,
        };
        Err(match outcome {
            Outcome::Appended(placed) => {
                self.turns.serve();
                self.measure(&placed);
                return Ok(placed.into_iter().map(published).collect());
            }
            Outcome::Conflict { index } => Error::IdConflict { index },
            Outcome::Expectation { index, newest } => {
                let newest = newest.map(|position| lineage.cursor(position));
                Error::ExpectationFailed { index, newest }
            }
            Outcome::Busy => Error::Overloaded { retry_after: self.turns.next() },
            Outcome::NoSpace => Error::NoSpace { retry_after: pace::jittered(NO_SPACE) },
            Outcome::Failed(outcome) => Error::BacklogFailed { outcome },
            Outcome::Closing => Error::Draining { retry_after: RETRY_LATER },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backlog::memory::Memory;
    use crate::cursor::Position;
    use crate::error::WriteOutcome;

    #[tokio::test]
    async fn each_refusal_of_the_backlog_has_its_error() {
        let backlog: Arc<dyn Backlog> = Arc::new(Memory::default());
        let answer = |outcome| Publishing {
            receipt: Receipt::resolved(outcome),
            backlog: Arc::clone(&backlog),
            turns: Arc::default(),
            metrics: Arc::default(),
            began: Instant::now(),
        };
        let cursor = backlog.lineage().cursor(Position(7));
        let newest = Some(Position(7));
        assert_eq!(
            answer(Outcome::Expectation { index: 1, newest }).await,
            Err(Error::ExpectationFailed { index: 1, newest: Some(cursor) })
        );
        let conflict = answer(Outcome::Conflict { index: 2 }).await;
        assert_eq!(conflict, Err(Error::IdConflict { index: 2 }));
        let outcome = WriteOutcome::Unknown;
        let failed = answer(Outcome::Failed(outcome)).await;
        assert_eq!(failed, Err(Error::BacklogFailed { outcome }));
        assert!(matches!(answer(Outcome::Busy).await, Err(Error::Overloaded { .. })));
        assert!(matches!(answer(Outcome::NoSpace).await, Err(Error::NoSpace { .. })));
        assert!(matches!(answer(Outcome::Closing).await, Err(Error::Draining { .. })));
    }
}
