//! Appending, reading back, starting again.

use std::sync::atomic::Ordering;

use super::support::*;
use crate::backlog::Expected;
use crate::backlog::Outcome;
use crate::backlog::log::dir::Dir;
use crate::backlog::log::{OpenError, glance, read};
use crate::cursor::Position;
use crate::event::{Event, Micros};

#[test]
fn what_is_appended_is_read_back_in_order_and_after_a_clean_stop() {
    let place = Place::new();
    let mut log = place.open();
    let outcomes =
        commit(&mut log, vec![batch([event("a", "1"), event("b", "2")]), batch([event("a", "3")])]);
    assert_eq!(outcomes, [appended([1, 2]), appended([3])]);
    let expected = vec![(1, b"1".to_vec()), (2, b"2".to_vec()), (3, b"3".to_vec())];
    assert_eq!(all(&log), expected);
    log.close().unwrap();
    let mut log = place.open();
    assert_eq!(all(&log), expected);
    assert_eq!(append(&mut log, "c", "4"), Position(4));
}

#[test]
fn what_was_answered_is_there_after_a_kill() {
    let place = Place::new();
    for round in 0..3 {
        let mut log = place.open();
        assert_eq!(all(&log).len(), round * 100);
        assert_eq!(log.shared.last_cut, None);
        for n in 0..100 {
            append(&mut log, "a", format!("{round} {n}"));
        }
        // No close: nothing is written after the last answer.
        drop(log);
    }
}

#[test]
fn a_log_of_many_segments_reads_as_one() {
    let place = Place::new();
    let mut log = place.open();
    for n in 1..=200u64 {
        assert_eq!(append(&mut log, "a", vec![n as u8; 5000]), Position(n));
    }
    let segments = log.shared.view.load().segments.len();
    assert!(segments > 10, "{segments} segments");
    drop(log);
    let log = place.open();
    let positions: Vec<u64> = all(&log).iter().map(|found| found.0).collect();
    assert_eq!(positions, (1..=200).collect::<Vec<_>>());
}

#[test]
fn a_time_between_two_segments_leads_to_the_first_event_of_the_later_one() {
    let place = Place::new();
    let mut log = place.open();
    let start = place.now.load(std::sync::atomic::Ordering::SeqCst);
    for _ in 0..40 {
        append(&mut log, "a", vec![1; 5000]);
        place.wait(1);
    }
    assert!(log.shared.view.load().segments.len() > 3);
    for n in 0..40 {
        let time = Micros(start + n * SECOND);
        assert_eq!(read::seek(&log.shared, time).unwrap(), Some(Position(n)));
    }
}

#[test]
fn a_batch_larger_than_a_segment_gets_one_of_its_own() {
    let place = Place::new();
    let mut log = place.open();
    let large = vec![7; 300 << 10];
    append(&mut log, "a", "before");
    append(&mut log, "a", large.clone());
    append(&mut log, "a", "after");
    drop(log);
    let log = place.open();
    assert_eq!(log.shared.view.load().segments.len(), 3);
    assert_eq!(all(&log)[1], (2, large));
}

#[test]
fn publish_times_never_decrease_even_if_the_clock_does() {
    let place = Place::new();
    place.wait(100);
    append(&mut place.open(), "a", "1");
    place.now.fetch_sub(50 * SECOND, std::sync::atomic::Ordering::SeqCst);
    let mut log = place.open();
    append(&mut log, "a", "2");
    let times: Vec<_> = [1, 2]
        .map(|p| crate::backlog::log::read::published(&log.shared, Position(p)).unwrap().unwrap())
        .into();
    assert_eq!(times[0], times[1]);
}

#[test]
fn an_id_is_answered_with_its_first_place_also_after_a_restart() {
    let place = Place::new();
    let mut log = place.open();
    let once = || batch([with_id("a", "x", "1")]);
    assert_eq!(commit(&mut log, vec![once(), once()]), [appended([1]), repeats([1])]);
    drop(log);
    let mut log = place.open();
    assert_eq!(commit(&mut log, vec![once()]), [repeats([1])]);
    let other = || batch([event("a", "new"), with_id("a", "x", "other")]);
    assert_eq!(commit(&mut log, vec![other()]), [Outcome::Conflict { index: 1 }]);
    assert_eq!(all(&log).len(), 1);
}

#[test]
fn repeats_within_a_batch_are_answered_and_the_rest_is_contiguous() {
    let place = Place::new();
    let mut log = place.open();
    append(&mut log, "a", "before");
    let mixed = batch([
        event("a", "1"),
        with_id("a", "x", "2"),
        with_id("a", "x", "2"),
        with_id("b", "x", "of another topic"),
    ]);
    let outcome = commit(&mut log, vec![mixed]).remove(0);
    let Outcome::Appended(placed) = outcome else { panic!("{outcome:?}") };
    let placed: Vec<_> = placed.iter().map(|p| (p.position.0, p.duplicate)).collect();
    assert_eq!(placed, [(2, false), (3, false), (3, true), (4, false)]);
    assert_eq!(all(&log).len(), 4);
}

#[test]
fn an_id_may_be_used_anew_after_its_window() {
    let place = Place::new();
    let mut log = place.open();
    let once = |data| batch([with_id("a", "x", data)]);
    commit(&mut log, vec![once("1")]);
    place.wait(599);
    assert_eq!(commit(&mut log, vec![once("1")]), [repeats([1])]);
    place.wait(2);
    assert_eq!(commit(&mut log, vec![once("2")]), [appended([2])]);
}

#[test]
fn an_expectation_is_judged_against_all_that_was_queued_before() {
    let place = Place::new();
    let mut log = place.open();
    let if_absent = || expecting([keyed("a", "k")], Expected::Absent);
    let after = |p| expecting([keyed("a", "k")], Expected::NotAfter(Position(p)));
    let failed = |p| Outcome::Expectation { index: 0, newest: Some(Position(p)) };
    let outcomes = commit(&mut log, vec![if_absent(), if_absent(), after(0), after(1), after(1)]);
    assert_eq!(outcomes, [appended([1]), failed(1), failed(1), appended([2]), failed(2)]);
    assert_eq!(commit(&mut log, vec![after(1), after(2)]), [failed(2), appended([3])]);
}

#[test]
fn a_deleted_key_is_absent() {
    let place = Place::new();
    let mut log = place.open();
    let gone = Event { deleted: true, data: Default::default(), ..keyed("a", "k") };
    let if_absent = expecting([keyed("a", "k")], Expected::Absent);
    let outcomes = commit(&mut log, vec![batch([keyed("a", "k"), gone]), if_absent]);
    assert_eq!(outcomes, [appended([1, 2]), appended([3])]);
}

#[test]
fn a_repeat_is_answered_whatever_is_expected() {
    let place = Place::new();
    let mut log = place.open();
    let create = || expecting([with_id("a", "x", "1")], Expected::Absent);
    assert_eq!(commit(&mut log, vec![create(), create()]), [appended([1]), repeats([1])]);
}

#[test]
fn a_look_finds_what_a_start_would_and_changes_nothing() {
    let place = Place::new();
    let look = || glance(&Dir::open(place.path()).unwrap());
    assert!(matches!(look(), Err(OpenError::Absent)));
    let mut log = place.open();
    append(&mut log, "a", "1");
    assert!(matches!(look(), Err(OpenError::Locked)));
    drop(log);
    let whole = look().unwrap();
    assert_eq!(
        (whole.segments, whole.torn, whole.newest),
        (1, false, Micros(place.now.load(Ordering::SeqCst)))
    );
    place.flip("00000001.log", records(&place)[0] + 40);
    let torn = look().unwrap();
    assert_eq!((torn.segments, torn.torn), (1, true));
    assert_eq!(look().unwrap(), torn);
    assert!(place.open().shared.last_cut.is_some());
}
