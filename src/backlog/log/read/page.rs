//! Filling a page, within what one read may examine.

use std::ops::ControlFlow;

use bytes::Bytes;

use super::selector::Selector;
use crate::backlog::Read;
use crate::cursor::Position;
use crate::event::StoredEvent;
use crate::limits::{EXAMINED_BYTES, EXAMINED_EVENTS};

/// A page that is being filled.
pub(super) struct Filling<'r> {
    read: &'r Read,
    selector: &'r Selector<'r>,
    pub events: Vec<StoredEvent>,
    /// Up to here all was examined.
    pub next: Position,
    bytes: usize,
    examined: usize,
    examined_bytes: usize,
}

impl<'r> Filling<'r> {
    pub fn new(read: &'r Read, selector: &'r Selector<'r>) -> Self {
        let (next, events) = (read.after, Vec::new());
        Self { read, selector, events, next, bytes: 0, examined: 0, examined_bytes: 0 }
    }

    /// How many more events are worth looking for.
    pub fn wanted(&self) -> usize {
        let examinable = EXAMINED_EVENTS.saturating_sub(self.examined);
        if self.selector.is_unfiltered() {
            examinable.min(self.read.events - self.events.len().min(self.read.events))
        } else {
            examinable
        }
    }

    /// How many more events may be looked at.
    pub fn examinable(&self) -> usize {
        EXAMINED_EVENTS.saturating_sub(self.examined)
    }

    /// Looks at the next event; breaks when the page is complete without it.
    pub fn offer(&mut self, event: StoredEvent) -> ControlFlow<()> {
        if self.events.len() >= self.read.events || self.is_exhausted() {
            return ControlFlow::Break(());
        }
        if self.selector.wants(&event) {
            let size = if self.read.omit_data { event.data_at } else { event.wire.len() };
            if !self.events.is_empty() && self.bytes + size > self.read.bytes {
                return ControlFlow::Break(());
            }
            self.bytes += size;
            self.note(&event);
            self.events.push(event);
        } else {
            self.note(&event);
        }
        ControlFlow::Continue(())
    }

    fn note(&mut self, event: &StoredEvent) {
        self.examined += 1;
        self.examined_bytes += event.wire.len();
        self.next = event.position;
    }

    fn is_exhausted(&self) -> bool {
        self.examined >= EXAMINED_EVENTS || self.examined_bytes >= EXAMINED_BYTES
    }

    /// Copies the events after the first `before` out of the chunk that they were read with, if most of that chunk is
    /// of no use: a page must not hold on to a multiple of its bytes.
    pub fn settle(&mut self, before: usize, chunk: usize) {
        let taken = self.events.iter().skip(before).map(|event| event.wire.len());
        if taken.sum::<usize>() < chunk / 2 {
            for event in self.events.iter_mut().skip(before) {
                event.wire = Bytes::copy_from_slice(&event.wire);
            }
        }
    }
}
