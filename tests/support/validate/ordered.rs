//! **Ordered**: there is one order. A batch that was acknowledged before another was published lies before it, a batch
//! keeps its own order, and whoever reads or handles events gets them along it.

use std::collections::HashMap;

use hintwire::cursor::Position;

use super::facts::{Acked, Facts, lists};
use super::history::What;

pub fn check(facts: &Facts<'_>) -> Result<usize, String> {
    let published = real_time(facts)?;
    let mut read = 0;
    for entry in &facts.history.entries {
        for pair in lists(&entry.what).unwrap_or_default().windows(2) {
            if pair[1].0.position < pair[0].0.position {
                return Err(format!("{:?} comes after {:?}", pair[1], pair[0]));
            }
            read += 1;
        }
    }
    runs(facts)?;
    Ok(published + read)
}

/// Every batch lies beyond all that were acknowledged before it was published.
fn real_time(facts: &Facts<'_>) -> Result<usize, String> {
    let ended: Vec<Acked<'_>> = facts.acked().collect();
    let mut began = ended.clone();
    began.sort_unstable_by_key(|acked| acked.entry.began.tick);
    let mut earlier = ended.into_iter().peekable();
    let mut newest = Position::INCEPTION;
    for acked in &began {
        let over = |other: &Acked<'_>| other.entry.ended < acked.entry.began;
        while let Some(other) = earlier.next_if(over) {
            newest = newest.max(other.appended().next_back().unwrap_or_default());
        }
        let mut before = newest;
        for place in acked.appended() {
            if place < before {
                return Err(format!("an event at {place} was published after the one at {before}"));
            }
            before = place;
        }
    }
    Ok(began.len())
}

/// A run of a follower goes forward from one batch to the next.
fn runs(facts: &Facts<'_>) -> Result<(), String> {
    let mut last: HashMap<u64, Position> = HashMap::new();
    for entry in &facts.history.entries {
        match &entry.what {
            What::FollowerStarted { follower, .. } => {
                last.remove(follower);
            }
            What::Handled { follower, events, .. } => {
                let last = last.entry(*follower).or_default();
                for (cursor, _) in events {
                    if cursor.position < *last {
                        return Err(format!(
                            "follower {follower} was given {cursor:?} after {last}"
                        ));
                    }
                    *last = cursor.position;
                }
            }
            _ => {}
        }
    }
    Ok(())
}
