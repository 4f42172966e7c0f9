//! The push-to-poll loop: hints say when to fetch, the cursor says from where, and polling alone would
//! do as well.
//!
//! Two halves run side by side in one future: one listens, the other fetches and hands events over.
//! Between them stands the course, which takes every decision and does no I/O.

mod choices;
mod course;
mod fetcher;
mod listen;
mod quiet;
mod recover;
mod settings;
mod shared;
#[cfg(test)]
mod tests;
mod work;

use std::convert::Infallible;
use std::fmt;
use std::io;

use tokio::time::Instant;

use super::seen::Seen;
use super::{
    Breaker, Client, CursorStore, Error, Handler, HandlerError, MemoryStore, Notice, Wire,
};
use crate::limits;
use crate::v1::{FetchRequest, SubscribeResponse};
use course::Course;
use fetcher::Fetcher;
use listen::Listener;
use recover::Retry;
pub use settings::{OnCursorError, Start};
use settings::{Pace, Selection};
use shared::Shared;
use work::{Reading, Worker};

type FetchIf = Box<dyn FnMut(&SubscribeResponse) -> bool + Send>;
type Observe = Box<dyn FnMut(&Notice) + Send>;

/// Why the loop ended.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The hub refused, and trying again does not help; or the policy for cursors says to end.
    #[error(transparent)]
    Hub(#[from] Error),
    /// The handler failed. The cursor lies before its batch, which comes again in the next run.
    #[error("the handler failed: {0}")]
    Handler(#[source] HandlerError),
    /// The cursor could not be loaded or saved.
    #[error(transparent)]
    Store(#[from] io::Error),
}

/// Follows patterns: hands every matching event to a handler, at least once and in order, from the
/// stored cursor on. Made with [`Follow::new`], started with [`Follow::run`], stopped by dropping.
pub struct Follow<W = Client, S = MemoryStore> {
    wire: W,
    store: S,
    selection: Selection,
    pace: Pace,
    start: Start,
    on_cursor_error: OnCursorError,
    remembered: usize,
    breaker: Breaker,
    fetch_if: FetchIf,
    observe: Observe,
}

impl<W: Wire> Follow<W> {
    /// Follows what matches one of `patterns`, with a cursor in memory, from the earliest event on.
    pub fn new(wire: W, patterns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let topics = patterns.into_iter().map(Into::into).collect();
        let limit = i32::try_from(limits::PAGE_EVENTS).unwrap_or(i32::MAX);
        Self {
            wire,
            store: MemoryStore::default(),
            selection: Selection {
                fetch: FetchRequest { topics, limit, ..FetchRequest::default() },
            },
            pace: Pace::default(),
            start: Start::default(),
            on_cursor_error: OnCursorError::default(),
            remembered: 0,
            breaker: Breaker::default(),
            fetch_if: Box::new(|_| true),
            observe: Box::new(|_| {}),
        }
    }
}

impl<W: Wire, S: CursorStore> Follow<W, S> {
    /// Runs until the handler or the store fails, or the hub refuses for good. Dropping the future
    /// stops it at any point; what was not saved comes again in the next run.
    ///
    /// # Errors
    /// See [`FollowError`]; it never ends otherwise.
    pub fn run(
        self,
        handler: impl Handler,
    ) -> impl Future<Output = Result<Infallible, FollowError>> + Send {
        // That the future is `Send` is settled here, or every `spawn` of a caller would have to prove it.
        self.both_halves(handler)
    }

    async fn both_halves(mut self, handler: impl Handler) -> Result<Infallible, FollowError> {
        let stored = self.store.load().await?;
        let reading = if stored.is_some() { Reading::Tail } else { self.start.into() };
        let least = self.pace.least;
        let shared = Shared::new(Course::new(self.pace, stored, Instant::now()), self.observe);
        let listener = Listener {
            wire: &self.wire,
            shared: &shared,
            selection: &self.selection,
            fetch_if: self.fetch_if,
            least,
        };
        let worker = Worker {
            wire: &self.wire,
            fetcher: Fetcher::new(&self.wire),
            shared: &shared,
            selection: &self.selection,
            store: self.store,
            handler,
            seen: Seen::new(self.remembered),
            retry: Retry { breaker: self.breaker, ..Retry::default() },
            on_cursor_error: self.on_cursor_error,
            reading,
        };
        tokio::select! {
            biased;
            never = listener.run() => match never {},
            end = worker.run() => Err(end),
        }
    }
}

impl<W, S> fmt::Debug for Follow<W, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Follow")
            .field("selection", &self.selection)
            .field("pace", &self.pace)
            .field("start", &self.start)
            .field("on_cursor_error", &self.on_cursor_error)
            .finish_non_exhaustive()
    }
}
