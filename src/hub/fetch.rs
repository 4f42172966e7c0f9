//! Fetch: a page of events after a place, if need be after waiting for one.

use std::time::Duration;

use tokio::time::timeout;

use super::{Hub, pace};
use crate::access::Granted;
use crate::backlog::{Page, Read, ReadError};
use crate::cursor::{Cursor, Position};
use crate::error::Error;
use crate::event::{Micros, StoredEvent};
use crate::limits::AT_LEAST_WAIT;
use crate::lineage::Verdict;
use crate::planted::Planted;
use crate::topic::{Patterns, Selection};

/// What to fetch. Limits are brought within their bounds by the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    /// Which events.
    pub selection: Granted<Selection>,
    /// After which place.
    pub start: Start,
    /// Most events; at least 1.
    pub events: usize,
    /// Most bytes of encoded events, but at least one event.
    pub bytes: usize,
    /// Without their data, which then does not count.
    pub omit_data: bool,
    /// How long to wait for an event if there is none.
    pub wait: Duration,
    /// What the hub must have seen first.
    pub at_least: Option<Cursor>,
}

/// A place to fetch from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// A cursor; `None` is inception, which starts at earliest.
    Cursor(Option<Cursor>),
    /// Before the first event published at or after a time.
    Time(Micros),
    /// The trim point.
    Earliest,
    /// The head.
    Latest,
}

impl Start {
    /// Whether it names a place: retention that passes it is an error then.
    pub fn is_named(self) -> bool {
        matches!(self, Self::Cursor(Some(_)) | Self::Time(_))
    }
}

/// A page of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The events, in order.
    pub events: Vec<StoredEvent>,
    /// Where to go on; equals `head` unless there is more.
    pub next: Cursor,
    /// The head, as read before the backlog was examined.
    pub head: Cursor,
    /// There is more to examine: fetch again at once.
    pub has_more: bool,
    /// When to poll again, for a client without a stream.
    pub poll_after: Duration,
}

/// What is known of some patterns without a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// The place after the newest event that readers may see.
    pub head: Position,
    /// The newest event that may match, or a later place; not after the head.
    pub newest: Position,
}

impl Hub {
    /// Fetches a page.
    ///
    /// # Errors
    ///
    /// [`Error::Cursor`], [`Error::NodeBehind`], [`Error::BacklogDamaged`].
    pub async fn fetch(&self, fetch: Fetch) -> Result<Fetched, Error> {
        self.reach(&fetch).await?;
        let after = self.begin(fetch.start).await?;
        let page = self.look(&fetch, after).await?;
        if has_news(&page) || fetch.wait.is_zero() {
            return Ok(self.answer(&fetch, page));
        }
        self.wait(fetch, page.next).await
    }

    /// What there is now. Whoever named no place does not care that retention passes the one it has come to.
    ///
    /// # Errors
    /// [`Error::Cursor`] if retention passes a place that was named, [`Error::BacklogDamaged`].
    pub async fn look(&self, fetch: &Fetch, mut after: Position) -> Result<Page, Error> {
        // It may have waited since it was granted.
        fetch.selection.stands()?;
        loop {
            match self.page(fetch, after).await {
                Err(ReadError::Trimmed) if !fetch.start.is_named() => {
                    after = self.backlog.extent().earliest
                }
                page => return self.or_damage(page, after).await,
            }
        }
    }

    /// The place that a start names.
    ///
    /// # Errors
    /// [`Error::Cursor`], [`Error::BacklogDamaged`].
    pub async fn begin(&self, start: Start) -> Result<Position, Error> {
        match start {
            Start::Cursor(Some(cursor)) => {
                let after = self.place(cursor).await?;
                Ok(Position(after.0 + u64::from(Planted::ResumeOffByOne.is_on())))
            }
            Start::Cursor(None) | Start::Earliest => Ok(self.backlog.extent().earliest),
            Start::Latest => Ok(self.backlog.extent().head),
            Start::Time(time) => {
                let place = self.backlog.seek(time).await;
                match self.or_damage(place, Position::INCEPTION).await? {
                    Some(position) => Ok(position),
                    None => Err(self.trimmed(Position::INCEPTION).await),
                }
            }
        }
    }

    /// The place after the newest event that readers may see.
    pub fn head(&self) -> Position {
        self.backlog.extent().head
    }

    /// Where the backlog ends, and the newest place that what matches the patterns may have come to by then. No I/O.
    ///
    /// Whatever was acknowledged before this call is counted in both.
    pub fn view(&self, patterns: &Patterns) -> View {
        let head = self.head();
        // The table may be ahead of the head: what readers cannot see yet is no news.
        View { head, newest: self.backlog.topics().newest(patterns).min(head) }
    }

    /// A page after a place. If the topics have nothing newer than the place, that is known without a read.
    async fn page(&self, fetch: &Fetch, after: Position) -> Result<Page, ReadError> {
        let View { head, newest } = self.view(&fetch.selection.patterns);
        if newest <= after {
            return Ok(Page { next: head, head, ..Page::default() });
        }
        let read = Read {
            after,
            selection: Selection::clone(&fetch.selection),
            events: fetch.events,
            bytes: fetch.bytes,
            omit_data: fetch.omit_data,
        };
        self.backlog.read(read).await
    }

    pub(super) async fn or_damage<T>(
        &self,
        read: Result<T, ReadError>,
        at: Position,
    ) -> Result<T, Error> {
        match read {
            Ok(read) => Ok(read),
            Err(ReadError::Trimmed) => Err(self.trimmed(at).await),
            Err(ReadError::Damaged { file, offset, what }) => {
                Err(Error::BacklogDamaged { file, offset, what })
            }
        }
    }

    /// A long poll: looks again whenever there is news.
    async fn wait(&self, fetch: Fetch, mut after: Position) -> Result<Fetched, Error> {
        let poll = self.long_poll([&fetch.selection], fetch.wait)?;
        loop {
            let page = self.look(&fetch, after).await?;
            if has_news(&page) || poll.is_over() {
                return Ok(self.answer(&fetch, page));
            }
            after = page.next;
            if !poll.news().await {
                after = poll.passed(after);
            }
        }
    }

    fn answer(&self, fetch: &Fetch, page: Page) -> Fetched {
        Fetched {
            next: self.lineage().cursor(page.next),
            head: self.lineage().cursor(page.head),
            has_more: page.has_more,
            poll_after: self.poll_after_page(&fetch.selection.patterns, &page),
            events: page.events,
        }
    }

    fn poll_after_page(&self, patterns: &Patterns, page: &Page) -> Duration {
        self.count_fetch();
        if page.has_more {
            return Duration::ZERO;
        }
        let newest = page.events.last().map(|event| event.position);
        self.poll_after(newest.unwrap_or_else(|| self.backlog.topics().newest(patterns)))
    }

    /// A fetch is answered.
    pub fn count_fetch(&self) {
        self.fetches.count(self.index.clock().now());
    }

    /// When to poll again, given the newest match.
    pub fn poll_after(&self, newest: Position) -> Duration {
        let load = self.fetches.rate() / self.settings.fetch_rate.max(1.0);
        let now = self.index.clock().now().cast_signed();
        pace::poll_after(self.timeline.age(newest, now), load)
    }

    /// Waits until the hub has seen the cursor that a fetch asks for. One that is not of this backlog is refused; one that
    /// was trimmed has been seen.
    ///
    /// # Errors
    /// [`Error::NodeBehind`] if it does not come in time, [`Error::Cursor`], [`Error::Draining`].
    pub async fn reach(&self, fetch: &Fetch) -> Result<(), Error> {
        let Some(cursor) = fetch.at_least else { return Ok(()) };
        let wait = fetch.wait.max(AT_LEAST_WAIT);
        let seen = async {
            loop {
                let mut moved = std::pin::pin!(self.moved.notified());
                moved.as_mut().enable();
                let extent = self.backlog.extent();
                match self.lineage().judge(cursor, extent) {
                    Verdict::Valid(_) | Verdict::Trimmed(_) => return Ok(()),
                    Verdict::Foreign => return Err(self.foreign(extent)),
                    Verdict::Ahead if self.is_draining() => return self.refuse_if_draining(),
                    Verdict::Ahead => moved.await,
                }
            }
        };
        let behind = Error::NodeBehind { retry_after: AT_LEAST_WAIT };
        timeout(wait, seen).await.unwrap_or(Err(behind))
    }
}

fn has_news(page: &Page) -> bool {
    !page.events.is_empty() || page.has_more
}
