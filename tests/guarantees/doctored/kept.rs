//! What is kept: Durable, Atomic, Ordered, Unique, Idempotent.

use super::{EVENTS, broken_by, index, names};
use crate::tale::*;
use crate::validate::What;

#[test]
fn an_acknowledged_event_that_is_gone_is_not_durable() {
    let broken = broken_by(|tale| tale.insert(tale.len() - 1, appended(&[(11, "c lost")])));
    assert_eq!(broken, ["Durable"]);
}

#[test]
fn an_event_that_was_refused_and_is_there_is_not_durable() {
    let broken = broken_by(|tale| {
        let mut events = EVENTS[2..].to_vec();
        events.push((12, "a/x refused"));
        // Its streams and followers are another matter.
        tale.retain(|what| matches!(what, What::Publish { .. }));
        tale.push(log(0, 12, &[&EVENTS[..2], &events].concat()));
    });
    assert_eq!(broken, ["Durable"]);
}

#[test]
fn a_start_before_what_was_acknowledged_is_not_durable() {
    let broken = broken_by(|tale| {
        let crash = index(tale, |what| matches!(what, What::Crashed));
        tale[crash + 1] = started(0, 2);
    });
    assert_eq!(broken, ["Durable"]);
}

#[test]
fn half_of_a_batch_whose_outcome_is_unknown_is_not_atomic() {
    let broken = broken_by(|tale| {
        let unknown = index(
            tale,
            |what| matches!(what, What::Publish { result: Err(refusal), .. } if refusal.unknown),
        );
        tale[unknown] = unanswered(&["a/x four", "b/y five", "b/y lost"]);
    });
    assert_eq!(broken, ["Atomic"]);
}

#[test]
fn a_batch_with_another_event_in_its_middle_is_not_atomic() {
    let events = [(1, "a one"), (2, "b two"), (3, "a three")];
    let torn = [appended(&[events[0], events[2]]), appended(&events[1..2])];
    assert_eq!(names(&at_once(told(torn), 0, 1)), ["Atomic"]);
}

#[test]
fn a_head_within_a_batch_is_not_atomic() {
    let broken = broken_by(|tale| {
        let first = index(tale, |what| matches!(what, What::Publish { .. }));
        tale.insert(first, fetched(0, &EVENTS[..1], 1));
    });
    assert_eq!(broken, ["Atomic"]);
}

#[test]
fn an_event_before_one_that_was_acknowledged_earlier_is_not_ordered() {
    let history = [appended(&[(2, "a two")]), appended(&[(1, "a one")])];
    assert_eq!(names(&told(history.clone())), ["Ordered"]);
    assert_eq!(names(&at_once(told(history), 0, 1)), [""; 0], "at the same time, it is");
}

#[test]
fn events_handled_in_another_order_are_not_ordered() {
    let broken = broken_by(|tale| {
        let last = index(tale, |what| matches!(what, What::Handled { follower: 2, .. }));
        let mut events = EVENTS;
        events.swap(3, 4);
        tale[last] = handled(2, &events, 10);
    });
    assert_eq!(broken, ["Ordered"]);
}

#[test]
fn a_place_that_two_publishes_were_given_is_not_unique() {
    let same = [appended(&[(1, "a one")]), appended(&[(1, "a one")])];
    assert_eq!(names(&told(same)), ["Unique"]);
}

#[test]
fn a_place_that_held_another_event_is_not_unique() {
    let broken = broken_by(|tale| {
        let first = index(tale, |what| matches!(what, What::Handled { follower: 1, .. }));
        tale[first] = handled(1, &[(1, "a/x one"), (2, "b/y other")], 2);
    });
    assert_eq!(broken, ["Unique"]);
}

#[test]
fn an_event_that_a_follower_is_given_twice_in_a_run_is_not_unique() {
    let broken = broken_by(|tale| {
        let last = index(tale, |what| matches!(what, What::Handled { follower: 2, .. }));
        tale[last] = handled(2, &[&EVENTS[..3], &EVENTS[2..]].concat(), 10);
    });
    assert_eq!(broken, ["Unique"]);
}

#[test]
fn a_repeat_that_was_appended_again_is_not_idempotent() {
    let broken = broken_by(|tale| {
        let repeat = index(
            tale,
            |what| matches!(what, What::Publish { result: Ok(placed), .. } if placed[0].1),
        );
        tale.truncate(repeat);
        tale.push(appended(&[(4, "a/x three#id")]));
        tale.retain(|what| matches!(what, What::Publish { .. }));
    });
    assert_eq!(broken, ["Idempotent"]);
}

#[test]
fn another_event_taken_for_a_repeat_and_a_conflict_with_nothing_are_not_idempotent() {
    for wrong in [
        published(&["a/x other#id"], Ok(vec![(at(3), true)])),
        published(&["a/x three#id"], Err(refusal("ID_CONFLICT"))),
    ] {
        let tale = [appended(&[(3, "a/x three#id")]), wrong];
        assert_eq!(names(&told(tale)), ["Idempotent"]);
    }
}
