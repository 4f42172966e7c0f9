//! A page of events on its way: the next is read when it was taken.

use std::collections::VecDeque;

use super::wire::Wire;
use crate::cursor::Cursor;
use crate::error::Error;
use crate::event::StoredEvent;
use crate::http::kept;
use crate::limits::SSE_PIECE_BYTES;
use crate::lineage::Lineage;
use crate::service::Unread;

/// Events of one page.
pub struct Batch {
    /// Those that were not taken yet.
    pub events: VecDeque<StoredEvent>,
    /// What comes after them.
    pub end: End,
    /// They count as unread.
    _held: Unread,
}

/// What comes after a page.
#[derive(Debug)]
pub enum End {
    /// Of news.
    Page {
        /// Where to go on.
        next: Cursor,
        /// There is more to read.
        has_more: bool,
    },
    /// Of a snapshot.
    SnapshotPage {
        /// Of the next page.
        page_token: String,
    },
    /// The last of a snapshot.
    Snapshot {
        /// Where to go on.
        cursor: Cursor,
    },
}

impl Batch {
    /// Events that count as unread until they were taken.
    pub fn new(events: Vec<StoredEvent>, end: End, held: Unread) -> Self {
        Self { events: events.into(), end, _held: held }
    }

    /// Writes some of the events, at least one. Returns the place to which that moves the reader: none within a snapshot,
    /// which is whole or worth nothing.
    ///
    /// # Errors
    /// [`Error::BacklogDamaged`].
    pub fn write(
        &mut self,
        lineage: &Lineage,
        omit_data: bool,
        wire: &mut Wire,
    ) -> Result<Option<Cursor>, Error> {
        let moves = matches!(self.end, End::Page { .. });
        let name = if moves { "event" } else { "snapshot" };
        let mut last = None;
        while wire.len() < SSE_PIECE_BYTES
            && let Some(event) = self.events.pop_front()
        {
            let json = kept::event(&event, lineage, omit_data)?;
            last = moves.then(|| lineage.cursor(event.position));
            wire.message(last, name, &json);
        }
        Ok(last)
    }
}
