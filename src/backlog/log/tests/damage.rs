//! What is missing or invalid before the last proven place is damage, named; after it, it is cut, and said.

use std::fs;

use super::support::*;
use crate::cursor::Position;

const FIRST: &str = "00000001.log";

/// A log of three events, each synced by itself; not closed.
fn three() -> Place {
    let place = Place::new();
    let mut log = place.open();
    for n in 1..=3 {
        append(&mut log, "a", format!("event {n}"));
    }
    place
}

#[test]
fn a_flipped_byte_before_the_proven_place_refuses_with_file_and_offset() {
    let records = records(&three());
    for event in 0..2 {
        for offset in records[event]..records[event + 1] - 8 {
            let place = three();
            place.flip(FIRST, offset);
            assert_eq!(place.damage(), (FIRST.into(), records[event]), "byte {offset}");
            if offset > records[event] + 4 {
                break;
            }
        }
    }
}

#[test]
fn a_torn_end_is_cut_and_said_and_no_later_event_takes_the_place_of_a_lost_one() {
    let place = three();
    let records = records(&place);
    place.flip(FIRST, records[2] + 40);
    let mut log = place.open();
    let cut = log.shared.last_cut.clone().unwrap();
    assert!(cut.contains(FIRST) && cut.contains(&records[2].to_string()), "{cut}");
    assert_eq!(positions(&log), [1, 2]);
    let head = log.shared.head();
    assert!(head > Position(3), "a cursor of the lost event is not ahead of the head");
    assert!(append(&mut log, "a", "later") > head);
    drop(log);
    let log = place.open();
    assert_eq!((log.shared.last_cut.clone(), positions(&log).len()), (None, 3));
}

#[test]
fn the_head_stays_beyond_a_cut_even_if_nothing_is_appended_after_it() {
    let place = three();
    place.flip(FIRST, records(&place)[2] + 40);
    let head = place.open().shared.head();
    assert_eq!(place.open().shared.head(), head);
    place.open().close().unwrap();
    assert_eq!(place.open().shared.head(), head);
}

#[test]
fn a_torn_record_before_a_valid_one_of_the_same_write_is_cut_with_it() {
    let place = three();
    let mut log = place.open();
    commit(&mut log, vec![batch([event("a", "4")]), batch([event("a", "5")])]);
    drop(log);
    place.flip(FIRST, records(&place)[3] + 40);
    let log = place.open();
    assert!(log.shared.last_cut.is_some());
    assert_eq!(positions(&log), [1, 2, 3]);
}

#[test]
fn a_file_that_is_shorter_than_it_was_made_has_lost_its_end_even_if_a_record_ends_there() {
    let place = three();
    let end = records(&place)[2];
    let file = fs::OpenOptions::new().write(true).open(place.file(FIRST)).unwrap();
    file.set_len(end).unwrap();
    let mut log = place.open();
    assert_eq!((positions(&log), log.shared.last_cut.is_some()), (vec![1, 2], true));
    assert!(append(&mut log, "a", "later") > Position(3));
    drop(log);
    assert_eq!(place.open().shared.last_cut, None);
}

#[test]
fn a_file_that_ends_within_the_padding_of_a_record_is_cut_before_it() {
    let place = three();
    let end = *records(&place).last().unwrap();
    let file = fs::OpenOptions::new().write(true).open(place.file(FIRST)).unwrap();
    file.set_len(end - 1).unwrap();
    let log = place.open();
    assert_eq!((positions(&log), log.shared.last_cut.is_some()), (vec![1, 2], true));
}

#[test]
fn a_torn_first_write_of_a_segment_is_cut() {
    for offset in [20, 4096 + 40] {
        let place = Place::new();
        append(&mut place.open(), "a", "1");
        place.flip(FIRST, offset);
        let mut log = place.open();
        assert!(log.shared.last_cut.is_some(), "byte {offset}");
        let head = log.shared.head();
        assert!(head > Position(1) && append(&mut log, "a", "2") > head);
        drop(log);
        assert_eq!(positions(&place.open()).len(), 1);
    }
}

#[test]
fn a_last_segment_that_has_lost_all_its_bytes_is_not_taken_for_one_that_was_not_begun() {
    let place = Place::new();
    let mut log = place.open();
    for n in 0..3 {
        append(&mut log, "a", vec![n; 40 << 10]);
    }
    let newest = log.shared.view.load().segments.last().unwrap().number;
    drop(log);
    fs::write(place.file(&format!("{newest:08}.log")), []).unwrap();
    let mut log = place.open();
    assert_eq!((positions(&log), log.shared.last_cut.is_some()), (vec![1, 2], true));
    assert!(append(&mut log, "a", "later") > Position(3));
    drop(log);
    assert_eq!(place.open().shared.last_cut, None);
}

#[test]
fn a_next_segment_that_a_crash_left_empty_is_not_taken_for_one_that_has_lost_its_bytes() {
    for calls in 0.. {
        let place = Place::new();
        append(&mut place.open(), "a", vec![1; 40 << 10]);
        let next = place.file("00000002.log");
        fs::write(&next, []).unwrap();
        let large = batch([event("a", vec![2; 40 << 10])]);
        let log = place.try_open_on(place.disk().crash_after(calls));
        let done = log.is_ok_and(|mut log| commit(&mut log, vec![large])[0] == appended([2]));
        let is_begun = fs::read(&next).unwrap().iter().any(|byte| *byte != 0);
        let log = place.open();
        let cut = log.shared.last_cut.as_ref().is_some_and(|cut| cut.contains("00000002.log"));
        assert!(is_begun || !cut, "{calls} calls");
        if done {
            assert!(calls > 4 && positions(&log) == [1, 2]);
            return;
        }
    }
}

#[test]
fn after_a_clean_stop_any_loss_is_damage() {
    let spoil: [fn(&Place, u64, u64); 3] = [
        |place, start, _| place.flip(FIRST, start + 40),
        |place, start, _| place.lose_from(FIRST, start),
        |place, start, _| {
            fs::OpenOptions::new()
                .write(true)
                .open(place.file(FIRST))
                .unwrap()
                .set_len(start)
                .unwrap()
        },
    ];
    for spoil in spoil {
        let place = three();
        let records = records(&place);
        place.open().close().unwrap();
        assert_eq!(positions(&place.open()), [1, 2, 3]);
        spoil(&place, records[2], records[3]);
        assert_eq!(place.damage(), (FIRST.into(), records[2]));
    }
}

#[test]
fn a_missing_file_is_damage_and_named() {
    let place = Place::new();
    let mut log = place.open();
    for _ in 0..40 {
        append(&mut log, "a", vec![1; 5000]);
    }
    let newest = log.shared.view.load().segments.last().unwrap().number;
    assert!(newest > 3);
    drop(log);
    for number in [1, 2, newest] {
        let place = place.copy();
        let name = format!("{number:08}.log");
        fs::remove_file(place.file(&name)).unwrap();
        assert_eq!(place.damage(), (name, 0));
    }
}

#[test]
fn damage_in_a_sealed_segment_is_named_wherever_it_is() {
    let place = Place::new();
    let mut log = place.open();
    for _ in 0..40 {
        append(&mut log, "a", vec![1; 5000]);
    }
    drop(log);
    let records = records(&place);
    for (index, start) in records.iter().take(records.len() - 1).enumerate() {
        let place = place.copy();
        place.flip(FIRST, start + 33);
        assert_eq!(place.damage(), (FIRST.into(), *start), "record {index}");
    }
    let short = place.copy();
    short.lose_from(FIRST, records[2]);
    assert_eq!(short.damage(), (FIRST.into(), records[2]));
    place.flip("00000002.log", 9);
    assert_eq!(place.damage(), ("00000002.log".into(), 0));
}

#[test]
fn damage_of_the_small_files_is_named() {
    for name in ["HUB", "MANIFEST"] {
        let place = three();
        place.flip(name, 30);
        assert_eq!(place.damage(), (name.into(), 0));
    }
    let place = three();
    fs::remove_file(place.file("MANIFEST")).unwrap();
    assert_eq!(place.damage(), ("MANIFEST".into(), 0));
}

#[test]
fn a_file_of_another_backlog_is_damage() {
    let (place, other) = (three(), Place::new());
    let disk = crate::backlog::log::dir::Dir::open(other.path()).unwrap();
    let clock = std::sync::Arc::new(crate::event::Micros::now);
    let dice = crate::backlog::log::Dice { incarnation: 8, salt: 10 };
    let mut log =
        crate::backlog::log::Log::open(disk, other.settings.clone(), clock, dice).unwrap();
    append(&mut log, "a", "1");
    place.open().close().unwrap();
    fs::copy(other.file(FIRST), place.file(FIRST)).unwrap();
    assert_eq!(place.damage(), (FIRST.into(), 0));
}
