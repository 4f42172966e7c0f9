//! **Resumable**: who stores a cursor and goes on from it later, after any crash, has missed nothing: everything selected
//! between two cursors that it stored was handed to it.

use std::collections::HashMap;

use hintwire::cursor::Position;
use hintwire::topic::Selection;

use super::facts::Facts;
use super::history::{Seen, What};

pub fn check(facts: &Facts<'_>) -> Result<usize, String> {
    let mut stored: HashMap<u64, Option<Position>> = HashMap::new();
    let mut checked = 0;
    for entry in &facts.history.entries {
        match &entry.what {
            What::FollowerStarted { follower, selection, from } => {
                let from = from.map(|cursor| cursor.position);
                let last = stored.insert(*follower, from).unwrap_or(from);
                skipped_nothing(facts, selection, last, from)
                    .map_err(|why| format!("follower {follower} {why}"))?;
            }
            What::Handled { follower, selection, events, cursor } => {
                let last = stored.insert(*follower, Some(cursor.position)).flatten();
                let after = last.unwrap_or_default();
                let due = facts.between(selection, after, cursor.position);
                let trimmed = last.is_none().then(|| facts.bounds.earliest_after(entry));
                missed_nothing(&due, events, trimmed.unwrap_or_default())
                    .map_err(|why| format!("follower {follower}, {after} to {cursor:?}: {why}"))?;
                checked += due.len();
            }
            _ => {}
        }
    }
    Ok(checked)
}

/// Between what was stored and where a run begins there is nothing that should have been handled.
fn skipped_nothing(
    facts: &Facts<'_>,
    selection: &Selection,
    last: Option<Position>,
    from: Option<Position>,
) -> Result<(), String> {
    let (Some(last), Some(from)) = (last, from) else { return Ok(()) };
    match facts.between(selection, last, from.max(last)).first() {
        Some(place) => Err(format!("stored {last}, went on from {from} and skipped {place}")),
        None => Ok(()),
    }
}

/// Everything due was among the events, but what retention had taken before the first run.
fn missed_nothing(due: &[Position], events: &[Seen], trimmed: Position) -> Result<(), String> {
    let mut handled: Vec<Position> = events.iter().map(|(cursor, _)| cursor.position).collect();
    handled.sort_unstable();
    let first = handled.first().copied().unwrap_or(Position(u64::MAX));
    let excused = |place: &Position| *place <= trimmed && *place < first;
    match due.iter().find(|place| handled.binary_search(place).is_err() && !excused(place)) {
        Some(place) => Err(format!("the event at {place} was not handled")),
        None => Ok(()),
    }
}
