//! Retention, survivors, checkpoints and index files.

use std::time::Duration;

use super::faulty::Faulty;
use super::support::*;
use crate::backlog::log::disk::Disk;
use crate::backlog::log::segment::Form;
use crate::backlog::log::{Log, Lost, Retention, read, repair};
use crate::backlog::{ReadError, SnapshotRead};
use crate::cursor::Position;
use crate::topic::Patterns;

/// Events of one segment.
const A_SEGMENT: u64 = 32;

fn patterns(text: &str) -> Patterns {
    Patterns::parse(&[text], 1, "topics").unwrap()
}

/// Publishes so many events of 2 KiB, on `keys` keys of as many topics.
pub(super) fn fill<D: Disk>(log: &mut Log<D>, events: u64, keys: u64) {
    for n in 0..events {
        let head = log.shared.head().0;
        let name = format!("t/{}", head % keys);
        let mut data = format!("event {} ", head + 1).into_bytes();
        data.resize(1900, b'.');
        commit(log, vec![batch([keyed_with(&name, "k", data)])]);
        assert_eq!(log.shared.head().0, head + 1, "event {n}");
    }
}

/// Positions of the newest events of all keys.
pub(super) fn snapshot<D: Disk>(log: &Log<D>) -> Vec<u64> {
    let (keys, events, bytes) = (Vec::new(), 10_000, usize::MAX);
    let patterns = patterns("**");
    let wanted = SnapshotRead { patterns, keys, after: None, events, bytes, omit_data: false };
    let page = read::snapshot(&log.shared, &wanted).unwrap();
    for event in &page.events {
        let begins = format!("event {} ", event.position);
        assert!(event.view().unwrap().data.starts_with(begins.as_bytes()));
    }
    let mut found: Vec<u64> = page.events.iter().map(|event| event.position.0).collect();
    found.sort_unstable();
    found
}

fn names(place: &Place, ending: &str) -> Vec<String> {
    let names = place.disk().list().unwrap();
    names.into_iter().filter(|name| name.ends_with(ending)).collect()
}

fn step<D: Disk>(log: &Log<D>) {
    log.maintenance.lock().step().unwrap();
}

fn trim<D: Disk>(log: &Log<D>, before: u64) {
    log.maintenance.lock().trim(Position(before)).unwrap();
}

fn retained(place: &Place) -> (u64, u64) {
    let mut log = place.open();
    fill(&mut log, 5 * A_SEGMENT, 3);
    step(&log);
    let extent = log.shared.extent();
    (extent.earliest.0, extent.head.0 - extent.earliest.0)
}

#[test]
fn without_a_limit_nothing_goes_and_with_one_whole_segments_do() {
    let mut place = Place::new();
    assert_eq!(retained(&place).0, 0);
    place = Place::new();
    place.settings.retention.events = 2 * A_SEGMENT;
    let (earliest, left) = retained(&place);
    assert!(earliest > 0 && (2 * A_SEGMENT..3 * A_SEGMENT).contains(&left), "{left}");
    place = Place::new();
    place.settings.retention.bytes = 3 * (64 << 10);
    let (earliest, left) = retained(&place);
    assert!(earliest > 0 && (A_SEGMENT..4 * A_SEGMENT).contains(&left), "{left}");
}

#[test]
fn what_is_too_old_goes() {
    let mut place = Place::new();
    place.settings.retention.age = Duration::from_secs(100);
    let mut log = place.open();
    fill(&mut log, 2 * A_SEGMENT, 3);
    place.wait(60);
    fill(&mut log, 2 * A_SEGMENT, 3);
    step(&log);
    assert_eq!(log.shared.extent().earliest, Position(0));
    place.wait(60);
    step(&log);
    let earliest = log.shared.extent().earliest.0;
    assert!(earliest > A_SEGMENT && earliest <= 2 * A_SEGMENT, "{earliest}");
}

#[test]
fn all_that_is_sealed_goes_if_what_is_written_to_exceeds_a_limit_alone_or_all_else_is_too_old() {
    let sealed_goes = |limit: fn(&mut Retention)| {
        let mut place = Place::new();
        limit(&mut place.settings.retention);
        let mut log = place.open();
        fill(&mut log, 3 * A_SEGMENT, 3);
        place.wait(200);
        let segments = log.shared.view.load().segments.clone();
        let sealed = segments.iter().rev().nth(1).unwrap().last(log.shared.head());
        assert!(sealed > Position(A_SEGMENT), "{sealed:?}");
        step(&log);
        assert_eq!(log.shared.extent().earliest, sealed);
    };
    sealed_goes(|retention| retention.bytes = 64 << 10);
    sealed_goes(|retention| retention.events = 1);
    sealed_goes(|retention| retention.age = Duration::from_secs(100));
}

#[test]
fn survivors_cost_what_they_hold_and_are_counted_by_nobody() {
    let place = Place::new();
    let mut log = place.open();
    commit(&mut log, vec![batch([keyed_with("rare", "k", "event 1 ")])]);
    fill(&mut log, 10 * A_SEGMENT, 3);
    step(&log);
    let before = log.shared.status().bytes;
    trim(&log, 9 * A_SEGMENT);
    assert!(log.shared.status().bytes < before / 3);
    let rare = log.shared.topics.get("rare").unwrap();
    assert_eq!((rare.count(), rare.newest()), (0, Position(1)));
    assert_eq!(snapshot(&log)[0], 1);
    assert!(positions(&log)[0] > A_SEGMENT);
    commit(&mut log, vec![batch([keyed_with("rare", "k", "event")])]);
    fill(&mut log, 2 * A_SEGMENT, 3);
    drop((rare, log));
    let mut log = place.open();
    fill(&mut log, 1, 3);
    trim(&log, log.shared.head().0);
    assert_eq!(names(&place, ".log").len(), 2, "survivors together, and the active segment");
}

#[test]
fn topics_with_nothing_left_are_forgotten() {
    let mut place = Place::new();
    place.settings.keep_latest = false;
    let mut log = place.open();
    for n in 0..200 {
        append(&mut log, &format!("gone/{n}"), vec![b'.'; 1900]);
    }
    step(&log);
    trim(&log, 200);
    step(&log);
    let left = log.shared.topics.len() as u64;
    assert_eq!(left, 200 - log.shared.extent().earliest.0);
    assert!(log.shared.topics.newest(&patterns("gone/0")) == Position(0));
}

#[test]
fn a_tombstone_lives_as_long_as_the_retention() {
    let place = Place::new();
    let mut log = place.open();
    let tombstone = crate::event::Event { deleted: true, ..keyed_with("a", "k", "") };
    commit(&mut log, vec![batch([keyed_with("a", "k", "event 1 ")]), batch([tombstone])]);
    fill(&mut log, 2 * A_SEGMENT, 1);
    assert!(log.shared.topics.get("a").unwrap().key("k").unwrap().deleted);
    step(&log);
    trim(&log, A_SEGMENT + 8);
    log.maintenance.lock().checkpoint().unwrap();
    drop(log);
    let log = place.open();
    let key = log.shared.topics.get("a").and_then(|entry| entry.key("k"));
    assert_eq!(key, None);
}

#[test]
fn ids_are_known_after_their_events_were_dropped_and_a_restart() {
    let place = Place::new();
    let mut log = place.open();
    commit(&mut log, vec![batch([with_id("a", "id", "data")])]);
    fill(&mut log, 2 * A_SEGMENT, 1);
    trim(&log, A_SEGMENT + 8);
    assert!(log.shared.extent().earliest > Position(1));
    drop(log);
    let mut log = place.open();
    assert_eq!(commit(&mut log, vec![batch([with_id("a", "id", "data")])]), [repeats([1])]);
}

/// A place with survivors, dropped segments that are half dead, and segments still to drop.
fn old_place() -> (Place, Vec<u64>) {
    let place = Place::new();
    let mut log = place.open();
    fill(&mut log, 2 * A_SEGMENT, 1000);
    step(&log);
    trim(&log, 2 * A_SEGMENT);
    fill(&mut log, 3 * A_SEGMENT, 40);
    let live = snapshot(&log);
    assert!(live[0] < log.shared.extent().earliest.0);
    (place, live)
}

#[test]
fn a_crash_anywhere_in_maintenance_leaves_every_event_and_survivor() {
    let (place, live) = old_place();
    let all_before = positions(&place.copy().open());
    for calls in 0.. {
        let crashed = place.copy();
        let done = crashed.try_open_on(crashed.disk().crash_after(calls)).is_ok_and(|log| {
            let mut maintenance = log.maintenance.lock();
            let log: &Log<Faulty> = &log;
            maintenance.step().and_then(|()| maintenance.trim(log.shared.head())).is_ok()
        });
        for _restart in 0..2 {
            let log = crashed.open();
            let earliest = log.shared.extent().earliest.0;
            let kept: Vec<u64> = all_before.iter().copied().filter(|p| *p > earliest).collect();
            assert_eq!(positions(&log), kept, "{calls} calls");
            assert_eq!(snapshot(&log), live, "{calls} calls");
            step(&log);
            trim(&log, log.shared.head().0);
        }
        if done {
            assert!(calls > 20, "{calls} calls");
            return;
        }
    }
}

#[test]
fn a_missing_or_damaged_index_file_is_made_again_and_costs_nothing_but_time() {
    let place = Place::new();
    let mut log = place.open();
    fill(&mut log, 4 * A_SEGMENT, 5);
    let (expected, live) = (positions(&log), snapshot(&log));
    step(&log);
    let indexes = names(&place, ".idx");
    assert!(indexes.len() >= 3);
    std::fs::remove_file(place.file(&indexes[0])).unwrap();
    place.flip(&indexes[1], 100);
    place.flip(&indexes[2], 4096 + 100);
    assert_eq!((positions(&log), snapshot(&log)), (expected.clone(), live.clone()), "open");
    drop(log);
    let log = place.open();
    assert_eq!((positions(&log), snapshot(&log)), (expected, live), "after a restart");
    step(&log);
    assert_eq!(names(&place, ".idx"), indexes);
    let view = log.shared.view.load_full();
    let sealed = view.segments.iter().filter(|segment| segment.seal.get().is_some());
    assert!(sealed.into_iter().all(|segment| matches!(segment.form, Form::Stored(_))));
}

#[test]
fn a_checkpoint_that_alone_knows_what_was_dropped_is_missed_and_else_read_from_the_records() {
    let (place, live) = old_place();
    for damage in [true, false] {
        let place = place.copy();
        if damage {
            place.flip("CHECKPOINT", 4096 + 9);
        } else {
            std::fs::remove_file(place.file("CHECKPOINT")).unwrap();
        }
        assert_eq!(place.damage(), ("CHECKPOINT".into(), 0));
        let loss = repair(&place.disk(), 99, |_| ()).unwrap();
        assert_eq!(loss.unwrap().lost, Lost::Checkpoint);
        let log = place.open();
        assert_eq!(snapshot(&log), live);
        let counted: u64 = log.shared.topics.after(None, 99).iter().map(|t| t.count()).sum();
        assert_eq!(counted, positions(&log).len() as u64);
    }
}

#[test]
fn rot_in_a_sealed_segment_is_an_error_that_names_it_and_never_data() {
    let place = Place::new();
    let mut log = place.open();
    fill(&mut log, 3 * A_SEGMENT, 5);
    step(&log);
    drop(log);
    place.flip("00000001.log", 9_000);
    let log = place.open();
    let wanted = crate::backlog::Read {
        after: Position(0),
        selection: crate::topic::Selection::of(patterns("**")),
        events: 1000,
        bytes: 1 << 20,
        omit_data: false,
    };
    let read = read::read(&log.shared, &wanted);
    let Err(ReadError::Damaged { file, .. }) = read else { panic!("{read:?}") };
    assert_eq!(file, "00000001.log");
}

#[test]
fn a_segment_is_numbered_after_all_that_were_dropped_while_it_began() {
    let place = Place::new();
    let disk = place.disk();
    let mut log = place.try_open_on(disk.clone()).unwrap();
    let (shared, maintenance) = (log.shared.clone(), log.maintenance.clone());
    disk.meanwhile(move || {
        let mut maintenance = maintenance.lock();
        maintenance.trim(shared.head()).unwrap();
        maintenance.step().unwrap();
    });
    for _ in 0..6 {
        fill(&mut log, A_SEGMENT, 7);
        let view = log.shared.view.load_full();
        assert!(view.segments.last().unwrap().number >= view.first, "numbered as if dropped");
    }
}

#[test]
fn a_reader_that_races_with_trimming_gets_everything_or_is_told() {
    let place = Place::new();
    let mut log = place.open();
    let (shared, maintenance) =
        (std::sync::Arc::clone(&log.shared), std::sync::Arc::clone(&log.maintenance));
    let last = Position(20 * A_SEGMENT);
    std::thread::scope(|scope| {
        scope.spawn(|| fill(&mut log, last.0, 7));
        scope.spawn(|| {
            while shared.head() < last {
                let mut maintenance = maintenance.lock();
                maintenance.step().unwrap();
                maintenance.trim(shared.head()).unwrap();
            }
        });
        let mut after = Position(0);
        while after < last {
            let selection = crate::topic::Selection::of(patterns("**"));
            let (events, bytes, omit_data) = (10, 1 << 20, false);
            let wanted = crate::backlog::Read { after, selection, events, bytes, omit_data };
            match read::read(&shared, &wanted) {
                Ok(page) => {
                    let found: Vec<u64> = page.events.iter().map(|e| e.position.0).collect();
                    let expected: Vec<u64> = (after.0 + 1..=page.next.0).collect();
                    assert_eq!(
                        found, expected,
                        "after {after} up to {} of {}",
                        page.next, page.head
                    );
                    after = page.next;
                }
                Err(ReadError::Trimmed) => {
                    let earliest = shared.extent().earliest;
                    assert!(earliest > after);
                    after = earliest;
                }
                Err(error) => panic!("{error:?}"),
            }
        }
    });
}
