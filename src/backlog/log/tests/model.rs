//! The whole log against a list of events.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::support::*;
use crate::backlog::log::dir::Dir;
use crate::backlog::log::{Log, read};
use crate::backlog::{Outcome, Read, ReadError, SnapshotRead};
use crate::cursor::Position;
use crate::event::{Event, StoredEvent};
use crate::topic::{Filter, Patterns, Selection};

const TOPICS: [&str; 6] = ["a/x", "a/y", "b/x", "b/y/z", "~s/x", "a/~t/x"];
const KEYS: [&str; 4] = ["", "k1", "k2", "k3"];
const PATTERNS: [&[&str]; 9] = [
    &["**"],
    &["a/**"],
    &["a/*"],
    &["a/x"],
    &["a/x", "b/y/z"],
    &["*/x"],
    &["~s/**", "b/x"],
    &["a/~t/x"],
    &["absent", "b/**"],
];

#[derive(Debug, Clone)]
enum Op {
    Publish(Vec<(usize, usize, bool, bool, usize)>),
    Maintain,
    Trim(usize),
    Reopen,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let size = prop_oneof![3 => 0usize..200, 1 => 5_000usize..30_000];
    let event = (0..TOPICS.len(), 0..KEYS.len(), prop::bool::weighted(0.2), any::<bool>(), size);
    let publish = prop::collection::vec(event, 1..6).prop_map(Op::Publish);
    let op = prop_oneof![
        20 => publish,
        3 => Just(Op::Maintain),
        2 => (0usize..100).prop_map(Op::Trim),
        1 => Just(Op::Reopen),
    ];
    prop::collection::vec(op, 1..60)
}

/// What was published, by position.
#[derive(Default)]
struct Model(BTreeMap<u64, Event>);

impl Model {
    fn publish(&mut self, log: &mut Log<Dir>, events: Vec<Event>) {
        let outcome = commit(log, vec![batch(events.clone())]).remove(0);
        let Outcome::Appended(placed) = outcome else { panic!("{outcome:?}") };
        for (placed, event) in placed.iter().zip(events) {
            self.0.insert(placed.position.0, event);
        }
    }

    fn expected(&self, after: u64, selection: &Selection) -> Vec<u64> {
        let wanted = |event: &Event| {
            selection.patterns.matches(event.topic.as_str())
                && selection.filter.passes(&event.event_type, |_| None)
        };
        self.0.range(after + 1..).filter(|(_, event)| wanted(event)).map(|(at, _)| *at).collect()
    }

    fn live(&self, patterns: &Patterns) -> Vec<u64> {
        let mut newest = BTreeMap::new();
        for (position, event) in &self.0 {
            newest.insert((event.topic.as_str(), event.key.as_str()), (*position, event.deleted));
        }
        let live = newest.into_iter().filter(|((topic, _), _)| patterns.matches(topic));
        live.filter(|(_, (_, deleted))| !deleted).map(|(_, (position, _))| position).collect()
    }

    fn same(&self, found: &[StoredEvent]) -> bool {
        found.iter().all(|stored| stored.wire == self.0[&stored.position.0].clone().encode().wire)
    }
}

fn made((topic, key, deleted, typed, size): (usize, usize, bool, bool, usize)) -> Event {
    let deleted = deleted && key > 0;
    let data = vec![b'd'; if deleted { 0 } else { size }];
    let event_type = if typed { "t" } else { "" };
    Event {
        key: KEYS[key].into(),
        deleted,
        event_type: event_type.into(),
        ..event(TOPICS[topic], data)
    }
}

/// Follows a selection to its end; every page is checked against its limits.
fn follow(
    log: &Log<Dir>,
    after: Position,
    selection: &Selection,
    events: usize,
    bytes: usize,
) -> Vec<StoredEvent> {
    let mut found = Vec::new();
    let mut wanted = Read { after, selection: selection.clone(), events, bytes, omit_data: false };
    loop {
        let page = read::read(&log.shared, &wanted).unwrap();
        let size: usize = page.events.iter().map(|event| event.wire.len()).sum();
        assert!(page.events.len() <= events && (size <= bytes || page.events.len() == 1));
        assert_eq!(page.has_more, page.next < page.head);
        found.extend(page.events);
        if !page.has_more {
            return found;
        }
        assert!(page.next > wanted.after);
        wanted.after = page.next;
    }
}

fn snapshot(log: &Log<Dir>, patterns: &Patterns, events: usize) -> Vec<StoredEvent> {
    let mut found = Vec::new();
    let (patterns, keys, bytes) = (patterns.clone(), Vec::new(), 50_000);
    let mut wanted = SnapshotRead { patterns, keys, after: None, events, bytes, omit_data: false };
    loop {
        let page = read::snapshot(&log.shared, &wanted).unwrap();
        found.extend(page.events);
        wanted.after = page.next;
        if wanted.after.is_none() {
            return found;
        }
    }
}

fn positions(found: &[StoredEvent]) -> Vec<u64> {
    found.iter().map(|event| event.position.0).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn the_log_reads_like_a_list_of_events_whatever_happens_behind(
        ops in ops(),
        (from, typed) in (0usize..100, any::<bool>()),
        (events, bytes) in (1usize..20, prop_oneof![Just(100usize), Just(40_000), Just(1 << 20)]),
    ) {
        let place = Place::new();
        let (mut log, mut model) = (place.open(), Model::default());
        for op in ops {
            match op {
                Op::Publish(events) => {
                    model.publish(&mut log, events.into_iter().map(made).collect());
                }
                Op::Maintain => log.maintenance.lock().step().unwrap(),
                Op::Trim(percent) => {
                    let before = Position(log.shared.head().0 * percent as u64 / 100);
                    let was = log.shared.extent().earliest;
                    log.maintenance.lock().trim(before).unwrap();
                    let earliest = log.shared.extent().earliest;
                    prop_assert!(earliest >= was && earliest <= was.max(before));
                }
                Op::Reopen => {
                    drop(log);
                    log = place.open();
                }
            }
        }
        let extent = log.shared.extent();
        let after = Position(extent.earliest.0 + (extent.head.0 - extent.earliest.0) * from as u64 / 100);
        for texts in PATTERNS {
            let patterns = Patterns::parse(texts, 9, "topics").unwrap();
            let types = if typed { vec!["t".to_owned()] } else { Vec::new() };
            let filter = Filter { types, ..Filter::default() };
            let selection = Selection { patterns: patterns.clone(), filter: filter.into() };
            let found = follow(&log, after, &selection, events, bytes);
            prop_assert_eq!(positions(&found), model.expected(after.0, &selection), "{:?}", texts);
            prop_assert!(model.same(&found));
            let found = snapshot(&log, &patterns, events);
            prop_assert_eq!(positions(&found), model.live(&patterns), "{:?}", texts);
            prop_assert!(model.same(&found));
            if extent.earliest > Position::INCEPTION {
                let after = Position(extent.earliest.0 - 1);
                let wanted = Read { after, selection, events, bytes, omit_data: false };
                prop_assert_eq!(read::read(&log.shared, &wanted), Err(ReadError::Trimmed));
            }
        }
    }
}
