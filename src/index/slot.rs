//! What the hub keeps of one subscriber: the newest event that concerns it, and how to wake it.

use std::sync::Arc;
use std::task::Waker;

use crate::cursor::Position;
use crate::event::EventHead;
use crate::sync::AtomicWaker;
use crate::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};
use crate::topic::Filter;

/// There is news since it last took some; it is not woken again until then.
const MARKED: u8 = 1;
/// The news may be told now.
const DUE: u8 = 2;
/// It should give a sign of life.
const BEAT: u8 = 4;
/// Its time is over.
const ENDED: u8 = 8;
/// The subscriber is gone.
const CLOSED: u8 = 16;

/// One subscriber. It is touched by the fan-out and the clock, and emptied by the subscriber itself.
#[derive(Debug)]
pub struct Slot {
    newest: AtomicU64,
    waker: AtomicWaker,
    /// Before this time no further news is told.
    quiet_until: AtomicU64,
    /// When it should give a sign of life if it has not spoken by then.
    beat_at: AtomicU64,
    ends_at: u64,
    filter: Option<Arc<Filter>>,
    /// Where it stands in the group of each of its patterns; changed under that group's lock.
    places: Box<[AtomicU32]>,
    /// How many were woken with it.
    crowd: AtomicU32,
    /// When the oldest news was published that it has not told, in µs of the index's clock.
    since: AtomicU64,
    flags: AtomicU8,
}

/// What is the same for all slots that are touched together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wave {
    /// How many they are, roughly: who has two matching patterns counts twice.
    pub crowd: u32,
    /// The time, in ms of the index's clock.
    pub now: u64,
    /// When the oldest of the news was published, in µs of it.
    pub since: u64,
}

/// What the fan-out does next about a slot that it touched.
#[derive(Debug, PartialEq, Eq)]
pub enum Touched {
    /// Nothing: it has been woken.
    Done,
    /// Nothing: it has news to tell already, and will tell this with it.
    Merged,
    /// It is to be told at this time.
    Later(u64),
}

/// What the clock does next about a slot.
#[derive(Debug, PartialEq, Eq)]
pub enum Beat {
    /// Looks again at this time.
    Again(u64),
    /// Forgets it.
    Over,
}

/// What a slot has for its subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// Nothing yet.
    Nothing,
    /// There is news.
    News,
    /// It should give a sign of life.
    Beat,
    /// Its time is over.
    End,
}

impl Slot {
    /// A slot for so many patterns, with a filter unless every event passes, that ends at a time in ms of the index's
    /// clock.
    pub fn new(patterns: usize, filter: &Arc<Filter>, ends_at: u64) -> Self {
        Self {
            newest: AtomicU64::new(0),
            waker: AtomicWaker::new(),
            quiet_until: AtomicU64::new(0),
            beat_at: AtomicU64::new(u64::MAX),
            ends_at,
            filter: (!filter.is_empty()).then(|| Arc::clone(filter)),
            places: (0..patterns).map(|_| AtomicU32::new(0)).collect(),
            crowd: AtomicU32::new(0),
            since: AtomicU64::new(0),
            flags: AtomicU8::new(0),
        }
    }

    /// Whether an event concerns it, given that a pattern matches.
    pub fn wants(&self, head: &EventHead) -> bool {
        self.filter.as_ref().is_none_or(|filter| head.passes(filter))
    }

    /// Whether it looks further than the topic.
    pub fn has_filter(&self) -> bool {
        self.filter.is_some()
    }

    /// There is an event that concerns it.
    pub fn touch(&self, newest: Position, wave: Wave) -> Touched {
        // Before the mark: who takes the mark off finds the place here.
        self.newest.fetch_max(newest.0, Ordering::AcqRel);
        if self.flags.fetch_or(MARKED, Ordering::AcqRel) & MARKED != 0 {
            return Touched::Merged;
        }
        self.crowd.store(wave.crowd, Ordering::Relaxed);
        self.since.store(wave.since, Ordering::Relaxed);
        let quiet_until = self.quiet_until.load(Ordering::Relaxed);
        if wave.now < quiet_until {
            return Touched::Later(quiet_until);
        }
        self.release();
        Touched::Done
    }

    /// Its news may be told now.
    pub fn release(&self) {
        self.call(DUE);
    }

    /// Looks what the time brings; looks again within `look` ms, since a time may have been brought forward by then.
    pub fn tick(&self, now: u64, look: u64) -> Beat {
        if self.flags.load(Ordering::Relaxed) & CLOSED != 0 {
            return Beat::Over;
        }
        if now >= self.ends_at {
            self.call(ENDED);
            return Beat::Over;
        }
        let beat_at = self.beat_at.load(Ordering::Relaxed);
        let again = (now + look).min(self.ends_at);
        if now < beat_at {
            return Beat::Again(beat_at.min(again));
        }
        self.call(BEAT);
        Beat::Again(again)
    }

    fn call(&self, flag: u8) {
        self.flags.fetch_or(flag, Ordering::AcqRel);
        self.waker.wake();
    }

    /// Wakes the subscriber, so that it looks around.
    pub fn wake(&self) {
        self.waker.wake();
    }

    /// What there is; asks to be woken when that changes.
    pub fn poll(&self, waker: &Waker) -> Call {
        self.waker.register(waker);
        match self.flags.load(Ordering::Acquire) {
            flags if flags & ENDED != 0 => Call::End,
            flags if flags & DUE != 0 => Call::News,
            flags if flags & BEAT != 0 => Call::Beat,
            _ => Call::Nothing,
        }
    }

    /// Takes the news: no more is told before `quiet_until`. From here on a touch marks it anew, so what
    /// [`newest`](Self::newest) says afterwards leaves nothing out.
    pub fn take(&self, quiet_until: u64) {
        self.quiet_until.store(quiet_until, Ordering::Relaxed);
        self.flags.fetch_and(!(MARKED | DUE), Ordering::AcqRel);
    }

    /// It speaks now; the next sign of life is due at a time.
    pub fn spoke(&self, beat_at: u64) {
        self.beat_at.store(beat_at, Ordering::Relaxed);
        self.flags.fetch_and(!BEAT, Ordering::AcqRel);
    }

    /// The newest event that it was touched for.
    pub fn newest(&self) -> Position {
        Position(self.newest.load(Ordering::Acquire))
    }

    /// How many were woken with it, roughly.
    pub fn crowd(&self) -> u32 {
        self.crowd.load(Ordering::Relaxed)
    }

    /// When the oldest news was published that it has not told, in µs of the index's clock.
    pub fn since(&self) -> u64 {
        self.since.load(Ordering::Relaxed)
    }

    /// The subscriber is gone.
    pub fn close(&self) {
        self.flags.fetch_or(CLOSED, Ordering::Relaxed);
    }

    pub(super) fn place(&self, nth: u32) -> usize {
        self.places.get(nth as usize).map_or(usize::MAX, |p| p.load(Ordering::Relaxed) as usize)
    }

    pub(super) fn set_place(&self, nth: u32, place: usize) {
        if let Some(at) = self.places.get(nth as usize) {
            at.store(u32::try_from(place).unwrap_or(u32::MAX), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot() -> Slot {
        Slot::new(1, &Arc::default(), u64::MAX)
    }

    fn touch(slot: &Slot, position: u64, now: u64) -> Touched {
        slot.touch(Position(position), Wave { crowd: 1, now, since: 0 })
    }

    #[test]
    fn a_marked_slot_is_not_woken_again_until_it_has_taken_its_news() {
        let slot = slot();
        assert_eq!(touch(&slot, 1, 0), Touched::Done);
        assert_eq!(slot.poll(Waker::noop()), Call::News);
        assert_eq!(touch(&slot, 2, 0), Touched::Merged);
        slot.take(10);
        assert_eq!((slot.newest(), slot.poll(Waker::noop())), (Position(2), Call::Nothing));
        assert_eq!(touch(&slot, 3, 5), Touched::Later(10));
        assert_eq!(touch(&slot, 4, 5), Touched::Merged);
        assert_eq!(slot.poll(Waker::noop()), Call::Nothing);
        slot.release();
        assert_eq!((slot.newest(), slot.poll(Waker::noop())), (Position(4), Call::News));
    }

    #[test]
    fn a_slot_is_asked_for_a_sign_of_life_until_it_speaks() {
        let slot = slot();
        slot.spoke(100);
        assert_eq!(slot.tick(50, 20), Beat::Again(70));
        assert_eq!(slot.tick(90, 20), Beat::Again(100));
        assert_eq!(slot.poll(Waker::noop()), Call::Nothing);
        assert_eq!(slot.tick(100, 20), Beat::Again(120));
        assert_eq!(slot.poll(Waker::noop()), Call::Beat);
        slot.spoke(200);
        assert_eq!(slot.poll(Waker::noop()), Call::Nothing);
    }

    #[test]
    fn the_clock_forgets_what_has_ended_or_gone() {
        let ended = Slot::new(1, &Arc::default(), 100);
        assert_eq!(ended.tick(90, 20), Beat::Again(100));
        assert_eq!(ended.tick(100, 20), Beat::Over);
        assert_eq!(ended.poll(Waker::noop()), Call::End);
        let gone = slot();
        gone.close();
        assert_eq!(gone.tick(0, 20), Beat::Over);
    }
}
