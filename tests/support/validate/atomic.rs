//! **Atomic**: a batch is there whole or not at all, its events next to each other and in order; no reader's head lies
//! within one.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use hintwire::cursor::Position;
use hintwire::event::Event;

use super::content::{Content, Id, content, id};
use super::facts::Facts;

pub fn check(facts: &Facts<'_>) -> Result<usize, String> {
    let spans = acknowledged(facts)?;
    heads(facts, &spans)?;
    let unknown = Unknown::of(facts).check()?;
    Ok(spans.len() + unknown)
}

/// The first and last places of batches of several events, in order.
fn acknowledged(facts: &Facts<'_>) -> Result<Vec<(Position, Position)>, String> {
    let mut spans = Vec::new();
    for acked in facts.acked() {
        let mut places = acked.appended();
        let Some(first) = places.next() else { continue };
        let (mut last, start) = (first, facts.find(first));
        for (next, place) in (1..).zip(places) {
            if facts.find(place) != start.map(|start| start + next) {
                return Err(format!("a batch from {first} on is torn apart before {place}"));
            }
            last = place;
        }
        spans.extend((last > first).then_some((first, last)));
    }
    spans.sort_unstable();
    Ok(spans)
}

fn heads(facts: &Facts<'_>, spans: &[(Position, Position)]) -> Result<(), String> {
    let log = facts.log.as_ref().map(|log| log.head);
    for head in facts.pages().map(|(_, page)| page.head.position).chain(log) {
        let before = spans.partition_point(|(first, _)| *first <= head);
        let span = before.checked_sub(1).map(|index| spans[index]);
        if let Some((first, last)) = span.filter(|(_, last)| head < *last) {
            return Err(format!("a head at {head} lies within the batch of {first} to {last}"));
        }
    }
    Ok(())
}

/// Batches whose outcome nobody was told, against what is there that nobody was told of.
struct Unknown<'a> {
    facts: &'a Facts<'a>,
    unclaimed: HashMap<Content<'a>, Vec<usize>>,
    ids: HashSet<Id<'a>>,
    taken: HashSet<usize>,
}

impl<'a> Unknown<'a> {
    fn of(facts: &'a Facts<'a>) -> Self {
        let mut unclaimed: HashMap<_, Vec<_>> = HashMap::new();
        for fact in facts.unclaimed() {
            let index = facts.find(fact.cursor.position);
            unclaimed.entry(content(fact.event)).or_default().extend(index);
        }
        let ids = facts.events.iter().filter_map(|fact| id(fact.event)).collect();
        Self { facts, unclaimed, ids, taken: HashSet::new() }
    }

    fn check(mut self) -> Result<usize, String> {
        let mut checked = 0;
        for (_, events, refusal) in self.facts.refused() {
            if refusal.unknown {
                self.place(events)?;
                checked += 1;
            }
        }
        Ok(checked)
    }

    /// Finds a batch whole, or finds nothing of it. An event whose id is known elsewhere may have been a repeat.
    fn place(&mut self, batch: &[Arc<Event>]) -> Result<(), String> {
        let mut once = HashSet::new();
        let new = batch.iter().filter(|event| id(event).is_none_or(|id| once.insert(id)));
        let (there, absent): (Vec<_>, Vec<_>) = new.partition(|event| self.is_there(event));
        let Some(first) = there.first() else { return Ok(()) };
        let Some(run) = self.starts(first).find(|&start| self.runs(start, &there)) else {
            return Err(format!("a batch is there in pieces: {batch:?}"));
        };
        let trimmed = self.may_be_trimmed_before(run);
        let is_repeat = |event: &&&Arc<Event>| id(event).is_some_and(|id| self.ids.contains(&id));
        if let Some(lost) = absent.iter().find(|event| !is_repeat(event) && !trimmed) {
            return Err(format!("a batch is there in part, without {lost:?}: {batch:?}"));
        }
        self.taken.extend(run..run + there.len());
        Ok(())
    }

    /// The places, not yet taken, at which an event is.
    fn starts<'s>(&'s self, event: &'s Event) -> impl Iterator<Item = usize> + 's {
        let places = self.unclaimed.get(&content(event)).map(Vec::as_slice).unwrap_or_default();
        places.iter().copied().filter(|place| !self.taken.contains(place))
    }

    fn is_there(&self, event: &Event) -> bool {
        self.starts(event).next().is_some()
    }

    fn runs(&self, start: usize, batch: &[&Arc<Event>]) -> bool {
        (start..).zip(batch).all(|(place, event)| self.starts(event).any(|found| found == place))
    }

    /// Whether what was next to it may have been trimmed before anybody saw it.
    fn may_be_trimmed_before(&self, index: usize) -> bool {
        let Some(log) = &self.facts.log else { return true };
        let is_gone = |index: usize| !log.retains(self.facts.events[index].cursor.position);
        let before = index.checked_sub(1);
        log.earliest > Position::INCEPTION && (is_gone(index) || before.is_none_or(is_gone))
    }
}
