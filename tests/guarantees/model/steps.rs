//! What may be done to a hub.

use std::sync::Arc;

use hintwire::event::Event;
use hintwire::topic::{Filter, Patterns, Selection, Topic};
use proptest::prelude::*;

const TOPICS: [&str; 6] = ["a", "a/b", "a/b/c", "b", "b/~c", "~s/x"];
const PATTERNS: [&[&str]; 7] =
    [&["**"], &["a", "b"], &["a/*"], &["b/**", "b/~c"], &["*/b", "~s/*"], &["a/**"], &["absent"]];

#[derive(Debug, Clone)]
pub enum Step {
    /// A batch, and the place after which its keys must not have changed.
    Publish(Vec<Event>, Option<Option<u8>>),
    Fetch {
        from: From,
        selection: Selection,
        limit: usize,
    },
    Snapshot {
        selection: Selection,
        limit: usize,
    },
    /// The followers fetch what they miss.
    Follow,
    Trim(u8),
    /// Stops the hub and starts another; whether the first is closed, or just dropped.
    Reopen {
        closed: bool,
    },
}

/// Where a fetch begins; places are percentages of the head.
#[derive(Debug, Clone, Copy)]
pub enum From {
    Place(u8),
    Inception,
    Earliest,
    Latest,
    Ahead,
    Foreign,
}

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let expected = prop::option::weighted(0.4, prop::option::of(0..=100u8));
    let publish = (prop::collection::vec(event(), 1..5), expected);
    let step = prop_oneof![
        12 => publish.prop_map(|(events, expected)| Step::Publish(events, expected)),
        6 => (from(), selection(), 1..7usize)
            .prop_map(|(from, selection, limit)| Step::Fetch { from, selection, limit }),
        2 => (selection(), 1..5usize)
            .prop_map(|(selection, limit)| Step::Snapshot { selection, limit }),
        3 => Just(Step::Follow),
        2 => (0..=100u8).prop_map(Step::Trim),
        1 => any::<bool>().prop_map(|closed| Step::Reopen { closed }),
    ];
    prop::collection::vec(step, 1..60)
}

fn event() -> impl Strategy<Value = Event> {
    let topic = prop::sample::select(TOPICS.to_vec());
    let key = prop::sample::select(vec!["", "k", "l"]);
    let id = prop::sample::select(vec!["", "", "1", "2", "3"]);
    let event_type = prop::sample::select(vec!["", "t"]);
    // Large ones fill segments, so that there is something to trim.
    let data = prop_oneof![3 => 0..3usize, 1 => 5_000..25_000usize];
    (topic, key, id, event_type, data, prop::bool::weighted(0.2)).prop_map(
        |(topic, key, id, event_type, data, deleted)| {
            let deleted = deleted && !key.is_empty();
            Event {
                key: key.into(),
                id: id.into(),
                event_type: event_type.into(),
                deleted,
                attributes: [("size".into(), (data % 3).to_string())].into(),
                ..Event::new(
                    Topic::parse(topic, "topic").unwrap(),
                    vec![b'd'; if deleted { 0 } else { data }],
                )
            }
        },
    )
}

fn from() -> impl Strategy<Value = From> {
    prop_oneof![
        8 => (0..=100u8).prop_map(From::Place),
        1 => Just(From::Inception),
        1 => Just(From::Earliest),
        1 => Just(From::Latest),
        1 => Just(From::Ahead),
        1 => Just(From::Foreign),
    ]
}

fn selection() -> impl Strategy<Value = Selection> {
    let attributes = prop::option::weighted(0.3, 0..3u8);
    (0..PATTERNS.len(), prop::bool::weighted(0.3), attributes).prop_map(|(texts, typed, size)| {
        let types = if typed { vec!["t".to_owned()] } else { Vec::new() };
        let attributes = size.map(|size| ("size".to_owned(), size.to_string()));
        let filter = Filter { types, attributes: attributes.into_iter().collect() };
        Selection { filter: Arc::new(filter), ..selects(PATTERNS[texts]) }
    })
}

/// All events of some patterns.
pub fn selects(texts: &[&str]) -> Selection {
    Selection::of(Patterns::parse(texts, 9, "topics").unwrap())
}

/// Everything, also what must be said by name.
pub fn everything() -> Selection {
    selects(&["**", "b/~c", "~s/x"])
}
