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
}

impl<D: Disk> View<D> {
    /// This view with one more segment at its end.
    pub fn with(&self, segment: &Arc<Segment<D>>) -> Self {
        let segments = self.segments.iter().chain([segment]).cloned().collect();
        Self { segments, earliest: self.earliest }
    }
}
