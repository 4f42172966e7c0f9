//! What patterns mean, as naively as can be: the list of the topics that they stand for.
//!
//! Patterns of the test have at most three segments, of `a`, `b`, `~x` and wildcards. The topics have up to four, and two
//! segments that no pattern names (`c` and `~y`). So wherever a pattern stands for something that another does not, there is
//! a topic here to show it; and wherever two patterns meet, they do so here.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

const SEGMENTS: [&str; 5] = ["a", "b", "c", "~x", "~y"];
const DEPTH: usize = 4;

/// For which segments wildcards stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wildcards {
    /// Those without a `~`, as in what is asked and allowed.
    Plain,
    /// All, as in what is denied.
    All,
}

/// Topics by their place in the list of all.
pub type Topics = BTreeSet<usize>;

/// All topics there are.
pub struct Universe {
    pub topics: Vec<String>,
    known: RefCell<HashMap<(String, Wildcards), Rc<Topics>>>,
}

impl Universe {
    pub fn new() -> Self {
        let mut topics: Vec<String> = Vec::new();
        let mut level = vec![String::new()];
        for _ in 0..DEPTH {
            let below = |path: &String| {
                SEGMENTS
                    .map(|segment| format!("{path}/{segment}").trim_start_matches('/').to_owned())
            };
            level = level.iter().flat_map(below).collect();
            topics.extend(level.iter().cloned());
        }
        Self { topics, known: RefCell::default() }
    }

    /// What a pattern stands for.
    pub fn of(&self, pattern: &str, wildcards: Wildcards) -> Rc<Topics> {
        let mut known = self.known.borrow_mut();
        let expand = || {
            let pattern: Vec<&str> = pattern.split('/').collect();
            let stands =
                |topic: &str| covers(&pattern, &topic.split('/').collect::<Vec<_>>(), wildcards);
            Rc::new(
                (0..)
                    .zip(&self.topics)
                    .filter(|(_, topic)| stands(topic))
                    .map(|(at, _)| at)
                    .collect(),
            )
        };
        Rc::clone(known.entry((pattern.to_owned(), wildcards)).or_insert_with(expand))
    }

    /// What several patterns stand for.
    pub fn of_all(&self, patterns: &[String]) -> Topics {
        patterns.iter().flat_map(|pattern| (*self.of(pattern, Wildcards::Plain)).clone()).collect()
    }
}

fn covers(pattern: &[&str], topic: &[&str], wildcards: Wildcards) -> bool {
    let stands_for = |segment: &str| wildcards == Wildcards::All || !segment.starts_with('~');
    match (pattern, topic) {
        ([], []) => true,
        (["**"], [_, ..]) => topic.iter().all(|segment| stands_for(segment)),
        ([wanted, pattern @ ..], [segment, topic @ ..]) => {
            (wanted == segment || (*wanted == "*" && stands_for(segment)))
                && covers(pattern, topic, wildcards)
        }
        _ => false,
    }
}

#[test]
fn the_topics_of_the_model_tell_all_patterns_apart() {
    let all = Universe::new();
    assert_eq!(all.topics.len(), 5 + 25 + 125 + 625);
    let set = |pattern| all.of(pattern, Wildcards::Plain);
    for (wide, narrow) in [
        ("a/*", "a/b"),
        ("a/**", "a/*"),
        ("a/b/**", "a/b/*"),
        ("**", "*"),
        ("**", "*/**"),
        ("**", "a/**"),
    ] {
        assert!(set(wide).is_superset(&set(narrow)) && set(wide) != set(narrow), "{wide} {narrow}");
    }
    assert!(set("a/*").is_disjoint(&set("a/~x")));
    assert!(!all.of("a/*", Wildcards::All).is_disjoint(&set("a/~x")));
}
