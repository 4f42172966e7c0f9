//! Subscribe: one slot in the index, and hints made when they are taken.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio_stream::Stream;

use super::news::{News, Question};
use super::{Hint, HintKind, Hub, ReconnectReason, pace};
use crate::access::{Gone, Granted, Lease};
use crate::cursor::{Cursor, Position};
use crate::error::Error;
use crate::index::Registration;
use crate::index::clock::millis;
use crate::index::slot::{Call, Slot};
use crate::limits::{MIN_INTERVAL_MAX, RETRY_LATER};
use crate::metrics::{Message, POLL_BASELINE};
use crate::planted::Planted;
use crate::topic::Selection;

/// What to be told about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscribe {
    /// Which events.
    pub selection: Granted<Selection>,
    /// The client's own cursor, to be told whether it is behind.
    pub cursor: Option<Cursor>,
    /// Least time between two hints; brought within the hub's own and 60 s.
    pub min_interval: Duration,
}

/// A stream of hints. It holds one slot and whatever it was told last; dropping it unregisters.
pub struct Subscription {
    hub: Arc<Hub>,
    registration: Registration,
    _open: Open,
    lease: Lease,
    /// The cursors of the message before; the client's own, before the first.
    cursor: Position,
    head: Position,
    min_interval: Duration,
    stage: Stage,
    /// Up to when polls are counted that it did not make, in ms of the index's clock.
    polled: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing was said yet; whether the client gave a cursor.
    New {
        own: bool,
    },
    Confirmed,
    Ended,
}

impl Hub {
    /// Registers a subscription. Its first message comes at once.
    ///
    /// # Errors
    ///
    /// [`Error::Cursor`], [`Error::LimitReached`] for open streams, [`Error::QuotaExceeded`], [`Error::Draining`].
    pub async fn subscribe(self: &Arc<Self>, subscribe: Subscribe) -> Result<Subscription, Error> {
        self.refuse_if_draining()?;
        let open = Open::one_more(&self.streams, self.settings.limits.streams)?;
        let own = match subscribe.cursor {
            Some(cursor) => Some(self.place(cursor).await?),
            None => None,
        };
        let now = self.index.clock().now();
        let age = millis(pace::jittered(self.settings.stream_age));
        let lease = subscribe.selection.lease()?;
        let Selection { patterns, filter } = &*subscribe.selection;
        let slot = Slot::new(patterns.iter().count(), filter, now.saturating_add(age));
        // Whatever is published after this head touches the slot.
        let early = Planted::LostWakeUp.too_early(|| self.backlog.extent().head).await;
        let registration = self.index.register(subscribe.selection.into_inner(), slot)?;
        let head = early.unwrap_or_else(|| self.backlog.extent().head);
        self.metrics.opened.count();
        Ok(Subscription {
            hub: Arc::clone(self),
            registration,
            _open: open,
            lease,
            cursor: own.unwrap_or_default(),
            head,
            min_interval: subscribe.min_interval.clamp(
                self.settings.min_interval,
                MIN_INTERVAL_MAX.max(self.settings.min_interval),
            ),
            stage: Stage::New { own: own.is_some() },
            polled: now,
        })
    }
}

impl Hub {
    /// When one of those that are connected now would come back, if all lost their connections: what spreads the crowd.
    pub fn reconnect_after(&self) -> Duration {
        pace::reconnect_after(self.streams())
    }
}

impl Stream for Subscription {
    type Item = Hint;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Hint>> {
        match self.stage {
            Stage::Ended => Poll::Ready(None),
            Stage::New { own } => Poll::Ready(Some(self.confirm(own))),
            Stage::Confirmed => match self.next(cx.waker()) {
                Some(hint) => Poll::Ready(Some(hint)),
                None => Poll::Pending,
            },
        }
    }
}

impl Subscription {
    fn confirm(&mut self, own: bool) -> Hint {
        let topics = self.hub.backlog.topics();
        // The table may be ahead of the head, never behind it.
        let newest = topics.newest(&self.registration.selection().patterns).min(self.head);
        let had = std::mem::replace(&mut self.cursor, newest);
        self.stage = Stage::Confirmed;
        let mut news = self.place();
        let behind = own && had < news.cursor.position;
        news.topics_truncated = behind;
        let mut hint = self.hint(HintKind::Confirmed, Arc::new(news));
        if behind {
            hint.fetch_after = self.lease.hint();
        }
        self.hub.index.watch(self.registration.slot());
        hint
    }

    fn next(&mut self, waker: &Waker) -> Option<Hint> {
        loop {
            let call = self.registration.slot().poll(waker);
            if self.hub.is_draining() {
                return Some(self.reconnect(ReconnectReason::Drain));
            }
            if let Some(gone) = self.lease.poll(waker) {
                return Some(self.reconnect(gone.into()));
            }
            match call {
                Call::Nothing => return None,
                Call::End => return Some(self.reconnect(ReconnectReason::Age)),
                Call::Beat => return Some(self.heartbeat()),
                Call::News => {
                    if let Some(hint) = self.changed() {
                        return Some(hint);
                    }
                }
            }
        }
    }

    /// The news, unless the message before said it already.
    fn changed(&mut self) -> Option<Hint> {
        let slot = self.registration.slot();
        let crowd = slot.crowd();
        let interval = millis(pace::hint_interval(self.min_interval, crowd));
        // What CONFIRMED said already is no hint, and no reason to hold the first one back.
        let news = slot.newest() > self.cursor;
        let (now, since) = (self.hub.index.clock().micros(), slot.since());
        slot.take(if news { now / 1000 + interval } else { 0 });
        let (after, newest) = self.advance();
        if newest <= after {
            return None;
        }
        self.hub.metrics.hint.record(now.saturating_sub(since));
        self.cursor = newest;
        let fetch_after =
            pace::fetch_after(crowd, self.hub.settings.fetch_rate).max(self.lease.hint());
        let news = self.news(crowd, after, newest);
        Some(Hint { fetch_after, ..self.hint(HintKind::Changed, news) })
    }

    /// What changed between two places; made once for a crowd.
    fn news(&self, crowd: u32, after: Position, newest: Position) -> Arc<News> {
        let News { cursor, head, .. } = self.place();
        let selection = self.registration.selection();
        let make = || {
            let mut news = News::of(cursor, head);
            (news.topics, news.topics_truncated) =
                self.hub.index.recent().topics(selection, after, newest);
            news
        };
        if crowd <= 1 {
            return Arc::new(make());
        }
        let question = Question { after, newest, cursor, head, selection: selection.clone() };
        self.hub.told.answer(question, make)
    }

    /// News that has to wait is not told by the way: then the cursors of the message before are said again.
    fn heartbeat(&mut self) -> Hint {
        let (watermark, newest) = self.registration.reach();
        if newest <= self.cursor {
            self.head = self.head.max(watermark);
        }
        let news = Arc::new(self.place());
        self.hint(HintKind::Heartbeat, news)
    }

    /// Reads the watermark, then the slot, and moves the head to the later of the two. Returns the cursor of the message
    /// before, and that of the next.
    fn advance(&mut self) -> (Position, Position) {
        let (watermark, newest) = self.registration.reach();
        self.head = self.head.max(watermark).max(newest);
        (self.cursor, newest.max(self.cursor))
    }

    fn reconnect(&mut self, reason: ReconnectReason) -> Hint {
        self.stage = Stage::Ended;
        self.cursor = self.advance().1;
        let crowd = match reason {
            // All that were open, and not those that are left: the last of them would be told to come back soonest.
            ReconnectReason::Drain => self.hub.drained.load(Ordering::SeqCst),
            // It may concern many at once.
            ReconnectReason::Policy => self.hub.streams(),
            ReconnectReason::Age | ReconnectReason::Credentials => 1,
        };
        let after = pace::reconnect_after(crowd);
        let news = Arc::new(self.place());
        self.hint(HintKind::Reconnect { reason, after }, news)
    }

    /// The cursors as they are now.
    fn place(&self) -> News {
        let lineage = self.hub.lineage();
        let cursor = self.cursor.max(self.hub.backlog.extent().earliest);
        News::of(lineage.cursor(cursor), lineage.cursor(self.head.max(cursor)))
    }

    fn hint(&mut self, kind: HintKind, news: Arc<News>) -> Hint {
        let now = self.hub.index.clock().now();
        self.count(kind, now);
        Hint { kind, news, fetch_after: Duration::ZERO, heartbeat_interval: self.promise(now) }
    }

    /// Counts a message, and the polls of the [baseline](POLL_BASELINE) that would have found nothing before it.
    fn count(&mut self, kind: HintKind, now: u64) {
        let polls = now.saturating_sub(self.polled) / millis(POLL_BASELINE);
        if polls > 0 {
            self.polled += polls * millis(POLL_BASELINE);
            self.hub.metrics.polls_saved.add(polls);
        }
        self.hub.metrics.message(match kind {
            HintKind::Confirmed => Message::Confirmed,
            HintKind::Changed => Message::Changed,
            HintKind::Heartbeat => Message::Heartbeat,
            HintKind::Reconnect { .. } => Message::Reconnect,
        });
    }

    /// States the heartbeat interval, and sees to it that it is kept: by then less the jitter and the clock's own tick.
    fn promise(&self, now: u64) -> Duration {
        let interval =
            pace::heartbeat_interval(self.hub.settings.heartbeat_interval, self.hub.streams());
        let index = &self.hub.index;
        let within = millis(pace::jittered(interval)).saturating_sub(2 * index.beat_tick());
        self.registration.slot().spoke(now + within);
        interval
    }
}

impl From<Gone> for ReconnectReason {
    fn from(gone: Gone) -> Self {
        match gone {
            Gone::Credentials => Self::Credentials,
            Gone::Policy => Self::Policy,
        }
    }
}

/// Counts open streams.
struct Open(Arc<AtomicUsize>);

impl Open {
    fn one_more(streams: &Arc<AtomicUsize>, limit: usize) -> Result<Self, Error> {
        let open = Self(Arc::clone(streams));
        if streams.fetch_add(1, Ordering::Relaxed) >= limit {
            return Err(Error::LimitReached { what: "streams", limit, retry_after: RETRY_LATER });
        }
        Ok(open)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
