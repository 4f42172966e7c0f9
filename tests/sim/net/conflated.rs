//! Counts the hints that stand for several: what was published apart and told at once.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound::{Excluded, Included};

use hintwire::cursor::Position;
use hintwire::event::Event;
use hintwire::topic::Selection;

use crate::validate::matching::selects;
use crate::validate::{History, Kind, What};

/// How many messages of a history tell of more than one batch.
pub fn conflated(history: &History) -> usize {
    let batches = batches(history);
    let mut streams: HashMap<u64, (&Selection, Position)> = HashMap::new();
    let mut conflated = 0;
    for entry in &history.entries {
        match &entry.what {
            What::StreamOpened { stream, selection, .. } => {
                streams.insert(*stream, (selection, Position::INCEPTION));
            }
            What::Message(message) => {
                let Some((selection, told)) = streams.get_mut(&message.stream) else { continue };
                let before = std::mem::replace(told, message.cursor.position);
                if message.kind == Kind::Changed && before < *told {
                    let news = batches.range((Excluded(before), Included(*told)));
                    let selected = |event: &&Event| selects(selection, event);
                    let concerned = news.filter(|(_, events)| events.iter().any(selected));
                    conflated += usize::from(concerned.count() > 1);
                }
            }
            _ => {}
        }
    }
    conflated
}

/// Acknowledged batches by the place of their last event.
fn batches(history: &History) -> BTreeMap<Position, Vec<&Event>> {
    let mut batches = BTreeMap::new();
    for entry in &history.entries {
        if let What::Publish { events, result: Ok(placed) } = &entry.what
            && let Some((last, false)) = placed.last()
        {
            batches.insert(last.position, events.iter().map(|event| &**event).collect());
        }
    }
    batches
}
