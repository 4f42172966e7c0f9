//! The decisions alone.

use tokio::time::Instant;

use super::super::course::{Course, Next, Page};
use super::super::settings::Pace;
use super::*;
use crate::v1::SubscribeResponse;
use crate::v1::subscribe_response::Kind;

fn hint(kind: Kind, cursor: u64, head: u64) -> SubscribeResponse {
    let (cursor, head) = (place(cursor), place(head));
    SubscribeResponse { kind: kind.into(), cursor, head, ..SubscribeResponse::default() }
}

/// A course that has read everything up to place 5.
fn at_five(now: Instant) -> Course {
    let pace = Pace { safety: None, ..Pace::default() };
    let mut course = Course::new(pace, Some(place(1)), now);
    course.next(now);
    course.fetched(&Page { next: place(5), ..Page::default() }, now);
    course.stream(true, now);
    course.saved(&place(5), now);
    course
}

fn yes(_: &SubscribeResponse) -> bool {
    true
}

#[test]
fn a_message_of_any_kind_that_is_ahead_of_the_cursor_leads_to_a_fetch() {
    let now = Instant::now();
    for kind in [Kind::Confirmed, Kind::Changed, Kind::Heartbeat, Kind::Reconnect] {
        let mut course = at_five(now);
        course.heard(0, &hint(kind, 6, 9), yes, now);
        assert_eq!(course.next(now), Next::Fetch { at_least: place(6) }, "{kind:?}");
        assert_eq!(course.own(), place(5), "the head is no reason to skip what was not read");
    }
}

#[test]
fn a_message_that_tells_nothing_new_moves_the_cursor_to_the_head() {
    let now = Instant::now();
    let mut course = at_five(now);
    course.heard(0, &hint(Kind::Heartbeat, 5, 9), yes, now);
    assert_eq!(course.own(), place(9));
    course.heard(0, &hint(Kind::Heartbeat, 5, 7), yes, now);
    assert_eq!(course.own(), place(9), "never back");
}

#[test]
fn a_cursor_that_moves_without_events_is_saved_once_a_minute() {
    let mut now = Instant::now();
    let mut course = at_five(now);
    for head in 6..10 {
        course.heard(0, &hint(Kind::Heartbeat, 5, head), yes, now);
        assert_eq!(course.next(now), Next::Wait(Some(now + MINUTE)));
        now += MINUTE;
        assert_eq!(course.next(now), Next::Save(place(head)));
        course.saved(&place(head), now);
    }
}

#[test]
fn inception_is_no_cursor_to_save() {
    let now = Instant::now();
    let mut course = at_five(now);
    course.jump("", now);
    course.next(now);
    course.failed("", now + HOUR);
    assert_eq!(course.next(now + MINUTE), Next::Wait(Some(now + HOUR)));
}

#[test]
fn a_lost_stream_leads_to_polling_but_not_at_once() {
    let now = Instant::now();
    let mut course = at_five(now);
    assert_eq!(course.next(now), Next::Wait(None));
    let lost = now + HOUR;
    course.stream(false, lost);
    assert!(matches!(course.next(lost), Next::Wait(Some(poll)) if poll >= lost + SECOND));
}

#[test]
fn a_hint_that_a_page_answers_already_needs_no_fetch_and_one_beyond_it_does() {
    let now = Instant::now();
    for (hinted, next) in [(8, Next::Wait(None)), (9, Next::Fetch { at_least: place(9) })] {
        let mut course = at_five(now);
        course.heard(0, &hint(Kind::Changed, 6, 6), yes, now);
        course.next(now);
        course.heard(0, &hint(Kind::Changed, hinted, hinted), yes, now);
        course.fetched(&Page { next: place(8), any: true, ..Page::default() }, now);
        course.saved(&place(8), now);
        assert_eq!(course.next(now), next);
    }
}

#[test]
fn a_declined_hint_is_not_brought_back_by_heartbeats_but_by_a_later_hint() {
    let now = Instant::now();
    let mut course = at_five(now);
    course.heard(0, &hint(Kind::Changed, 6, 6), |_| false, now);
    course.heard(0, &hint(Kind::Heartbeat, 6, 8), yes, now);
    assert_eq!((course.next(now), course.own()), (Next::Wait(None), place(5).as_str()));
    course.heard(0, &hint(Kind::Changed, 9, 9), yes, now);
    assert_eq!(course.next(now), Next::Fetch { at_least: place(9) });
}

#[test]
fn a_message_of_a_stream_from_before_the_cursor_was_replaced_is_ignored() {
    let now = Instant::now();
    let mut course = at_five(now);
    course.jump(&place(2), now);
    course.heard(0, &hint(Kind::Heartbeat, 1, 9), yes, now);
    assert_eq!((course.own(), course.wants_stream()), (place(2).as_str(), None));
}

#[test]
fn a_failed_fetch_is_repeated_when_its_time_has_come_whatever_is_hinted() {
    let now = Instant::now();
    let mut course = at_five(now);
    course.failed(&place(6), now + MINUTE);
    course.heard(0, &hint(Kind::Changed, 7, 7), yes, now);
    assert_eq!(course.next(now), Next::Wait(Some(now + MINUTE)));
    assert_eq!(course.next(now + MINUTE), Next::Fetch { at_least: place(7) });
}
