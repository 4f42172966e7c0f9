//! A page of events as JSON.

use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use utoipa::ToSchema;

use crate::backlog;
use crate::cursor::Position;
use crate::error::Error;
use crate::http::kept;
use crate::hub::Hub;
use crate::index::clock::millis;
use crate::json::Event;
use crate::service::reply;

/// A page of events.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EventsPage)]
pub struct Page<'a> {
    /// The events, in order.
    events: Vec<Event<'a>>,
    /// Go on from here: `since` of the next request. Always set, safe to store.
    next_cursor: String,
    /// The place after the newest event of the hub, as it was before this page was read.
    head: String,
    /// There is more: ask again at once.
    has_more: bool,
    /// Without a stream or a `wait`, ask again after so many milliseconds.
    poll_after_ms: u64,
}

/// A page that is written.
#[derive(Debug, Clone)]
pub struct Written {
    /// The JSON.
    pub json: Bytes,
    /// Where to go on.
    pub next: Position,
    /// There is more to read.
    pub has_more: bool,
    /// Events that it holds.
    pub events: usize,
}

impl Written {
    /// Writes a page.
    ///
    /// # Errors
    /// [`Error::BacklogDamaged`] if the bytes of an event are none.
    pub fn of(
        hub: &Hub,
        page: &backlog::Page,
        omit_data: bool,
        poll_after: Duration,
    ) -> Result<Self, Error> {
        let lineage = hub.lineage();
        let event = |event| kept::event(event, lineage, omit_data);
        let json = Page {
            events: page.events.iter().map(event).collect::<Result<_, _>>()?,
            next_cursor: reply::token(lineage.cursor(page.next)),
            head: reply::token(lineage.cursor(page.head)),
            has_more: page.has_more,
            poll_after_ms: if page.has_more { 0 } else { millis(poll_after) },
        };
        Ok(Self {
            // Nothing of it can fail to be written: its keys are text.
            json: serde_json::to_vec(&json).unwrap_or_default().into(),
            next: page.next,
            has_more: page.has_more,
            events: page.events.len(),
        })
    }

    /// The page of a reader who has seen everything.
    pub fn empty(hub: &Hub, head: Position, poll_after: Duration) -> Result<Self, Error> {
        let page = backlog::Page { next: head, head, ..backlog::Page::default() };
        Self::of(hub, &page, false, poll_after)
    }

    /// It says something new.
    pub fn has_news(&self) -> bool {
        self.events > 0 || self.has_more
    }
}
