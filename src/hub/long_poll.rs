//! A long poll: registered like a subscriber, until there is news or its time is over.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::{Hub, pace};
use crate::access::Granted;
use crate::cursor::Position;
use crate::error::Error;
use crate::index::Registration;
use crate::index::slot::{Call, Slot};
use crate::topic::Selection;

/// Waits for what one or more selections match. Whoever looks at the backlog after it was made, and again after each
/// [`news`](Self::news), misses nothing; dropping it takes it out of the index.
pub struct LongPoll<'a> {
    hub: &'a Hub,
    registrations: Vec<Registration>,
    deadline: Instant,
}

impl Hub {
    /// Registers a long poll that lasts so long, less a jitter.
    ///
    /// # Errors
    /// [`Error::LimitReached`] for patterns.
    pub fn long_poll<'a>(
        &self,
        selections: impl IntoIterator<Item = &'a Granted<Selection>>,
        wait: Duration,
    ) -> Result<LongPoll<'_>, Error> {
        let register = |selection: &Granted<Selection>| {
            let patterns = selection.patterns.iter().count();
            let slot = Slot::new(patterns, &selection.filter, u64::MAX);
            self.index.register(Selection::clone(selection), slot)
        };
        let registrations = selections.into_iter().map(register).collect::<Result<_, _>>()?;
        Ok(LongPoll { hub: self, registrations, deadline: Instant::now() + pace::jittered(wait) })
    }
}

impl LongPoll<'_> {
    /// Whether there is nothing more to wait for: its time is over, or the hub drains.
    pub fn is_over(&self) -> bool {
        Instant::now() >= self.deadline || self.hub.is_draining()
    }

    /// Waits until an event concerns it (true), or until it is over.
    pub async fn news(&self) -> bool {
        let told = poll_fn(|cx| {
            let called =
                |registration: &Registration| registration.slot().poll(cx.waker()) != Call::Nothing;
            // Each is asked, so that each can wake.
            let called = self.registrations.iter().filter(|one| called(one)).count();
            if called == 0 && !self.hub.is_draining() { Poll::Pending } else { Poll::Ready(()) }
        });
        let told = timeout_at(self.deadline, told).await.is_ok();
        if told {
            self.registrations.iter().for_each(|registration| registration.slot().take(0));
        }
        told
    }

    /// The place that a reader who has seen everything up to `after`, and was told of no news, has come to.
    pub fn passed(&self, after: Position) -> Position {
        // Before the slots: nothing up to it concerned them, unless one was touched meanwhile.
        let watermark = self.hub.index.watermark();
        let touched = self.registrations.iter().any(|one| one.slot().newest() > after);
        if touched { after } else { after.max(watermark) }
    }
}
