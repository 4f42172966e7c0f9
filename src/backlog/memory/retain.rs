//! What goes, and what outlives it.

use std::sync::Arc;

use super::MemorySettings;
use super::append::ago;
use super::state::{Held, State};
use crate::cursor::Position;
use crate::event::Micros;
use crate::topic::table::TopicTable;

impl State {
    /// Drops what is over a limit.
    pub fn retain(&mut self, now: Micros, settings: &MemorySettings, topics: &Arc<TopicTable>) {
        let too_old = ago(now, settings.retention_age);
        while let Some(oldest) = self.events.front()
            && (self.len() > settings.retention_events
                || self.bytes > settings.retention_bytes
                || oldest.stored.published < too_old)
        {
            let position = oldest.stored.position;
            if !self.may_go(position) {
                return;
            }
            self.drop_oldest(settings, topics);
        }
        topics.sweep();
    }

    /// Drops all events up to a place.
    pub fn trim(&mut self, before: Position, settings: &MemorySettings, topics: &Arc<TopicTable>) {
        while let Some(oldest) = self.events.front()
            && oldest.stored.position <= before
            && self.may_go(oldest.stored.position)
        {
            self.drop_oldest(settings, topics);
        }
        topics.sweep();
    }

    /// Whether the tail has heard of it.
    fn may_go(&self, position: Position) -> bool {
        self.told.is_none_or(|told| position <= told)
    }

    fn drop_oldest(&mut self, settings: &MemorySettings, topics: &Arc<TopicTable>) {
        let Some(Held { stored, head, entry }) = self.events.pop_front() else { return };
        self.bytes -= stored.wire.len() as u64;
        self.extent.earliest = stored.position;
        self.trimmed_published = Some(stored.published);
        let newest = entry.key(&head.key).is_some_and(|newest| newest.position == stored.position);
        if newest && settings.keep_latest && !head.deleted {
            self.survivors.insert(stored.position, stored);
        } else if newest {
            topics.forget_key(&entry, &head.key, stored.position);
        }
        topics.forget(&entry, 1, self.extent.earliest);
    }
}
