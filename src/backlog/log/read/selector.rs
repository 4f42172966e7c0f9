//! What a read asks for, prepared once.

use crate::event::{EventView, StoredEvent};
use crate::topic::ranges::{NameRange, ranges};
use crate::topic::{Filter, Pattern, Patterns, Selection};

/// Patterns and filter, prepared.
pub(super) struct Selector<'r> {
    pub patterns: &'r Patterns,
    /// The topics that are named in full, sorted.
    pub literals: Vec<&'r str>,
    /// All ranges of names in which something may match.
    pub ranges: Vec<NameRange<'r>>,
    wildcards: Vec<&'r Pattern>,
    filter: &'r Filter,
}

impl<'r> Selector<'r> {
    pub fn new(selection: &'r Selection) -> Self {
        let patterns: &Patterns = &selection.patterns;
        let (literals, wildcards): (Vec<_>, Vec<_>) =
            patterns.iter().partition(|pattern| pattern.is_literal());
        let literals = literals.into_iter().map(Pattern::as_str).collect();
        Self { patterns, literals, wildcards, ranges: ranges(patterns), filter: &selection.filter }
    }

    /// Whether only topics named in full are wanted.
    pub fn is_literal(&self) -> bool {
        self.wildcards.is_empty()
    }

    /// Whether about every event is wanted, so that looking for others costs more than it saves.
    pub fn is_everything(&self) -> bool {
        self.filter.is_empty() && self.wildcards.iter().any(|pattern| pattern.as_str() == "**")
    }

    /// Whether every event of a matching topic is wanted.
    pub fn is_unfiltered(&self) -> bool {
        self.filter.is_empty()
    }

    /// Whether a topic matches.
    pub fn matches(&self, topic: &str) -> bool {
        self.literals.binary_search(&topic).is_ok()
            || self.wildcards.iter().any(|pattern| pattern.matches(topic))
    }

    /// Whether an event is wanted; one that cannot be understood is not.
    pub fn wants(&self, event: &StoredEvent) -> bool {
        if !event.topic().is_ok_and(|topic| self.matches(topic)) {
            return false;
        }
        let passes =
            |view: EventView<'_>| self.filter.passes(view.event_type, |key| view.attribute(key));
        self.filter.is_empty() || event.view().is_ok_and(passes)
    }
}
