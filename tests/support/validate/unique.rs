//! **Unique**: a place holds one event for ever, no two publishes are given the same, and no page, run of a follower or
//! log holds an event twice.

use std::collections::HashMap;
use std::sync::Arc;

use hintwire::cursor::{Cursor, Position};

use super::facts::{Facts, told_by};
use super::history::{Seen, What};

pub fn check(facts: &Facts<'_>) -> Result<usize, String> {
    let told = one_event_a_place(facts)?;
    one_place_a_publish(facts)?;
    let mut runs: HashMap<u64, Vec<Position>> = HashMap::new();
    for entry in &facts.history.entries {
        match &entry.what {
            What::Fetch { result: Ok(page), .. } => once(places(&page.events), "a page")?,
            What::Log { events, .. } => once(places(events), "the log")?,
            What::Handled { follower, events, .. } => {
                runs.entry(*follower).or_default().extend(places(events));
            }
            What::FollowerStarted { follower, .. } => {
                once(runs.remove(follower).unwrap_or_default(), "a run of a follower")?;
            }
            _ => {}
        }
    }
    runs.into_values().try_for_each(|run| once(run, "a run of a follower"))?;
    Ok(told)
}

fn one_event_a_place(facts: &Facts<'_>) -> Result<usize, String> {
    let mut told = 0;
    for entry in &facts.history.entries {
        for (cursor, event) in told_by(&entry.what) {
            let Some(first) = facts.at(cursor.position) else { continue };
            let same = Arc::ptr_eq(first.event, event) || first.event == event;
            if !same || first.cursor != cursor {
                let first = (first.cursor, first.event);
                return Err(format!("one place, two events: {first:?} and {:?}", (cursor, event)));
            }
            told += 1;
        }
    }
    Ok(told)
}

fn one_place_a_publish(facts: &Facts<'_>) -> Result<(), String> {
    once(facts.acked().flat_map(|acked| acked.appended()).collect(), "what was acknowledged as new")
}

fn places(events: &[Seen]) -> Vec<Position> {
    events.iter().map(|(Cursor { position, .. }, _)| *position).collect()
}

fn once(mut places: Vec<Position>, whose: &str) -> Result<(), String> {
    places.sort_unstable();
    match places.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(format!("{whose} holds the event at {} twice", pair[0])),
        None => Ok(()),
    }
}
