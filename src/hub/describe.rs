//! What is worth knowing about a cursor, and about the hub.

use super::Hub;
use crate::backlog::Status;
use crate::cursor::{Cursor, Incarnation, Position};
use crate::error::Action;
use crate::event::Micros;
use crate::limits::Limits;
use crate::lineage::{Extent, Lineage, Verdict};

/// What a cursor is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CursorDescription {
    /// What the hub would do with it.
    pub state: CursorState,
    /// When the event just before it was published, if that is known.
    pub published: Option<Micros>,
    /// The life that it names, unless it is malformed.
    pub incarnation: Option<Incarnation>,
    /// What to do; `None` if nothing is wrong.
    pub action: Option<Action>,
    /// What to do, in a sentence.
    pub advice: &'static str,
    /// The place from which nothing is missing.
    pub earliest: Cursor,
    /// The place after the newest event.
    pub head: Cursor,
}

/// What the hub would do with a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CursorState {
    /// It can be fetched from.
    Valid,
    /// Retention has passed it.
    Trimmed,
    /// It belongs to another life of the backlog.
    Foreign,
    /// It is after the head.
    Ahead,
    /// It is not a token.
    Malformed,
}

/// What a hub is and how it fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubDescription {
    /// The place after the newest event that readers may see.
    pub head: Cursor,
    /// The place from which nothing is missing.
    pub earliest: Cursor,
    /// The lives of the backlog.
    pub lineage: Lineage,
    /// The limits in force.
    pub limits: Limits,
    /// What stands behind the hub.
    pub backlog: Status,
    /// Topics with retained events or live keys.
    pub topics: usize,
    /// Open streams.
    pub streams: usize,
    /// The version of the hub.
    pub version: &'static str,
}

impl Hub {
    /// Says what a cursor is worth, whatever the text. The empty one is inception: it starts at earliest.
    pub async fn describe_cursor(&self, token: &str) -> CursorDescription {
        let extent = self.backlog.extent();
        let cursor = match token {
            "" => Ok(self.lineage().cursor(extent.earliest)),
            token => token.parse::<Cursor>(),
        };
        let state = cursor.map_or(CursorState::Malformed, |cursor| self.state(cursor, extent));
        let published = match cursor {
            Ok(cursor) if state == CursorState::Valid => {
                self.published(cursor.position, extent).await
            }
            _ => None,
        };
        CursorDescription {
            state,
            published,
            incarnation: cursor.ok().map(|cursor| cursor.incarnation),
            action: self.action(state),
            advice: advice(state, self.action(state)),
            earliest: self.lineage().cursor(extent.earliest),
            head: self.lineage().cursor(extent.head),
        }
    }

    /// The event just before earliest is gone, and its time with it.
    async fn published(&self, position: Position, extent: Extent) -> Option<Micros> {
        if position <= extent.earliest {
            return None;
        }
        self.backlog.published(position).await.ok().flatten()
    }

    fn state(&self, cursor: Cursor, extent: Extent) -> CursorState {
        match self.lineage().judge(cursor, extent) {
            Verdict::Valid(_) => CursorState::Valid,
            Verdict::Trimmed(_) => CursorState::Trimmed,
            Verdict::Foreign => CursorState::Foreign,
            Verdict::Ahead => CursorState::Ahead,
        }
    }

    fn action(&self, state: CursorState) -> Option<Action> {
        match state {
            CursorState::Valid => None,
            CursorState::Malformed | CursorState::Ahead => Some(Action::Fail),
            CursorState::Trimmed | CursorState::Foreign => {
                let covers = self.backlog.status().snapshot_covers;
                Some(if covers { Action::Snapshot } else { Action::Earliest })
            }
        }
    }

    /// Says what the hub is.
    pub fn describe(&self) -> HubDescription {
        let extent = self.backlog.extent();
        HubDescription {
            head: self.lineage().cursor(extent.head),
            earliest: self.lineage().cursor(extent.earliest),
            lineage: self.lineage().clone(),
            limits: self.settings.limits.clone(),
            backlog: self.backlog.status(),
            topics: self.backlog.topics().len(),
            streams: self.streams(),
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

fn advice(state: CursorState, action: Option<Action>) -> &'static str {
    match (state, action) {
        (CursorState::Valid, _) => "Fetch or subscribe from it.",
        (CursorState::Malformed, _) => {
            "It is not a token of any hub: it was cut or changed on its way. Find out where."
        }
        (CursorState::Ahead, _) => {
            "The backlog has lost its end since, or the cursor was never given out. A person decides."
        }
        (CursorState::Trimmed, Some(Action::Snapshot)) => {
            "Events after it are gone. Take a Snapshot, then go on from its cursor."
        }
        (CursorState::Trimmed, _) => {
            "Events after it are gone. Go on from earliest, and know that some are missing."
        }
        (CursorState::Foreign, Some(Action::Snapshot)) => {
            "It belongs to another life of the backlog. Take a Snapshot, then go on from its cursor."
        }
        (CursorState::Foreign, _) => {
            "It belongs to another life of the backlog. Go on from earliest."
        }
    }
}
