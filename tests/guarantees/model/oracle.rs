//! The model: all events ever, in a list, and the trim point.

use std::collections::BTreeMap;

use hintwire::cursor::Position;
use hintwire::event::Event;
use hintwire::topic::Selection;

use crate::validate::matching::{matches_any, selects};

#[derive(Default)]
pub struct Model {
    pub events: Vec<(Position, Event)>,
    pub earliest: Position,
    pub head: Position,
}

/// What is to become of a batch.
#[derive(Debug, PartialEq)]
pub enum Due {
    Conflict(usize),
    /// An expectation does not hold.
    Refused(usize),
    /// For each event, the index in `events` that it gets or, if it is a repeat, has.
    Placed(Vec<usize>),
}

impl Model {
    /// `true` beside the answer: retention may have taken what would tell; a refusal is right as well.
    pub fn publish(&self, batch: &[Event], expected: Option<Option<Position>>) -> (Due, bool) {
        let mut known: Vec<&Event> = self.events.iter().map(|(_, event)| event).collect();
        let mut placed = Vec::new();
        for (index, event) in batch.iter().enumerate() {
            let same_id = |other: &&Event| {
                !event.id.is_empty() && (&other.id, &other.topic) == (&event.id, &event.topic)
            };
            let first = known.iter().position(same_id);
            if first.is_some_and(|first| known[first] != event) {
                return (Due::Conflict(index), false);
            }
            placed.push(first.unwrap_or(known.len()));
            known.extend(first.is_none().then_some(event));
        }
        let judged = (0..batch.len()).filter(|index| placed[*index] >= self.events.len());
        let holds: Vec<_> = judged.map(|n| (n, self.holds(&batch[n], expected))).collect();
        let unsure = holds.iter().any(|(_, holds)| holds.is_none());
        match holds.iter().find(|(_, holds)| *holds == Some(false)) {
            Some((index, _)) => (Due::Refused(*index), unsure),
            None => (Due::Placed(placed), unsure),
        }
    }

    /// Whether an expectation holds for the key of an event; `None` if that may have been forgotten.
    fn holds(&self, event: &Event, expected: Option<Option<Position>>) -> Option<bool> {
        let same = |(_, other): &&(Position, Event)| {
            (&other.topic, &other.key) == (&event.topic, &event.key)
        };
        let newest = self.events.iter().rev().find(same);
        match (expected, newest) {
            (None, _) => Some(true),
            (Some(None), newest) => Some(newest.is_none_or(|(_, event)| event.deleted)),
            // A tombstone that was trimmed need not be known any more.
            (Some(Some(place)), Some((at, newest))) if newest.deleted && *at <= self.earliest => {
                if place >= self.earliest {
                    Some(true)
                } else {
                    None
                }
            }
            (Some(Some(place)), Some((at, _))) => Some(*at <= place),
            (Some(Some(place)), None) => {
                Some(place >= self.earliest || self.earliest == Position::INCEPTION)
            }
        }
    }

    pub fn append(&mut self, position: Position, event: Event) {
        self.events.push((position, event));
        self.head = position;
    }

    /// The places of the selected events after one.
    pub fn after(&self, place: Position, selection: &Selection) -> Vec<Position> {
        let selected =
            |(position, event): &&(Position, Event)| *position > place && selects(selection, event);
        self.events.iter().filter(selected).map(|(position, _)| *position).collect()
    }

    /// The places of the newest events of live keys, by topic and key.
    pub fn live(&self, selection: &Selection) -> Vec<Position> {
        let mut newest = BTreeMap::new();
        for (position, event) in &self.events {
            newest.insert((&event.topic, &event.key), (*position, event));
        }
        let live = newest
            .into_values()
            .filter(|(_, event)| !event.deleted && matches_any(selection, event.topic.as_str()));
        live.map(|(position, _)| position).collect()
    }
}
