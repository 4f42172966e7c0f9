//! What readers work on: an immutable list of segments.

use std::sync::Arc;

use super::disk::Disk;
use super::segment::Segment;
use crate::cursor::Position;

/// The segments at one moment.
#[derive(Debug)]
pub struct View<D: Disk> {
    /// By base, oldest first.
    pub segments: Vec<Arc<Segment<D>>>,
    /// The trim point.
    pub earliest: Position,
    /// Number of the oldest segment after the trim point, in the list or to be begun; those before are survivors.
    pub first: u32,
    /// The place before that segment's first event, as the one before it says; beyond the trim point after a cut.
    pub base: Position,
}

impl<D: Disk> View<D> {
    /// This view with one more segment at its end.
    pub fn with(&self, segment: &Arc<Segment<D>>) -> Self {
        let segments = self.segments.iter().chain([segment]).cloned().collect();
        Self { segments, ..*self }
    }

    /// This view with a segment looked up in another way; unchanged if it is there no more.
    pub fn replacing(&self, segment: &Arc<Segment<D>>) -> Self {
        let replace = |held: &Arc<Segment<D>>| {
            let same = held.number == segment.number && Arc::ptr_eq(&held.file, &segment.file);
            Arc::clone(if same { segment } else { held })
        };
        let segments = self.segments.iter().map(replace).collect();
        Self { segments, ..*self }
    }

    /// Whether there are segments before the trim point.
    pub fn has_survivors(&self) -> bool {
        self.segments.iter().any(|segment| segment.number < self.first)
    }

    /// The place in the list of the last segment that begins at or before a place; the first if none does.
    pub fn index_at(&self, place: Position) -> usize {
        self.segments.partition_point(|segment| segment.base <= place).saturating_sub(1)
    }

    /// The segment that would hold an event.
    pub fn holding(&self, position: Position) -> Option<(usize, &Arc<Segment<D>>)> {
        let after = self.segments.partition_point(|segment| segment.base < position);
        let index = after.checked_sub(1)?;
        self.segments.get(index).map(|segment| (index, segment))
    }
}
