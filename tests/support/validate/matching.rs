//! What a selection selects: the contract's words, spelt out once more.

use hintwire::event::Event;
use hintwire::topic::{Filter, Selection};

/// Whether an event is selected.
pub fn selects(selection: &Selection, event: &Event) -> bool {
    matches_any(selection, event.topic.as_str()) && passes(&selection.filter, event)
}

/// Whether one of the patterns matches a topic.
pub fn matches_any(selection: &Selection, topic: &str) -> bool {
    selection.patterns.iter().any(|pattern| matches(pattern.as_str(), topic))
}

/// Whether a pattern matches a topic.
pub fn matches(pattern: &str, topic: &str) -> bool {
    let (mut pattern, mut topic) = (pattern.split('/'), topic.split('/'));
    let is_open = |segment: &str| !segment.starts_with('~');
    loop {
        match (pattern.next(), topic.next()) {
            (None, None) => return true,
            // It stands last.
            (Some("**"), Some(first)) => return is_open(first) && topic.all(is_open),
            (Some("*"), Some(segment)) if is_open(segment) => {}
            (Some(wanted), Some(segment)) if wanted == segment => {}
            _ => return false,
        }
    }
}

/// Whether an event passes a filter.
pub fn passes(filter: &Filter, event: &Event) -> bool {
    let typed = filter.types.is_empty() || filter.types.contains(&event.event_type);
    typed && filter.attributes.iter().all(|pair| event.attributes.iter().any(|has| has == pair))
}
