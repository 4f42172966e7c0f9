//! Cursors that cannot be used, with the values that show the way out.

use super::Hub;
use crate::cursor::{Cursor, Position};
use crate::error::{CursorError, Error};
use crate::lineage::{Extent, Verdict};

impl Hub {
    /// The place that a cursor names.
    pub(super) async fn place(&self, cursor: Cursor) -> Result<Position, Error> {
        let extent = self.backlog.extent();
        match self.lineage().judge(cursor, extent) {
            Verdict::Valid(position) => Ok(position),
            Verdict::Trimmed(position) => Err(self.trimmed(position).await),
            Verdict::Foreign => Err(self.foreign(extent)),
            Verdict::Ahead => Err(self.ahead(extent)),
        }
    }

    /// Retention has passed a place.
    pub(super) async fn trimmed(&self, position: Position) -> Error {
        let Extent { earliest, head } = self.backlog.extent();
        // Numbers may have holes, so their distance is an upper bound.
        let lost_events = earliest.0.saturating_sub(position.0);
        let lost_until = self.backlog.published(earliest).await.ok().flatten().map(Into::into);
        Error::from(Box::new(CursorError::Trimmed {
            earliest: self.lineage().cursor(earliest),
            head: self.lineage().cursor(head),
            lost_events,
            lost_until,
            snapshot_covers: self.backlog.status().snapshot_covers,
        }))
    }

    pub(super) fn foreign(&self, extent: Extent) -> Error {
        Error::from(Box::new(CursorError::Foreign {
            incarnation: self.lineage().current(),
            earliest: self.lineage().cursor(extent.earliest),
            head: self.lineage().cursor(extent.head),
            snapshot_covers: self.backlog.status().snapshot_covers,
        }))
    }

    pub(super) fn ahead(&self, extent: Extent) -> Error {
        Error::from(Box::new(CursorError::Ahead {
            head: self.lineage().cursor(extent.head),
            incarnation: self.lineage().current(),
        }))
    }
}
