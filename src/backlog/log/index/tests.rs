use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::backlog::log::dir::{Dir, DirFile};
use crate::backlog::log::disk::{Disk, DiskFile};
use crate::backlog::log::live::LiveIndex;
use crate::backlog::log::pages::PAGE;
use crate::topic::Topic;
use crate::topic::table::{KeyState, TopicTable};

const BASE: Position = Position(1000);

fn built(names: &[String]) -> (tempfile::TempDir, DirFile) {
    let (table, live) = (TopicTable::default(), LiveIndex::new(BASE));
    for (i, name) in (0..).zip(names) {
        let entry = table.entry(&Topic::parse(name, "topic").unwrap());
        live.push(&entry, i * 8);
        let position = Position(BASE.0 + 1 + u64::from(i));
        table.record(&entry, "", KeyState { position, deleted: false });
    }
    let temp = tempfile::tempdir().unwrap();
    let file = Dir::open(temp.path()).unwrap().create("x").unwrap();
    write(&file, 9, (4, BASE), &live, 77).unwrap();
    (temp, file)
}

fn open(file: DirFile) -> Option<IndexFile<DirFile>> {
    IndexFile::open(file, 9, 4, BASE).unwrap()
}

fn many() -> Vec<String> {
    (0..5000u32).map(|i| format!("some/rather/long/topic/name/{:03}", i * 7 % 1000)).collect()
}

proptest! {
    #[test]
    fn every_topic_and_every_range_of_names_has_its_events(
        names in prop::collection::vec("[a-c]{1,2}(/[a-c]{1,2}){0,2}", 0..200),
        (start, end) in ("[a-d]", "[a-d]/"),
    ) {
        let (_temp, file) = built(&names);
        let index = open(file).unwrap();
        let mut by_name: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        for (i, name) in (0..).zip(&names) {
            by_name.entry(name).or_default().push(i);
        }
        for (name, expected) in &by_name {
            let topic = index.topic(name).unwrap().unwrap().unwrap();
            prop_assert_eq!(topic.previous, Previous::At(Position(0)));
            let postings = index.postings(topic.start, topic.count).unwrap().unwrap();
            prop_assert_eq!(&postings, expected);
        }
        prop_assert_eq!(index.topic("absent").unwrap().unwrap(), None);
        let (from, to) = index.between(&start, &end).unwrap().unwrap();
        let expected: Vec<u32> = by_name
            .iter()
            .filter(|(name, _)| ***name >= *start && ***name < *end)
            .flat_map(|(_, ordinals)| ordinals.clone())
            .collect();
        let found = index.postings(from, to.saturating_sub(from)).unwrap().unwrap();
        prop_assert_eq!(found, expected);
        let topics = index.topics_between(&start, &end, 9).unwrap().unwrap().unwrap();
        let expected = by_name.keys().filter(|name| ***name >= *start && ***name < *end);
        prop_assert!(topics.iter().map(|topic| &*topic.name).eq(expected.copied()));
    }
}

#[test]
fn offsets_and_names_are_read_over_many_pages() {
    let (_temp, file) = built(&many());
    let index = open(file).unwrap();
    assert_eq!((index.count(), index.end()), (5000, 77));
    let offsets = index.offsets(1020, 2050).unwrap().unwrap();
    assert!(offsets.iter().copied().eq((1020..3070).map(|i| i * 8)));
    assert_eq!(index.offsets(4999, 9).unwrap().unwrap(), [4999 * 8]);
    assert_eq!(index.topics_between("some/", "some0", 9).unwrap(), Some(None));
    let (mut names, mut page) = (Vec::new(), Some(0));
    while let Some(at) = page {
        let (some, next) = index.names(at).unwrap().unwrap();
        names.extend(some);
        page = next;
    }
    assert!(names.len() == 1000 && names.is_sorted_by(|a, b| a.name < b.name));
    for i in [0, 1, 499, 998, 999] {
        let name = format!("some/rather/long/topic/name/{i:03}");
        let topic = index.topic(&name).unwrap().unwrap().unwrap();
        let expected: Vec<_> = (0..5000).filter(|n| n * 7 % 1000 == i).collect();
        assert_eq!(index.postings(topic.start, topic.count).unwrap().unwrap(), expected);
    }
}

#[test]
fn a_flipped_bit_anywhere_is_noticed_by_whoever_reads_there() {
    for page in 0.. {
        let (_temp, file) = built(&many());
        let at = page * PAGE as u64 + 5;
        let mut byte = [0];
        if file.read_at(&mut byte, at).is_err() {
            break;
        }
        file.write_at(&[!byte[0]], at).unwrap();
        let Some(index) = open(file) else { continue };
        let offsets = index.offsets(0, 5000).unwrap();
        let postings = index.postings(0, 5000).unwrap();
        let names = index.names(0).unwrap();
        let fence = index.topic("a").unwrap();
        let whole = offsets.is_some() && postings.is_some() && names.is_some() && fence.is_some();
        assert!(!whole, "page {page}");
    }
}

#[test]
fn the_index_of_another_segment_is_none() {
    let (temp, _) = built(&many());
    let open = |seed, number, base| {
        let file = Dir::open(temp.path()).unwrap().open("x").unwrap();
        IndexFile::open(file, seed, number, base).unwrap().is_some()
    };
    assert!(open(9, 4, BASE));
    assert!(!open(9, 5, BASE) && !open(8, 4, BASE) && !open(9, 4, Position(0)));
}
