//! **Idempotent**: within its window an id is appended once for its topic; a repeat is answered with the first one's place,
//! and only what has other content is a conflict.

use std::collections::HashMap;
use std::time::Duration;

use hintwire::event::Event;

use super::content::{Id, id, same};
use super::facts::{Fact, Facts};
use super::history::What;

pub fn check(facts: &Facts<'_>) -> Result<usize, String> {
    Ok(once(facts)? + repeats(facts)? + conflicts(facts)?)
}

/// No id has two places, unless its window may have passed between them.
fn once(facts: &Facts<'_>) -> Result<usize, String> {
    let mut newest: HashMap<Id<'_>, (usize, &Fact<'_>)> = HashMap::new();
    let mut ids = 0;
    for fact in &facts.events {
        let Some(id) = id(fact.event) else { continue };
        ids += 1;
        let Some((nth, first)) = newest.insert(id, (ids, fact)) else { continue };
        let newer = (ids - nth) as u64;
        if newer <= facts.history.id_window.ids && !may_be_over(facts, first, fact) {
            return Err(format!("{id:?} is at {:?} and again at {:?}", first.cursor, fact.cursor));
        }
    }
    Ok(ids)
}

/// Whether the window of the first may have passed when the second was appended.
fn may_be_over(facts: &Facts<'_>, first: &Fact<'_>, second: &Fact<'_>) -> bool {
    let told = &facts.history.entries[first.told];
    // When an event was appended whose publish was never answered is not known.
    let from = match told.what {
        What::Publish { .. } => told.began.time,
        _ => Duration::ZERO,
    };
    facts.history.entries[second.told].ended.time.saturating_sub(from)
        >= facts.history.id_window.time
}

/// What is answered as a repeat is one.
fn repeats(facts: &Facts<'_>) -> Result<usize, String> {
    let mut checked = 0;
    for acked in facts.acked() {
        for (event, cursor, _) in acked.each().filter(|(_, _, repeat)| *repeat) {
            let first = facts.at(cursor.position);
            if id(event).is_none() || first.is_some_and(|first| !same(first.event, event)) {
                let first = first.map(|first| first.event);
                return Err(format!("{event:?} was taken for a repeat of {first:?}"));
            }
            checked += 1;
        }
    }
    Ok(checked)
}

/// What is refused as a conflict is one: somebody published, or tried to, other content with one of its ids.
fn conflicts(facts: &Facts<'_>) -> Result<usize, String> {
    let refused = facts.refused().filter(|(_, _, refusal)| refusal.reason == "ID_CONFLICT");
    let refused: Vec<_> = refused.collect();
    if refused.is_empty() {
        return Ok(0);
    }
    let mut published: HashMap<Id<'_>, Vec<(u64, &Event)>> = HashMap::new();
    for entry in &facts.history.entries {
        if let What::Publish { events, .. } = &entry.what {
            for event in events {
                let known = id(event).map(|id| published.entry(id).or_default());
                known.into_iter().for_each(|known| known.push((entry.began.tick, event)));
            }
        }
    }
    for (entry, events, _) in &refused {
        let conflicts = |event: &Event| {
            let others = id(event).and_then(|id| published.get(&id));
            let mut others = others.into_iter().flatten();
            others.any(|(began, other)| *began < entry.ended.tick && !same(other, event))
        };
        if !events.iter().any(|event| conflicts(event)) {
            return Err(format!("nothing conflicts with {events:?}"));
        }
    }
    Ok(refused.len())
}
