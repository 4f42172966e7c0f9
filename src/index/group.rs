//! The subscribers of one pattern.

use std::sync::Arc;

use super::slot::{Slot, Touched, Wave};
use super::wheel::Wheel;
use crate::cursor::Position;
use crate::event::EventHead;
use crate::planted::Planted;
use crate::sync::Mutex;

/// The subscribers of one pattern.
#[derive(Debug, Default)]
pub struct Group {
    members: Mutex<Members>,
}

#[derive(Debug, Default)]
struct Members {
    list: Vec<Member>,
    /// How many of them look further than the topic.
    filters: usize,
}

#[derive(Debug)]
struct Member {
    slot: Arc<Slot>,
    /// Which of the slot's patterns this is.
    nth: u32,
}

impl Group {
    /// Adds a slot, for the nth of its patterns.
    pub fn add(&self, slot: &Arc<Slot>, nth: u32) {
        let mut members = self.members.lock();
        slot.set_place(nth, members.list.len());
        if members.list.capacity() == 0 {
            // Most groups have one member for as long as they live.
            members.list.reserve_exact(1);
        }
        members.list.push(Member { slot: Arc::clone(slot), nth });
        members.filters += usize::from(slot.has_filter());
    }

    /// Takes a slot out, at no cost that grows with the group; returns whether the group is empty now.
    pub fn remove(&self, slot: &Slot, nth: u32) -> bool {
        let mut members = self.members.lock();
        let place = slot.place(nth);
        if place < members.list.len() {
            members.list.swap_remove(place);
            members.filters -= usize::from(slot.has_filter());
        }
        if let Some(moved) = members.list.get(place) {
            moved.slot.set_place(moved.nth, place);
        }
        if members.list.len() < members.list.capacity() / 4 {
            members.list.shrink_to_fit();
        }
        members.list.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.members.lock().list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether one of them looks further than the topic.
    pub fn has_filters(&self) -> bool {
        self.members.lock().filters > 0
    }

    /// Touches those whom one of the events concerns: `events` are places in the round's batch, newest first. Returns how
    /// many of them had news to tell already.
    pub fn touch(&self, events: &[usize], round: &Round<'_>) -> u64 {
        let mut merged = 0;
        for member in &self.members.lock().list {
            let Some(newest) = newest_wanted(&member.slot, events, round) else { continue };
            match member.slot.touch(newest, round.wave) {
                Touched::Done => {}
                Touched::Merged => merged += 1,
                Touched::Later(_) if Planted::LastHintDropped.is_on() => {}
                Touched::Later(due) => round.pacing.add(due, Arc::clone(&member.slot)),
            }
        }
        merged
    }

    /// Wakes all.
    pub fn wake(&self) {
        self.members.lock().list.iter().for_each(|member| member.slot.wake());
    }
}

/// What is the same for all that one round touches.
#[derive(Debug)]
pub struct Round<'a> {
    /// What was appended, in order.
    pub events: &'a [(Position, EventHead)],
    /// What each of them is touched with.
    pub wave: Wave,
    /// Where to put who is told later.
    pub pacing: &'a Wheel<Arc<Slot>>,
}

fn newest_wanted(slot: &Slot, events: &[usize], round: &Round<'_>) -> Option<Position> {
    let batch = events.iter().filter_map(|&i| round.events.get(i));
    batch.into_iter().find(|(_, head)| slot.wants(head)).map(|(position, _)| *position)
}
