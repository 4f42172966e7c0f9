//! What there is to publish, and what each follower wants of it.

use std::collections::HashMap;
use std::sync::Arc;

use hintwire::topic::{Filter, Patterns, Selection};
use hintwire::v1;

pub const TOPICS: usize = 10;
/// The attribute that the last events carry.
pub const END: &str = "end";

/// What a follower wants, in the words of the calls and of a history.
#[derive(Clone)]
pub struct View {
    pub topics: Vec<String>,
    pub types: Vec<String>,
    pub attributes: HashMap<String, String>,
    pub selection: Selection,
}

impl View {
    /// Everything, one topic, a few, a whole folder, one type, one attribute: by turns.
    pub fn nth(nth: usize) -> Self {
        let all = || vec!["**".to_owned()];
        let created = vec!["created".to_owned()];
        let odd = HashMap::from([("odd".to_owned(), "1".to_owned())]);
        match nth % 6 {
            0 => Self::new(all(), Vec::new(), HashMap::new()),
            1 => Self::new(vec![topic(nth % TOPICS)], Vec::new(), HashMap::new()),
            2 => Self::new(vec!["traffic/even/*".into()], Vec::new(), HashMap::new()),
            3 => Self::new(vec![topic(3), topic(4), topic(5)], Vec::new(), HashMap::new()),
            4 => Self::new(all(), created, HashMap::new()),
            _ => Self::new(vec!["traffic/odd/**".into()], Vec::new(), odd),
        }
    }

    /// One that a snapshot knows: no filter.
    pub fn unfiltered(nth: usize) -> Self {
        Self::nth(nth % 4)
    }

    fn new(topics: Vec<String>, types: Vec<String>, attributes: HashMap<String, String>) -> Self {
        let patterns = Patterns::parse(&topics, 1000, "topics").unwrap();
        let filter =
            Filter { types: types.clone(), attributes: attributes.clone().into_iter().collect() };
        let selection = Selection { patterns, filter: Arc::new(filter) };
        Self { topics, types, attributes, selection }
    }
}

pub fn topic(nth: usize) -> String {
    format!("traffic/{}/t{nth}", if nth.is_multiple_of(2) { "even" } else { "odd" })
}

/// An event of some topic: some have keys, some of these are tombstones, and all have ids.
pub fn random(dice: &mut fastrand::Rng, id: String) -> v1::Event {
    let nth = dice.usize(..TOPICS);
    let keyed = dice.bool();
    let deleted = keyed && dice.u32(..4) == 0;
    let data = if deleted { 0 } else { dice.usize(600..1600) };
    v1::Event {
        topic: topic(nth),
        key: if keyed { format!("k{}", dice.u32(..5)) } else { String::new() },
        id,
        r#type: if dice.bool() { "created".into() } else { "changed".into() },
        attributes: HashMap::from([("odd".to_owned(), (nth % 2).to_string())]),
        deleted,
        data: vec![dice.alphanumeric() as u8; data].into(),
        ..Default::default()
    }
}

/// The last event of each topic; whoever wants anything of the topic wants it.
pub fn last() -> Vec<v1::Event> {
    let event = |nth: usize| v1::Event {
        topic: topic(nth),
        id: END.into(),
        r#type: "created".into(),
        attributes: [("odd", (nth % 2).to_string()), (END, String::new())]
            .map(|(key, value)| (key.to_owned(), value))
            .into(),
        ..Default::default()
    };
    (0..TOPICS).map(event).collect()
}
