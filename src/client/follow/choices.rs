//! What can be chosen about a follower before it runs.

use std::time::Duration;

use super::{Follow, OnCursorError, Start};
use crate::client::{Breaker, CursorStore, Notice, Wire};
use crate::v1::SubscribeResponse;

/// Shortest time between polls: without a bound, a zero would be a busy loop.
const SHORTEST: Duration = Duration::from_millis(10);
const DAY: Duration = Duration::from_secs(24 * 3600);

impl<W: Wire, S: CursorStore> Follow<W, S> {
    /// Keeps the cursor in `store` instead of in memory.
    pub fn store<T: CursorStore>(self, store: T) -> Follow<W, T> {
        Follow {
            store,
            wire: self.wire,
            selection: self.selection,
            pace: self.pace,
            start: self.start,
            on_cursor_error: self.on_cursor_error,
            remembered: self.remembered,
            breaker: self.breaker,
            fetch_if: self.fetch_if,
            observe: self.observe,
        }
    }

    /// Where to start while the store holds no cursor. Default: [`Start::Earliest`].
    pub fn start(mut self, start: Start) -> Self {
        self.start = start;
        self
    }

    /// What to do when the cursor cannot be used. Default: [`OnCursorError::Fail`].
    pub fn on_cursor_error(mut self, policy: OnCursorError) -> Self {
        self.on_cursor_error = policy;
        self
    }

    /// Only events of one of these types. A snapshot is not filtered.
    pub fn types(mut self, types: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.selection.fetch.types = types.into_iter().map(Into::into).collect();
        self
    }

    /// Only events with this attribute; may be called again for more. A snapshot is not filtered.
    pub fn attribute(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.selection.fetch.attributes.insert(key.into(), value.into());
        self
    }

    /// Events come without their data; `data_size` tells what is missing.
    pub fn omit_data(mut self) -> Self {
        self.selection.fetch.omit_data = true;
        self
    }

    /// The most events of a batch. Default and maximum: 1,000.
    pub fn batch_events(mut self, most: i32) -> Self {
        self.selection.fetch.limit = most;
        self
    }

    /// No stream of hints: polls alone, when the hub advises.
    pub fn poll_only(mut self) -> Self {
        self.pace.hints = false;
        self
    }

    /// The bounds between which the time between polls adapts. Default: 1 s to 60 s; at least 10 ms.
    pub fn poll_between(mut self, least: Duration, most: Duration) -> Self {
        self.pace.poll = (least.max(SHORTEST), most);
        self
    }

    /// Fetches even without a hint when there was no fetch for this long; `None`: never. Default: 5 min;
    /// at least 10 ms.
    pub fn safety_poll(mut self, after: Option<Duration>) -> Self {
        self.pace.safety = after.map(|after| after.max(SHORTEST));
        self
    }

    /// The least time between two fetches, the pages of one catch-up aside. Default: none; at most a day.
    /// The hub is asked for it too, as `min_interval`.
    pub fn fetch_interval(mut self, least: Duration) -> Self {
        self.pace.least = least.min(DAY);
        self
    }

    /// Asks `predicate` about each hint. What it declines is left to the safety poll, or comes along with
    /// the fetch for a later hint.
    pub fn fetch_if(
        mut self,
        predicate: impl FnMut(&SubscribeResponse) -> bool + Send + 'static,
    ) -> Self {
        self.fetch_if = Box::new(predicate);
        self
    }

    /// Remembers the newest events, by topic and id, and hands none of them over twice in this run.
    /// Default: 0, none.
    pub fn remember(mut self, events: usize) -> Self {
        self.remembered = events;
        self
    }

    /// When fetching is given up for probes.
    pub fn breaker(mut self, breaker: Breaker) -> Self {
        self.breaker = breaker;
        self
    }

    /// Tells `observer` what happens to the loop, e.g. that it polls, or that the breaker opened.
    pub fn observe(mut self, observer: impl FnMut(&Notice) + Send + 'static) -> Self {
        self.observe = Box::new(observer);
        self
    }
}
