//! **Durable**: an event that was acknowledged is in the backlog, whatever crashed since, until retention takes it; what
//! was refused as not written is not there, and nothing is there that nobody published.

use std::collections::HashMap;

use super::content::{Content, content, same};
use super::facts::{Acked, Facts, FinalLog};
use super::history::What;

pub fn check(facts: &Facts<'_>) -> Result<usize, String> {
    let Some(log) = &facts.log else { return Ok(0) };
    let mut checked = 0;
    for acked in facts.acked() {
        checked += kept(log, acked)?;
    }
    starts_beyond(facts)?;
    nothing_invented(facts)?;
    Ok(checked)
}

/// Each event of an acknowledged batch is in the log, as it was published.
fn kept(log: &FinalLog<'_>, acked: Acked<'_>) -> Result<usize, String> {
    let mut checked = 0;
    for (event, cursor, _) in acked.each().filter(|(_, at, _)| log.retains(at.position)) {
        match log.find(cursor.position) {
            Some((at, kept)) if *at == cursor && same(kept, event) => checked += 1,
            Some((_, kept)) => {
                return Err(format!("{event:?} was acknowledged at {cursor:?}; there is {kept:?}"));
            }
            None => return Err(format!("{event:?}, acknowledged at {cursor:?}, is not there")),
        }
    }
    Ok(checked)
}

/// A start, after a crash too, begins at or beyond all that was acknowledged or read before.
fn starts_beyond(facts: &Facts<'_>) -> Result<(), String> {
    for entry in &facts.history.entries {
        let What::Started { head, .. } = &entry.what else { continue };
        let before = facts.bounds.head_before(entry);
        if head.position < before {
            return Err(format!("a start found the head at {head:?}; it had been at {before}"));
        }
    }
    Ok(())
}

/// What was not acknowledged is there at most as often as an attempt with unknown outcome may have written it.
fn nothing_invented(facts: &Facts<'_>) -> Result<(), String> {
    let mut attempts: HashMap<Content<'_>, usize> = HashMap::new();
    for (_, events, _) in facts.refused().filter(|(_, _, refusal)| refusal.unknown) {
        events.iter().for_each(|event| *attempts.entry(content(event)).or_default() += 1);
    }
    for fact in facts.unclaimed() {
        match attempts.get_mut(&content(fact.event)) {
            Some(left @ 1..) => *left -= 1,
            _ => {
                let (at, event) = (fact.cursor, fact.event);
                return Err(format!("{event:?} is at {at:?}, but no publish may have written it"));
            }
        }
    }
    Ok(())
}
