use proptest::prelude::*;

use super::*;

fn topic(text: &str) -> Topic {
    Topic::parse(text, "topic").unwrap()
}

fn patterns(texts: &[&str]) -> Patterns {
    Patterns::parse(texts, 100, "topics").unwrap()
}

fn at(position: u64) -> KeyState {
    KeyState { position: Position(position), deleted: false }
}

fn record(table: &TopicTable, name: &str, position: u64) {
    table.record(&table.entry(&topic(name)), "", at(position));
}

fn names(found: &[Arc<TopicEntry>]) -> Vec<&str> {
    found.iter().map(|entry| entry.topic().as_str()).collect()
}

#[test]
fn a_topic_knows_its_newest_event_its_count_and_a_place_before_its_first() {
    let table = TopicTable::default();
    record(&table, "a", 3);
    record(&table, "b", 5);
    record(&table, "b", 9);
    let b = table.get("b").unwrap();
    assert_eq!((b.first(), b.newest(), b.count()), (Position(3), Position(9), 2));
    assert!(table.get("c").is_none());
}

#[test]
fn an_event_that_a_checkpoint_knows_already_is_not_counted_again() {
    let table = TopicTable::default();
    let entry = table.entry(&topic("a"));
    table.restore(&entry, Position(4), Position(1), 3);
    table.keep(&entry, "k", at(3));
    table.record(&entry, "k", at(3));
    table.record(&entry, "late", at(4));
    assert_eq!(entry.known(), (Position(4), Position(1), 3));
    assert_eq!((entry.key("k"), entry.key("late")), (Some(at(3)), Some(at(4))));
    table.record(&entry, "k", at(5));
    assert_eq!((entry.count(), entry.key("k")), (4, Some(at(5))));
}

#[test]
fn keys_come_in_order_and_the_empty_one_first() {
    let table = TopicTable::default();
    let entry = table.entry(&topic("a"));
    for (key, position) in [("k2", 1), ("", 2), ("k1", 3), ("k2", 4)] {
        table.record(&entry, key, at(position));
    }
    let all = [(String::new(), at(2)), ("k1".into(), at(3)), ("k2".into(), at(4))];
    assert_eq!(entry.keys_after(None, 9), all);
    assert_eq!(entry.keys_after(Some(""), 9), all[1..]);
    assert_eq!(entry.keys_after(Some("k1"), 9), all[2..]);
    assert_eq!(entry.keys_after(None, 1), all[..1]);
}

#[test]
fn a_key_is_forgotten_only_if_no_newer_event_has_come() {
    let table = TopicTable::default();
    let entry = table.entry(&topic("a"));
    table.record(&entry, "k", at(7));
    table.forget_key(&entry, "k", Position(6));
    assert_eq!(entry.key("k"), Some(at(7)));
    table.forget_key(&entry, "k", Position(7));
    assert_eq!(entry.key("k"), None);
}

#[test]
fn a_topic_with_nothing_left_is_dropped_with_its_prefixes_once_nobody_holds_it() {
    let table = TopicTable::default();
    record(&table, "a/b/c", 1);
    record(&table, "a/d", 2);
    let held = table.get("a/b/c").unwrap();
    table.forget(&held, 1, Position(2));
    table.sweep();
    assert_eq!(table.len(), 2, "its key is still live");
    table.forget_key(&held, "", Position(1));
    table.sweep();
    assert_eq!(table.len(), 2, "it is held");
    table.forget(&held, 0, Position(2));
    drop(held);
    table.sweep();
    assert!(table.get("a/b/c").is_none());
    assert_eq!((table.len(), table.entries.len(), table.prefixes.len()), (1, 1, 1));
    assert_eq!(table.newest(&patterns(&["a/**"])), Position(2));
}

#[test]
fn a_topic_that_came_back_before_it_was_dropped_stays() {
    let table = TopicTable::default();
    record(&table, "a", 1);
    let entry = table.get("a").unwrap();
    table.forget(&entry, 1, Position(1));
    table.forget_key(&entry, "", Position(1));
    table.record(&entry, "", at(2));
    drop(entry);
    table.sweep();
    assert_eq!(table.get("a").unwrap().newest(), Position(2));
}

#[test]
fn matching_pages_through_more_names_than_one_step_looks_at() {
    let table = TopicTable::default();
    for i in 0..1000 {
        record(&table, &format!("n/{i:04}"), i + 1);
    }
    let all = patterns(&["n/*"]);
    let page = table.matching(&all, None, Position(990), 100);
    assert_eq!(page.len(), 10);
    assert_eq!(table.few(&all, Position(990), 10).unwrap().len(), 10);
    assert!(table.few(&all, Position(990), 9).is_none());
    (1000..9000).for_each(|i| record(&table, &format!("n/{i:04}"), i + 1));
    assert!(table.few(&all, Position(8999), 10).is_none(), "that would be too many to look at");
    let page = table.matching(&all, Some("n/0400"), Position::INCEPTION, 2);
    assert_eq!(names(&page), ["n/0401", "n/0402"]);
    assert!(table.matching(&all, Some("n/8999"), Position::INCEPTION, 2).is_empty());
    assert!(table.matching(&all, Some("z"), Position::INCEPTION, 2).is_empty());
}

proptest! {
    #[test]
    fn newest_and_matching_agree_with_a_scan(
        events in prop::collection::vec("(a|b|~c)(/(a|b|~c)){0,3}", 0..30),
        texts in prop::collection::vec("(a|b|\\*)(/(a|b|~c|\\*)){0,2}(/\\*\\*)?|\\*\\*", 1..4),
        newer_than in 0u64..20,
    ) {
        let table = TopicTable::default();
        let mut newest = BTreeMap::new();
        for (position, name) in (1..).zip(&events) {
            record(&table, name, position);
            newest.insert(name.as_str(), position);
        }
        let texts: Vec<_> = texts.iter().map(String::as_str).collect();
        let patterns = patterns(&texts);
        let matching: Vec<_> = newest.iter().filter(|(name, _)| patterns.matches(name)).collect();
        let expected = matching.iter().map(|(_, at)| **at).max().unwrap_or(0);
        let exact = patterns.iter().all(|p| p.is_literal() || p.is_subtree());
        if exact {
            prop_assert_eq!(table.newest(&patterns).0, expected);
        } else {
            prop_assert!(table.newest(&patterns).0 >= expected);
        }
        let expected: Vec<_> =
            matching.iter().filter(|(_, at)| **at > newer_than).map(|(name, _)| **name).collect();
        let found = table.matching(&patterns, None, Position(newer_than), 100);
        prop_assert_eq!(names(&found), expected.clone());
        let few = table.few(&patterns, Position(newer_than), 3);
        let few_expected = (expected.len() <= 3).then_some(expected);
        prop_assert_eq!(few.as_deref().map(names), few_expected);
    }
}
