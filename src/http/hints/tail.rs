//! `mode=events`: the events themselves.
//!
//! The hub reads for the reader as a client would: its place, a hint, a fetch. A page is read when the one before was taken,
//! so a reader that is slow holds one small page, and nothing that was published since.

use std::future::pending;

use bytes::Bytes;
use serde_json::json;
use tokio::time::{Duration, Instant, sleep_until};
use tokio_stream::StreamExt;

use super::batch::{Batch, End};
use super::place::Place;
use super::query::From;
use super::wire::Wire;
use super::{RETRY, failed, reconnect};
use crate::access::{Gone, Granted};
use crate::error::Error;
use crate::event::StoredEvent;
use crate::hub::{Fetch, Hint, HintKind, Snapshot, Start, Subscription};
use crate::limits::{PAGE_EVENTS, SSE_PAGE_BYTES};
use crate::metrics::Fetches;
use crate::service::Service;
use crate::service::reply::token;
use crate::topic::Selection;

/// What to send.
pub struct Wanted {
    /// Which events.
    pub selection: Granted<Selection>,
    /// From where on.
    pub from: From,
    /// Without their data.
    pub omit_data: bool,
    /// Nothing after the first news.
    pub once: bool,
}

/// The events of one reader.
pub struct Tail {
    service: Service,
    wanted: Wanted,
    hints: Subscription,
    place: Place,
    /// Of the snapshot's next page, until its last was read.
    page_token: Option<String>,
    /// When to read on, if there may be something.
    due: Option<Instant>,
    batch: Option<Batch>,
    retry: Option<Duration>,
    ended: bool,
}

impl Tail {
    /// The events for a reader at a place, who comes back after `retry` if the connection is lost.
    pub fn new(
        service: Service,
        wanted: Wanted,
        hints: Subscription,
        place: Place,
        retry: Duration,
    ) -> Self {
        let page_token = (wanted.from == From::Snapshot).then(String::new);
        let retry = Some(RETRY + retry);
        let (due, batch) = (None, None);
        Self { service, wanted, hints, place, page_token, due, batch, retry, ended: false }
    }

    /// The next piece of the body.
    pub async fn next(&mut self) -> Option<Bytes> {
        let mut wire = Wire::default();
        while wire.is_empty() && !self.ended {
            if let Err(error) = self.step(&mut wire).await {
                self.ended = true;
                self.end(&error, &mut wire);
            }
        }
        (!wire.is_empty()).then(|| wire.into_bytes())
    }

    /// A stream that is not permitted any more may read before it is looked after: it ends the same way.
    fn end(&self, error: &Error, wire: &mut Wire) {
        self.service.refused(error);
        match Gone::of(error) {
            Some(gone) => {
                reconnect(self.place.0, gone.into(), self.service.hub.reconnect_after(), wire)
            }
            None => failed(error, wire),
        }
    }

    async fn step(&mut self, wire: &mut Wire) -> Result<(), Error> {
        // What was read for who may not read it any more is not sent.
        if let Some(batch) = self.batch.take()
            && self.wanted.selection.stands().is_ok()
        {
            return self.send(batch, wire);
        }
        let due = self.due;
        tokio::select! {
            biased;
            hint = self.hints.next() => match hint {
                Some(hint) => self.told(&hint, wire),
                None => self.ended = true,
            },
            () = until(due) => self.read(wire).await?,
        }
        Ok(())
    }

    /// The client's rule. Who is to be given all that is retained, or a snapshot, has no place yet and is behind.
    fn told(&mut self, hint: &Hint, wire: &mut Wire) {
        let placed = self.place.0.is_some() || self.wanted.from == From::Latest;
        let behind = !placed || self.place.is_behind(hint);
        if behind && self.due.is_none() {
            self.due = Some(Instant::now() + hint.fetch_after);
        }
        if let Some(retry) = self.retry.take() {
            wire.retry(retry);
        }
        match hint.kind {
            HintKind::Changed => {}
            HintKind::Confirmed | HintKind::Heartbeat => wire.quiet(self.place.0),
            HintKind::Reconnect { reason, after } => {
                self.ended = true;
                reconnect(self.place.0, reason, after, wire);
            }
        }
    }

    /// Reads a page, once the connection has room for it, and keeps the room meanwhile.
    async fn read(&mut self, wire: &mut Wire) -> Result<(), Error> {
        self.service.connection.room().await?;
        let room = self.service.connection.hold(SSE_PAGE_BYTES);
        let (events, end) = match self.page_token.clone() {
            Some(page_token) => self.snapshot(page_token).await?,
            None => self.fetch().await?,
        };
        self.due = None;
        if events.is_empty() {
            self.finish(end, wire);
            return Ok(());
        }
        let bytes = events.iter().map(|event| event.wire.len()).sum();
        let held = self.service.connection.hold(bytes);
        drop(room);
        self.batch = Some(Batch::new(events, end, held));
        Ok(())
    }

    async fn fetch(&self) -> Result<(Vec<StoredEvent>, End), Error> {
        let page = self.service.hub.fetch(Fetch {
            selection: self.wanted.selection.clone(),
            start: Start::Cursor(self.place.0),
            events: PAGE_EVENTS,
            bytes: SSE_PAGE_BYTES,
            omit_data: self.wanted.omit_data,
            wait: Duration::ZERO,
            at_least: None,
        });
        let page = page.await?;
        self.service.hub.metrics().fetch(Fetches::Sse, page.events.len());
        Ok((page.events, End::Page { next: page.next, has_more: page.has_more }))
    }

    async fn snapshot(&self, page_token: String) -> Result<(Vec<StoredEvent>, End), Error> {
        let page = self.service.hub.snapshot(Snapshot {
            patterns: self.wanted.selection.patterns(),
            keys: Vec::new(),
            events: PAGE_EVENTS,
            bytes: SSE_PAGE_BYTES,
            omit_data: self.wanted.omit_data,
            page_token,
        });
        let page = page.await?;
        self.service.hub.metrics().fetch(Fetches::Snapshot, page.events.len());
        let end = match page.next_page_token {
            token if token.is_empty() => End::Snapshot { cursor: page.cursor },
            page_token => End::SnapshotPage { page_token },
        };
        Ok((page.events, end))
    }

    /// Sends some of a batch.
    fn send(&mut self, mut batch: Batch, wire: &mut Wire) -> Result<(), Error> {
        let last = batch.write(self.service.hub.lineage(), self.wanted.omit_data, wire)?;
        self.place.0 = last.or(self.place.0);
        if !batch.events.is_empty() {
            self.batch = Some(batch);
            return Ok(());
        }
        self.ended = self.wanted.once && matches!(batch.end, End::Page { .. });
        self.finish(batch.end, wire);
        Ok(())
    }

    /// A page was sent.
    fn finish(&mut self, end: End, wire: &mut Wire) {
        let more = match end {
            End::Page { next, has_more } => {
                if self.place.0 != Some(next) {
                    wire.quiet(Some(next));
                }
                self.place.0 = Some(next);
                has_more
            }
            End::SnapshotPage { page_token } => {
                self.page_token = Some(page_token);
                true
            }
            End::Snapshot { cursor } => {
                wire.message(Some(cursor), "snapshot-end", &json!({ "cursor": token(cursor) }));
                (self.page_token, self.place.0) = (None, Some(cursor));
                self.ended = self.wanted.once;
                true
            }
        };
        self.due = more.then(Instant::now);
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => pending().await,
    }
}
