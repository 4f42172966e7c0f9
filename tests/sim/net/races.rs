//! Counts the streams that were opened while the last event that they want was published: whichever comes first at the
//! hub, nothing that comes later makes up for a stream that was not told.

use std::collections::HashMap;

use hintwire::topic::Selection;

use crate::validate::matching::selects;
use crate::validate::{Entry, History, Moment, What};

/// How many streams of a history were opened in a race with their last event.
pub fn races(history: &History) -> usize {
    let mut asked: HashMap<u64, (Moment, &Selection)> = HashMap::new();
    let mut races = 0;
    for entry in &history.entries {
        match &entry.what {
            What::StreamOpened { stream, selection, .. } => {
                asked.insert(*stream, (entry.began, selection));
            }
            What::Message(message) => {
                let Some((began, selection)) = asked.remove(&message.stream) else { continue };
                let last = last(history, selection);
                let meets = |last: &Entry| last.began < entry.ended && began < last.ended;
                races += usize::from(last.is_some_and(meets));
            }
            _ => {}
        }
    }
    races
}

/// The last acknowledged batch with an event that is selected.
fn last<'a>(history: &'a History, selection: &Selection) -> Option<&'a Entry> {
    history.entries.iter().rev().find(|entry| match &entry.what {
        What::Publish { events, result: Ok(_) } => {
            events.iter().any(|event| selects(selection, event))
        }
        _ => false,
    })
}
