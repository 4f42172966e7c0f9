//! The ids that were used lately.

use std::collections::{HashMap, VecDeque};

use crate::cursor::Position;
use crate::event::{Micros, Once};

/// Ids, with the content and place of what was published with them.
#[derive(Debug, Default)]
pub struct IdWindow {
    known: HashMap<[u8; 16], Used>,
    /// In order of use.
    order: VecDeque<([u8; 16], Micros)>,
}

/// What an id was used for.
#[derive(Debug, Clone, Copy)]
pub struct Used {
    pub content: [u8; 16],
    pub position: Position,
}

impl IdWindow {
    /// What an id was used for.
    pub fn get(&self, id: &[u8; 16]) -> Option<Used> {
        self.known.get(id).copied()
    }

    /// Remembers an id that is not known.
    pub fn push(&mut self, once: Once, position: Position, now: Micros) {
        self.known.insert(once.id, Used { content: once.content, position });
        self.order.push_back((once.id, now));
    }

    /// Forgets what was used before a time, and all but the newest.
    pub fn expire(&mut self, before: Micros, most: u64) {
        while let Some((id, used)) = self.order.front()
            && (*used < before || self.order.len() as u64 > most)
        {
            self.known.remove(id);
            self.order.pop_front();
        }
    }
}
