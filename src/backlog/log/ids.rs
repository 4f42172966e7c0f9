//! The idempotency window: which ids were used lately, and where.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::cursor::Position;
use crate::event::{Micros, Once};

/// Ids of one shared piece.
const PIECE: usize = 1024;

/// An id that was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsedId {
    /// The id, and what was published with it.
    pub once: Once,
    /// Where.
    pub position: Position,
    /// When.
    pub time: Micros,
}

/// The ids of the last minutes, but at most so many of the newest. Kept in pieces that never change once full, so that
/// a checkpoint takes them without a copy.
#[derive(Debug)]
pub struct IdWindow {
    window: u64,
    most: u64,
    /// Id -> its number in the order of use.
    numbers: HashMap<[u8; 16], u64>,
    full: VecDeque<Arc<Vec<UsedId>>>,
    filling: Vec<UsedId>,
    /// Number of the first id of the first piece, and of the oldest that still counts.
    start: u64,
    oldest: u64,
}

impl IdWindow {
    /// An empty window over so many microseconds and ids.
    pub fn new(window: std::time::Duration, most: u64) -> Self {
        Self {
            window: u64::try_from(window.as_micros()).unwrap_or(u64::MAX),
            most,
            numbers: HashMap::new(),
            full: VecDeque::new(),
            filling: Vec::new(),
            start: 0,
            oldest: 0,
        }
    }

    /// What an id was used for.
    pub fn get(&self, id: &[u8; 16]) -> Option<&UsedId> {
        self.numbered(*self.numbers.get(id)?)
    }

    /// Adds a use. Times never decrease.
    pub fn push(&mut self, used: UsedId) {
        self.numbers.insert(used.once.id, self.next());
        self.filling.push(used);
        if self.filling.len() == PIECE {
            self.full.push_back(Arc::new(std::mem::take(&mut self.filling)));
        }
    }

    /// Drops what is too old, or more than it holds.
    pub fn expire(&mut self, now: Micros) {
        let expired_before = now.0.saturating_sub(self.window);
        while let Some(used) = self.numbered(self.oldest).copied() {
            if used.time.0 >= expired_before && self.next() - self.oldest <= self.most {
                break;
            }
            self.unlist(&used.once.id, self.oldest);
            self.oldest += 1;
        }
        while self.oldest - self.start >= PIECE as u64 && self.full.pop_front().is_some() {
            self.start += PIECE as u64;
        }
    }

    /// Whether an id used at a time could still count.
    pub fn covers(&self, time: Micros, now: Micros) -> bool {
        time.0 >= now.0.saturating_sub(self.window)
    }

    /// Takes back the uses after a place.
    pub fn take_back(&mut self, after: Position) {
        loop {
            if self.filling.is_empty() {
                let Some(piece) = self.full.pop_back() else { return };
                self.filling = Arc::unwrap_or_clone(piece);
            }
            match self.filling.pop_if(|used| used.position > after) {
                Some(used) => self.unlist(&used.once.id, self.next()),
                None => return,
            }
        }
    }

    /// All of them, oldest first, in shared pieces.
    pub fn pieces(&self) -> Vec<Arc<Vec<UsedId>>> {
        let filling = (!self.filling.is_empty()).then(|| Arc::new(self.filling.clone()));
        self.full.iter().cloned().chain(filling).collect()
    }

    /// How many it holds.
    pub fn len(&self) -> u64 {
        self.next() - self.oldest
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn next(&self) -> u64 {
        self.start + (self.full.len() * PIECE + self.filling.len()) as u64
    }

    fn numbered(&self, number: u64) -> Option<&UsedId> {
        let index = usize::try_from(number.checked_sub(self.start)?).ok()?;
        let piece = self.full.get(index / PIECE).map_or(&self.filling, |piece| piece);
        piece.get(index % PIECE)
    }

    /// Forgets an id, unless it was used again later.
    fn unlist(&mut self, id: &[u8; 16], number: u64) {
        if self.numbers.get(id) == Some(&number) {
            self.numbers.remove(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn used(n: u64) -> UsedId {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&n.to_le_bytes());
        UsedId { once: Once { id, content: [1; 16] }, position: Position(n), time: Micros(n) }
    }

    fn window(micros: u64, most: u64, ids: u64) -> IdWindow {
        let mut window = IdWindow::new(Duration::from_micros(micros), most);
        (1..=ids).for_each(|n| window.push(used(n)));
        window
    }

    fn known(window: &IdWindow, range: std::ops::RangeInclusive<u64>) -> Vec<u64> {
        range.filter(|n| window.get(&used(*n).once.id).is_some()).collect()
    }

    #[test]
    fn ids_are_known_for_the_window_and_no_longer() {
        let mut window = window(1000, u64::MAX, 5000);
        window.expire(Micros(5000));
        assert_eq!(known(&window, 1..=5000), (4000..=5000).collect::<Vec<_>>());
        assert_eq!(window.get(&used(4500).once.id), Some(&used(4500)));
    }

    #[test]
    fn the_newest_ids_are_known_and_no_more() {
        let mut window = window(u64::MAX, 100, 5000);
        window.expire(Micros(5000));
        assert_eq!(known(&window, 1..=5000), (4901..=5000).collect::<Vec<_>>());
        assert!(window.pieces().len() <= 2);
    }

    #[test]
    fn what_is_taken_back_is_unknown_and_what_was_before_is_known() {
        for ids in [10, PIECE as u64, 3000] {
            let mut window = window(u64::MAX, u64::MAX, ids);
            window.take_back(Position(7));
            assert_eq!(known(&window, 1..=ids), (1..=7).collect::<Vec<_>>());
            window.push(used(8));
            assert_eq!(window.len(), 8);
        }
    }

    #[test]
    fn an_id_used_again_after_the_window_stays_known() {
        let mut window = window(10, u64::MAX, 1);
        let again = UsedId { position: Position(50), time: Micros(50), ..used(1) };
        window.push(again);
        window.expire(Micros(55));
        assert_eq!(window.get(&again.once.id), Some(&again));
    }

    #[test]
    fn the_pieces_hold_all_ids_in_order() {
        let window = window(u64::MAX, u64::MAX, 2500);
        let all: Vec<u64> =
            window.pieces().iter().flat_map(|p| p.iter().map(|u| u.position.0)).collect();
        assert_eq!(all, (1..=2500).collect::<Vec<_>>());
    }
}
