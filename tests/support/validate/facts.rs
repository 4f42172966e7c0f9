//! What a history knows of the log, put in order once for all validators.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use hintwire::cursor::{Cursor, Position};
use hintwire::event::Event;
use hintwire::topic::Selection;

use super::bounds::Bounds;
use super::history::{Entry, History, Page, Refusal, Seen, What};
use super::matching;

/// All that is known of the log.
pub struct Facts<'a> {
    pub history: &'a History,
    /// Every event that anybody saw or was promised, by place; where two disagree, the first told.
    pub events: Vec<Fact<'a>>,
    /// What there is at the end, if that was read.
    pub log: Option<FinalLog<'a>>,
    pub bounds: Bounds,
    topics: BTreeMap<&'a str, Vec<usize>>,
    selected: RefCell<HashMap<Selection, Rc<Vec<usize>>>>,
}

/// An event that is known to have had a place.
#[derive(Clone, Copy)]
pub struct Fact<'a> {
    pub cursor: Cursor,
    pub event: &'a Arc<Event>,
    /// The entry that told of it first.
    pub told: usize,
}

/// All that is there at the end.
pub struct FinalLog<'a> {
    pub earliest: Position,
    pub head: Position,
    pub events: &'a [Seen],
}

impl<'a> Facts<'a> {
    pub fn of(history: &'a History) -> Self {
        let mut events: Vec<Fact<'a>> = Vec::new();
        for (told, entry) in history.entries.iter().enumerate() {
            let fact = |(cursor, event)| Fact { cursor, event, told };
            events.extend(told_by(&entry.what).map(fact));
        }
        events.sort_by_key(|fact| fact.cursor.position);
        events.dedup_by_key(|fact| fact.cursor.position);
        let mut topics: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (index, fact) in events.iter().enumerate() {
            topics.entry(fact.event.topic.as_str()).or_default().push(index);
        }
        let log = history.entries.iter().rev().find_map(final_log);
        let bounds = Bounds::of(history);
        Self { history, events, log, bounds, topics, selected: RefCell::default() }
    }

    /// The index of the event just before a place, if it is known.
    pub fn find(&self, position: Position) -> Option<usize> {
        self.events.binary_search_by_key(&position, |fact| fact.cursor.position).ok()
    }

    pub fn at(&self, position: Position) -> Option<&Fact<'a>> {
        self.find(position).map(|index| &self.events[index])
    }

    /// The places of the selected events after one place, up to another.
    pub fn between(&self, selection: &Selection, after: Position, to: Position) -> Vec<Position> {
        let selected = self.selected(selection);
        let before = |place: Position| {
            selected.partition_point(|&index| self.events[index].cursor.position <= place)
        };
        let (from, to) = (before(after), before(to));
        let slice = selected.get(from..to).unwrap_or_default();
        slice.iter().map(|&index| self.events[index].cursor.position).collect()
    }

    /// The place of the newest selected event of all that is there at the end.
    pub fn newest(&self, selection: &Selection) -> Option<Position> {
        let to = self.log.as_ref().map_or(Position(u64::MAX), |log| log.head);
        let selected = self.selected(selection);
        let end = selected.partition_point(|&index| self.events[index].cursor.position <= to);
        Some(self.events[selected[end.checked_sub(1)?]].cursor.position)
    }

    fn selected(&self, selection: &Selection) -> Rc<Vec<usize>> {
        if let Some(found) = self.selected.borrow().get(selection) {
            return Rc::clone(found);
        }
        let found = Rc::new(self.select(selection));
        self.selected.borrow_mut().insert(selection.clone(), Rc::clone(&found));
        found
    }

    fn select(&self, selection: &Selection) -> Vec<usize> {
        let topics = self.topics.iter();
        let mut found: Vec<usize> = topics
            .filter(|(topic, _)| matching::matches_any(selection, topic))
            .flat_map(|(_, indices)| indices)
            .copied()
            .filter(|&index| matching::passes(&selection.filter, self.events[index].event))
            .collect();
        found.sort_unstable();
        found
    }

    /// Acknowledged batches: the entry, its events and what was answered for each.
    pub fn acked(&self) -> impl Iterator<Item = Acked<'a>> {
        self.history.entries.iter().filter_map(|entry| match &entry.what {
            What::Publish { events, result: Ok(placed) } => Some(Acked { entry, events, placed }),
            _ => None,
        })
    }

    /// Batches that were refused, or whose answer was lost.
    pub fn refused(&self) -> impl Iterator<Item = (&'a Entry, &'a [Arc<Event>], &'a Refusal)> {
        self.history.entries.iter().filter_map(|entry| match &entry.what {
            What::Publish { events, result: Err(refusal) } => {
                Some((entry, events.as_slice(), refusal))
            }
            _ => None,
        })
    }

    /// Events that are there although no acknowledgement gave them their place, those of the hub itself left out.
    pub fn unclaimed(&self) -> impl Iterator<Item = &Fact<'a>> {
        let claimed: HashSet<Position> = self.acked().flat_map(Acked::appended).collect();
        let of_the_hub = |fact: &Fact<'_>| fact.event.topic.as_str().starts_with("~hintwire");
        self.events
            .iter()
            .filter(move |fact| !claimed.contains(&fact.cursor.position) && !of_the_hub(fact))
    }

    /// Answered fetches.
    pub fn pages(&self) -> impl Iterator<Item = (&'a Entry, &'a Page)> {
        self.history.entries.iter().filter_map(|entry| match &entry.what {
            What::Fetch { result: Ok(page), .. } => Some((entry, page)),
            _ => None,
        })
    }
}

/// An acknowledged batch.
#[derive(Clone, Copy)]
pub struct Acked<'a> {
    pub entry: &'a Entry,
    pub events: &'a [Arc<Event>],
    pub placed: &'a [(Cursor, bool)],
}

impl<'a> Acked<'a> {
    /// The places of what was appended, repeats left out.
    pub fn appended(self) -> impl DoubleEndedIterator<Item = Position> + 'a {
        self.placed.iter().filter(|(_, repeat)| !repeat).map(|(cursor, _)| cursor.position)
    }

    /// Each event and what was answered for it.
    pub fn each(self) -> impl Iterator<Item = (&'a Arc<Event>, Cursor, bool)> {
        self.events
            .iter()
            .zip(self.placed)
            .map(|(event, (cursor, repeat))| (event, *cursor, *repeat))
    }
}

/// Lists of events, as they were read or handled.
pub fn lists(what: &What) -> Option<&[Seen]> {
    match what {
        What::Fetch { result: Ok(Page { events, .. }), .. }
        | What::Handled { events, .. }
        | What::Log { events, .. } => Some(events),
        _ => None,
    }
}

/// The events whose places an entry tells: as published (repeats tell nothing), read or handled.
pub fn told_by(what: &What) -> impl Iterator<Item = (Cursor, &Arc<Event>)> {
    let published = match what {
        What::Publish { events, result: Ok(placed) } => Some(events.iter().zip(placed)),
        _ => None,
    };
    let published = published.into_iter().flatten();
    let new = published.filter(|(_, (_, repeat))| !repeat);
    let read = lists(what).unwrap_or_default().iter();
    let new = new.map(|(event, (cursor, _))| (*cursor, event));
    new.chain(read.map(|(cursor, event)| (*cursor, event)))
}

fn final_log(entry: &Entry) -> Option<FinalLog<'_>> {
    match &entry.what {
        What::Log { earliest, head, events } => {
            Some(FinalLog { earliest: earliest.position, head: head.position, events })
        }
        _ => None,
    }
}

impl FinalLog<'_> {
    /// Whether a place must hold its event still.
    pub fn retains(&self, position: Position) -> bool {
        position > self.earliest
    }

    pub fn find(&self, position: Position) -> Option<&Seen> {
        let found = self.events.binary_search_by_key(&position, |(cursor, _)| cursor.position);
        found.ok().map(|index| &self.events[index])
    }
}
