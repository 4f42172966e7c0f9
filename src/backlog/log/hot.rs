//! The newest events, in memory, for the crowd that follows a hint: decoded and verified once, shared by all.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use crate::cursor::Position;
use crate::event::StoredEvent;
use crate::limits::{HOT_TAIL_BYTES, HOT_TAIL_EVENTS};

/// Slots of which the memory is taken together, at first use.
const PIECE: usize = 1 << 10;

type Slot = Mutex<Option<StoredEvent>>;

/// A ring of events by position. One thread pushes, any number reads.
#[derive(Debug)]
pub struct HotTail {
    pieces: Vec<OnceLock<Box<[Slot]>>>,
    /// Everything readable after this place is in the ring.
    floor: AtomicU64,
    bytes: AtomicU64,
}

impl HotTail {
    /// An empty ring: what was published up to `head` is not in it.
    pub fn new(head: Position) -> Self {
        let pieces = (0..HOT_TAIL_EVENTS / PIECE).map(|_| OnceLock::new()).collect();
        Self { pieces, floor: AtomicU64::new(head.0), bytes: AtomicU64::new(0) }
    }

    /// Whether everything readable after a place is in the ring at this moment.
    pub fn covers(&self, after: Position) -> bool {
        after.0 >= self.floor.load(Ordering::Acquire)
    }

    /// The event of a position, if it is still in the ring.
    pub fn get(&self, position: Position) -> Option<StoredEvent> {
        let slot = self.slot(position.0)?.lock();
        slot.as_ref().filter(|event| event.position == position).cloned()
    }

    /// Adds the next event, after it was synced and before the head moves.
    pub fn push(&self, event: StoredEvent) {
        let position = event.position.0;
        let bytes = event.wire.len() as u64;
        self.make_room(position, bytes);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        if let Some(slot) = self.slot_to_fill(position) {
            *slot.lock() = Some(event);
        }
    }

    fn make_room(&self, position: u64, bytes: u64) {
        let budget = (HOT_TAIL_BYTES as u64).saturating_sub(bytes);
        let lowest = position.saturating_sub(HOT_TAIL_EVENTS as u64);
        let mut floor = self.floor.load(Ordering::Relaxed);
        while floor + 1 < position
            && (floor < lowest || self.bytes.load(Ordering::Relaxed) > budget)
        {
            floor += 1;
            // The floor moves first: who still believes in the event finds it, or reads it from the disk.
            self.floor.store(floor, Ordering::Release);
            self.evict(floor);
            if self.bytes.load(Ordering::Relaxed) == 0 {
                // Nothing is left to evict; a hole in the positions may be long.
                floor = position - 1;
                self.floor.store(floor, Ordering::Release);
            }
        }
    }

    fn evict(&self, position: u64) {
        let Some(slot) = self.slot(position) else { return };
        let mut slot = slot.lock();
        if slot.as_ref().is_some_and(|event| event.position.0 == position) {
            let bytes = slot.take().map_or(0, |event| event.wire.len() as u64);
            self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
    }

    /// The slot of a position, if its piece was ever used.
    fn slot(&self, position: u64) -> Option<&Slot> {
        let (piece, within) = place(position);
        self.pieces.get(piece)?.get()?.get(within)
    }

    fn slot_to_fill(&self, position: u64) -> Option<&Slot> {
        let (piece, within) = place(position);
        let fresh = || (0..PIECE).map(|_| Slot::default()).collect();
        self.pieces.get(piece)?.get_or_init(fresh).get(within)
    }
}

/// Piece and slot of a position.
fn place(position: u64) -> (usize, usize) {
    let slot = (position % HOT_TAIL_EVENTS as u64) as usize;
    (slot / PIECE, slot % PIECE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Micros;

    fn push(hot: &HotTail, position: u64, bytes: usize) {
        let wire = vec![0; bytes].into();
        let (position, published) = (Position(position), Micros(1));
        hot.push(StoredEvent { position, published, wire, data_at: 0 });
    }

    #[test]
    fn it_holds_all_that_came_after_the_start() {
        let hot = HotTail::new(Position(10));
        push(&hot, 11, 5);
        push(&hot, 12, 5);
        assert!(hot.covers(Position(10)) && !hot.covers(Position(9)));
        assert_eq!(hot.get(Position(12)).unwrap().position, Position(12));
        assert_eq!(hot.get(Position(10)), None);
        assert_eq!(hot.get(Position(11 + HOT_TAIL_EVENTS as u64)), None);
    }

    #[test]
    fn the_oldest_go_when_bytes_or_slots_run_out() {
        let hot = HotTail::new(Position(0));
        for position in 1..=5 {
            push(&hot, position, HOT_TAIL_BYTES / 4);
        }
        assert!(hot.covers(Position(1)) && !hot.covers(Position(0)));
        assert_eq!((hot.get(Position(1)), hot.get(Position(2)).is_some()), (None, true));
        push(&hot, 6, HOT_TAIL_BYTES * 2);
        assert!(hot.covers(Position(5)) && !hot.covers(Position(4)));

        let hot = HotTail::new(Position(0));
        (1..=HOT_TAIL_EVENTS as u64 + 3).for_each(|position| push(&hot, position, 1));
        assert!(hot.covers(Position(3)) && !hot.covers(Position(2)));
    }

    #[test]
    fn a_long_hole_in_the_positions_is_skipped() {
        let hot = HotTail::new(Position(0));
        push(&hot, 1, 5);
        push(&hot, u64::MAX / 2, 5);
        assert!(hot.get(Position(u64::MAX / 2)).is_some());
        assert!(hot.covers(Position(u64::MAX / 2 - 1)));
    }
}
