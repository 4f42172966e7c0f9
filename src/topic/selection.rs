//! What a caller asked for: patterns, and a filter on the events that they match.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Pattern;
use crate::error::Error;

/// One to many patterns; an event matches if one of them does. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Patterns(Arc<[Pattern]>);

impl Patterns {
    /// Parses patterns; repeats are dropped.
    pub fn parse<S: AsRef<str>>(texts: &[S], limit: usize, field: &str) -> Result<Self, Error> {
        if texts.is_empty() {
            return Err(Error::invalid(field, "is empty; say `**` for everything"));
        }
        if texts.len() > limit {
            return Err(Error::too_large(field, limit));
        }
        let parse = |text: &S| Pattern::parse(text.as_ref(), field);
        let mut patterns = texts.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
        patterns.sort_unstable();
        patterns.dedup();
        Ok(Self(patterns.into()))
    }

    /// The patterns, sorted.
    pub fn iter(&self) -> std::slice::Iter<'_, Pattern> {
        self.0.iter()
    }

    /// Whether one of them matches.
    pub fn matches(&self, topic: &str) -> bool {
        self.iter().any(|pattern| pattern.matches(topic))
    }
}

/// What an event must carry besides a matching topic. Empty: nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub struct Filter {
    /// One of these types, unless empty.
    pub types: Vec<String>,
    /// All of these attributes, with equal values.
    pub attributes: BTreeMap<String, String>,
}

impl Filter {
    /// Whether every event passes.
    pub fn is_empty(&self) -> bool {
        self.types.is_empty() && self.attributes.is_empty()
    }

    /// Whether an event of this type, whose attributes `get` looks up, passes.
    pub fn passes<'a>(&self, event_type: &str, get: impl Fn(&str) -> Option<&'a str>) -> bool {
        let typed = self.types.is_empty() || self.types.iter().any(|wanted| wanted == event_type);
        typed && self.attributes.iter().all(|(key, value)| get(key) == Some(value))
    }
}

/// Patterns and filter of one caller. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Selection {
    /// The patterns.
    pub patterns: Patterns,
    /// The filter; shared, since most are empty.
    pub filter: Arc<Filter>,
}

impl Selection {
    /// A selection without a filter.
    pub fn of(patterns: Patterns) -> Self {
        Self { patterns, filter: Arc::default() }
    }
}
