//! Publish: check, encode, append.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::{Hub, pace};
use crate::backlog::{Backlog, Batch, Expected, Outcome, Placed, Receipt};
use crate::cursor::Cursor;
use crate::error::Error;
use crate::event::{Event, check_batch};
use crate::lineage::Verdict;

/// When to try again while the queue of the backlog is full.
const BUSY: Duration = Duration::from_millis(50);
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
        events: Vec<Event>,
        expected: Option<Option<Cursor>>,
    ) -> Result<Publishing, Error> {
        self.refuse_if_draining()?;
        check_batch(&events, &self.settings.limits)?;
        let expected = expected.map(|cursor| self.expectation(cursor)).transpose()?;
        let events = events.into_iter().map(Event::encode).collect();
        let receipt = self.backlog.append(Batch { events, expected });
        Ok(Publishing { receipt, backlog: Arc::clone(&self.backlog) })
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
            return Err(Error::Draining { retry_after: pace::RETRY_DRAINING });
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
    fn answer(&self, outcome: Outcome) -> Result<Vec<Published>, Error> {
        let lineage = self.backlog.lineage();
        let published = |placed: Placed| Published {
            cursor: lineage.cursor(placed.position),
            duplicate: placed.duplicate,
        };
        Err(match outcome {
            Outcome::Appended(placed) => return Ok(placed.into_iter().map(published).collect()),
            Outcome::Conflict { index } => Error::IdConflict { index },
            Outcome::Expectation { index, newest } => {
                let newest = newest.map(|position| lineage.cursor(position));
                Error::ExpectationFailed { index, newest }
            }
            Outcome::Busy => Error::Overloaded { retry_after: pace::jittered(BUSY) },
            Outcome::NoSpace => Error::NoSpace { retry_after: pace::jittered(NO_SPACE) },
            Outcome::Failed(outcome) => Error::BacklogFailed { outcome },
            Outcome::Closing => Error::Draining { retry_after: pace::RETRY_DRAINING },
        })
    }
}
