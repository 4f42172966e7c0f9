//! Crashes of the process at every call that changes something.

use super::support::*;
use crate::cursor::Position;

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
