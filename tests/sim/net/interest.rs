//! What is published, and what is asked for.

use std::collections::BTreeMap;
use std::sync::Arc;

use hintwire::topic::{Filter, Patterns, Selection};
use hintwire::v1;

use super::scene::{chance, one_of};

/// Topics that are published to. Few, so that keys and hints meet.
const TOPICS: [&str; 8] = ["a/x", "a/y", "a/x/deep", "b/x", "b/y", "c", "~box/z", "a/~in/x"];
const TYPES: [&str; 3] = ["", "made", "gone"];
const COLORS: [&str; 2] = ["red", "green"];
/// Longest data, so that segments of 64 KiB fill within a simulation.
const DATA: usize = 5_000;

/// What somebody wants to hear of.
#[derive(Debug, Clone, Copy)]
pub struct Interest {
    pub patterns: &'static [&'static str],
    pub types: &'static [&'static str],
    pub attributes: &'static [(&'static str, &'static str)],
}

const fn all(patterns: &'static [&'static str]) -> Interest {
    Interest { patterns, types: &[], attributes: &[] }
}

/// Literal topics, wildcards of each kind, and filters.
pub const INTERESTS: [Interest; 8] = [
    all(&["a/x"]),
    all(&["**"]),
    all(&["a/*", "b/y"]),
    all(&["a/**", "c", "~box/z"]),
    all(&["*/~in/*", "*/y"]),
    Interest { patterns: &["a/**"], types: &["made"], attributes: &[] },
    Interest { patterns: &["**"], types: &[], attributes: &[("color", "red")] },
    Interest { patterns: &["b/**"], types: &["made", "gone"], attributes: &[("color", "green")] },
];

/// What is published to once in each round of the second act: for those that come just then.
pub const JOINED: [Interest; 4] =
    [all(&["join/1"]), all(&["join/2"]), all(&["join/3"]), all(&["join/4"])];

impl Interest {
    /// In the words of a history.
    pub fn selection(&self) -> Selection {
        let patterns = Patterns::parse(self.patterns, 10, "topics").unwrap();
        let types = self.types.iter().map(ToString::to_string).collect();
        let attributes: BTreeMap<String, String> =
            self.attributes.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        Selection { patterns, filter: Arc::new(Filter { types, attributes }) }
    }

    /// A fetch of it.
    pub fn fetch(&self, cursor: &str) -> v1::FetchRequest {
        v1::FetchRequest {
            topics: self.patterns.iter().map(ToString::to_string).collect(),
            types: self.types.iter().map(ToString::to_string).collect(),
            attributes: self
                .attributes
                .iter()
                .map(|(k, v)| (k.to_string(), v.to_string()))
                .collect(),
            cursor: cursor.into(),
            ..v1::FetchRequest::default()
        }
    }

    /// A subscription to it.
    pub fn subscribe(&self, cursor: &str) -> v1::SubscribeRequest {
        let fetch = self.fetch(cursor);
        v1::SubscribeRequest {
            topics: fetch.topics,
            types: fetch.types,
            attributes: fetch.attributes,
            cursor: fetch.cursor,
            min_interval: None,
        }
    }
}

/// An event like no other: it bears the name in its data, mostly as its id, too, and always where it has no data.
pub fn event(name: &str) -> v1::Event {
    let key = if chance(60) { format!("k{}", fastrand::u32(0..6)) } else { String::new() };
    let deleted = !key.is_empty() && chance(15);
    let data = format!("{name} {}", ".".repeat(fastrand::usize(..DATA)));
    let mut attributes = std::collections::HashMap::new();
    if chance(70) {
        attributes.insert("color".into(), (*one_of(&COLORS)).into());
    }
    v1::Event {
        topic: (*one_of(&TOPICS)).into(),
        key,
        id: if deleted || chance(80) { name.into() } else { String::new() },
        r#type: (*one_of(&TYPES)).into(),
        attributes,
        deleted,
        content_type: name.into(),
        data: if deleted { String::new() } else { data }.into(),
        ..v1::Event::default()
    }
}
