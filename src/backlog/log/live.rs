//! The index of a segment that has none on disk yet.

use std::sync::Arc;

use crate::topic::table::TopicEntry;

/// Where the events of a segment lie, in memory. One thread pushes, any number reads.
#[derive(Debug, Default)]
pub struct LiveIndex {
    offsets: boxcar::Vec<u32>,
}

impl LiveIndex {
    /// Adds the next event: its topic, before the topic table is told, and where its entry begins.
    pub fn push(&self, topic: &Arc<TopicEntry>, offset: u32) {
        let _ = topic;
        self.offsets.push(offset);
    }

    /// How many events it holds.
    pub fn count(&self) -> u32 {
        self.offsets.count() as u32
    }

    /// Where the entry of an ordinal begins.
    pub fn offset(&self, ordinal: u32) -> Option<u32> {
        self.offsets.get(ordinal as usize).copied()
    }
}
