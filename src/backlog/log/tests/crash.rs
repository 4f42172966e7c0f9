//! Crashes of the process at every call that changes something.

use std::sync::atomic::Ordering;

use super::support::*;
use crate::backlog::log::read;
use crate::cursor::Position;
use crate::event::Micros;

/// Opens on a disk that fails after 0, 1, 2... changing calls, until it succeeds; each time what a start without faults
/// finds afterwards is handed on.
fn at_every_call(place: &Place, check: impl Fn(u64, Log)) {
    for calls in 0.. {
        let crashed = place.copy();
        let done = crashed.try_open_on(crashed.disk().crash_after(calls)).is_ok();
        check(calls, crashed.open());
        if done {
            assert!(calls > 2, "nothing was changed");
            return;
        }
    }
}

type Log = crate::backlog::log::Log<crate::backlog::log::dir::Dir>;

#[test]
fn a_crash_while_a_backlog_is_created_leaves_nothing_in_the_way() {
    at_every_call(&Place::new(), |calls, mut log| {
        assert_eq!(append(&mut log, "a", "1"), Position(1), "{calls} calls");
    });
}

#[test]
fn a_crash_while_a_torn_end_is_cut_changes_nothing_of_what_the_next_start_finds() {
    let place = Place::new();
    let mut log = place.open();
    for n in 1..=3 {
        append(&mut log, "a", format!("event {n}"));
    }
    drop(log);
    place.flip("00000001.log", records(&place)[2] + 40);
    at_every_call(&place, |calls, mut log| {
        assert_eq!(positions(&log), [1, 2], "{calls} calls");
        assert!(append(&mut log, "a", "later") > Position(1000), "{calls} calls");
    });
}

#[test]
fn a_crash_while_a_torn_first_write_is_cut_changes_nothing_of_what_the_next_start_finds() {
    let place = Place::new();
    append(&mut place.open(), "a", "1");
    place.flip("00000001.log", 20);
    at_every_call(&place, |calls, mut log| {
        assert_eq!(positions(&log), [0; 0], "{calls} calls");
        assert!(append(&mut log, "a", "later") > Position(1000), "{calls} calls");
    });
}

#[test]
fn a_log_of_which_all_was_dropped_goes_on_beyond_what_a_cut_skipped() {
    let place = Place::new();
    append(&mut place.open(), "a", "1");
    place.flip("00000001.log", 20);
    let log = place.open();
    let head = log.shared.head();
    log.maintenance.lock().trim(head).unwrap();
    let earliest = log.shared.extent().earliest;
    assert!(earliest > Position(0) && earliest < head, "the cut skipped places behind {earliest}");
    drop(log);
    for _ in 0..2 {
        assert_eq!(place.open().shared.head(), head);
    }
    assert!(append(&mut place.open(), "a", "later") > head);
}

#[test]
fn whatever_was_answered_is_there_after_a_crash_at_any_call() {
    for calls in 8..80 {
        let place = Place::new();
        let mut answered = Vec::new();
        if let Ok(mut log) = place.try_open_on(place.disk().crash_after(calls)) {
            for n in 0..20u8 {
                let outcome = commit(&mut log, vec![batch([event("a", vec![n; 9000])])]).remove(0);
                if let crate::backlog::Outcome::Appended(placed) = outcome {
                    answered.push(placed[0].position.0);
                }
            }
        }
        let found = positions(&place.open());
        assert!(found.starts_with(&answered), "{calls} calls: {found:?} of {answered:?}");
        assert!(found.len() <= answered.len() + 1, "{calls} calls");
    }
}

#[test]
fn all_may_be_dropped_after_a_cut_and_no_place_is_used_twice() {
    for clean in [true, false] {
        let place = Place::new();
        let mut log = place.open();
        for n in 1..=3 {
            append(&mut log, "a", format!("event {n}"));
        }
        drop(log);
        place.flip("00000001.log", records(&place)[2] + 40);
        let log = place.open();
        let head = log.shared.head();
        log.maintenance.lock().trim(head).unwrap();
        if clean {
            log.close().unwrap();
        } else {
            drop(log);
        }
        let mut log = place.open();
        assert_eq!((positions(&log), log.shared.head()), (vec![], head));
        assert!(append(&mut log, "a", "later") > head);
    }
}

#[test]
fn a_crash_anywhere_in_a_trim_miscounts_no_topic() {
    for calls in 0.. {
        let (place, disk) = place_with_segments();
        let log = place.try_open_on(disk.clone().crash_after(calls));
        let trimmed = log.is_ok_and(|log| log.maintenance.lock().trim(Position(10)).is_ok());
        let log = place.open();
        let topic = log.shared.topics.get("a").unwrap();
        assert_eq!(topic.count(), positions(&log).len() as u64, "{calls} calls");
        if trimmed {
            assert!(topic.count() < 20 && calls > 3);
            return;
        }
    }
}

#[test]
fn publish_times_never_decrease_although_all_was_dropped_and_the_clock_went_back() {
    let place = Place::new();
    let mut log = place.open();
    append(&mut log, "a", vec![0; 60 << 10]);
    append(&mut log, "a", vec![0; 60 << 10]);
    place.wait(1);
    append(&mut log, "a", vec![0; 60 << 10]);
    let published = place.now.load(Ordering::SeqCst);
    log.writer.tick();
    place.wait(8 * 24 * 3600);
    log.writer.tick();
    log.maintenance.lock().step().unwrap();
    assert_eq!(log.shared.extent().earliest, log.shared.head());
    drop(log);
    place.now.fetch_sub(9 * 24 * 3600 * SECOND, Ordering::SeqCst);
    let mut log = place.open();
    let committed = log.writer.commit([batch([event("a", "later")])]);
    assert!(committed.appended[0].published.0 >= published);
}

#[test]
fn a_time_is_found_wherever_a_crash_came_and_the_clock_went_back() {
    for calls in 0..20 {
        let place = Place::new();
        let large = || vec![0; 60 << 10];
        append(&mut place.open(), "a", large());
        place.wait(10);
        let time = Micros(place.now.load(Ordering::SeqCst));
        if let Ok(mut log) = place.try_open_on(place.disk().crash_after(calls)) {
            commit(&mut log, vec![batch([event("a", large())])]);
        }
        place.now.fetch_sub(10 * SECOND, Ordering::SeqCst);
        let mut log = place.open();
        let committed = log.writer.commit([batch([event("a", "later")])]);
        let later = &committed.appended[0];
        let found = read::seek(&log.shared, time).unwrap().unwrap();
        assert_eq!(later.events[0].0 > found, later.published >= time, "{calls} calls");
    }
}

/// Three segments with twenty events, none indexed.
fn place_with_segments() -> (Place, super::faulty::Faulty) {
    let place = Place::new();
    let mut log = place.open();
    for n in 0..20 {
        append(&mut log, "a", vec![n; 9000]);
    }
    drop(log);
    let disk = place.disk();
    (place, disk)
}

#[test]
fn a_segment_that_was_cut_before_its_first_event_is_in_nobodys_way() {
    let place = Place::new();
    append(&mut place.open(), "a", "1");
    place.flip("00000001.log", 20);
    place.open().close().unwrap();
    assert!(append(&mut place.open(), "a", "later") > Position(1000));
}
