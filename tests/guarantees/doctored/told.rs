//! What readers, streams and followers are told: Gap-free, Resumable, Bookmarkable, Live, Visible, Agreement, Recoverable.

use super::{EVENTS, broken_by, index, is_message, names};
use crate::tale::*;
use crate::validate::{Kind, Page, Start, What};

#[test]
fn a_page_without_an_event_or_with_one_too_many_is_not_gap_free() {
    for (start, events) in [(2, &EVENTS[3..]), (3, &EVENTS[2..])] {
        let page = fetched(start, events, 10);
        let broken = broken_by(|tale| tale.insert(tale.len() - 1, page));
        assert_eq!(broken, ["Gap-free"], "{start}");
    }
}

#[test]
fn a_page_that_ends_before_head_and_does_not_say_so_is_not_gap_free() {
    let page = |next, has_more| {
        let page = Page { events: Vec::new(), next: at(next), head: at(10), has_more };
        fetch("c", Start::Cursor(Some(at(8))), Ok(page))
    };
    for (page, good) in [(page(9, false), false), (page(9, true), true), (page(8, true), false)] {
        let broken = broken_by(|tale| tale.insert(tale.len() - 1, page));
        assert_eq!(broken.is_empty(), good);
        assert!(good || broken == ["Gap-free"]);
    }
}

#[test]
fn a_page_from_earliest_that_begins_later_is_not_gap_free() {
    let page = Page { events: seen(&EVENTS[3..]), next: at(10), head: at(10), has_more: false };
    let late = fetch("**", Start::Earliest, Ok(page));
    assert_eq!(broken_by(|tale| tale.insert(tale.len() - 1, late)), ["Gap-free"]);
}

#[test]
fn a_follower_that_goes_on_beyond_an_event_is_not_resumable() {
    let broken = broken_by(|tale| {
        // The other follower misses the same: they agree.
        let second = index(tale, |what| matches!(what, What::Handled { follower: 2, .. }));
        tale[second] = handled(2, &[&EVENTS[..2], &EVENTS[3..]].concat(), 10);
        let resumed = index(
            tale,
            |what| matches!(what, What::FollowerStarted { from, .. } if *from == Some(at(2))),
        );
        tale[resumed] = follows(1, 3);
        tale[resumed + 1] = handled(1, &EVENTS[3..5], 8);
    });
    assert_eq!(broken, ["Resumable"]);
}

#[test]
fn a_message_whose_head_passes_an_event_is_not_bookmarkable() {
    let broken = broken_by(|tale| {
        let confirmed = tale.iter().rposition(is_message(Kind::Confirmed)).unwrap();
        tale[confirmed] = message(2, Kind::Confirmed, 4, 8);
    });
    assert_eq!(broken, ["Bookmarkable"]);
}

#[test]
fn a_message_that_goes_back_is_not_bookmarkable() {
    let broken = broken_by(|tale| tale.insert(tale.len() - 1, message(2, Kind::Heartbeat, 10, 10)));
    assert_eq!(broken, [""; 0]);
    let broken = broken_by(|tale| tale.insert(tale.len() - 1, message(2, Kind::Heartbeat, 8, 8)));
    assert_eq!(broken, ["Bookmarkable"]);
}

#[test]
fn a_stream_that_hears_nothing_of_the_last_event_is_not_live() {
    let broken = broken_by(|tale| {
        let last = tale.iter().rposition(is_message(Kind::Changed)).unwrap();
        tale.remove(last);
    });
    assert_eq!(broken, ["Live"]);
    let ended = broken_by(|tale| {
        let last = tale.iter().rposition(is_message(Kind::Changed)).unwrap();
        tale[last] = What::StreamEnded { stream: 2, orderly: true };
    });
    assert_eq!(ended, [""; 0]);
}

#[test]
fn a_hint_ahead_of_what_can_be_fetched_is_not_visible() {
    let hinted = |fetched| {
        let (open, hint) = (opened(1, "a"), message(1, Kind::Changed, 1, 1));
        let confirmed = message(1, Kind::Confirmed, 0, 0);
        names(&told([open, confirmed, hint, fetched, appended(&[(1, "a one")])]))
    };
    assert_eq!(hinted(fetched(0, &[], 0)), ["Visible"]);
    assert_eq!(hinted(fetched(0, &[(1, "a one")], 1)), [""; 0]);
}

#[test]
fn an_event_that_was_read_and_is_gone_after_the_crash_is_not_visible() {
    let read = [unanswered(&["a one"]), fetched(0, &[(1, "a one")], 1)];
    let gone = [What::Crashed, started(0, 8), log(0, 8, &[])];
    assert_eq!(names(&told(read.clone())), [""; 0]);
    assert_eq!(names(&told([&read[..], &gone].concat())), ["Visible"]);
    assert_eq!(names(&told([&read[..1], &gone].concat())), [""; 0], "it may not have been written");
}

#[test]
fn a_follower_that_does_not_reach_the_end_does_not_agree_unless_it_was_stopped() {
    let cut = |tale: &mut Vec<What>| {
        let last = index(tale, |what| matches!(what, What::Handled { follower: 2, .. }));
        tale[last] = handled(2, &EVENTS[..6], 9);
    };
    assert_eq!(broken_by(cut), ["Agreement"]);
    let stopped = broken_by(|tale| {
        cut(tale);
        tale.push(What::FollowerStopped { follower: 2 });
    });
    assert_eq!(stopped, [""; 0]);
}

#[test]
fn a_cursor_that_cannot_be_used_and_gets_data_or_the_answer_of_another_is_not_recoverable() {
    for (reason, wrong) in [
        ("CURSOR_TRIMMED", "CURSOR_FOREIGN"),
        ("CURSOR_FOREIGN", "CURSOR_AHEAD"),
        ("CURSOR_AHEAD", "CURSOR_TRIMMED"),
        ("CURSOR_MALFORMED", "CURSOR_FOREIGN"),
    ] {
        let other = broken_by(|tale| *answer(tale, reason) = Err(refusal(wrong)));
        assert_eq!(other, ["Recoverable"], "{reason}");
        let empty = Page { events: Vec::new(), next: at(8), head: at(8), has_more: false };
        let data = broken_by(|tale| *answer(tale, reason) = Ok(empty));
        assert!(data.contains(&"Recoverable"), "{reason}");
    }
}

fn answer<'a>(
    tale: &'a mut [What],
    reason: &str,
) -> &'a mut Result<Page, crate::validate::Refusal> {
    let answers = tale.iter_mut().filter_map(|what| match what {
        What::Fetch { result, .. } => Some(result),
        _ => None,
    });
    let mut answers =
        answers.filter(|result| result.as_ref().is_err_and(|refusal| refusal.reason == reason));
    answers.next().unwrap()
}

#[test]
fn a_good_cursor_that_is_refused_is_not_recoverable() {
    let refused = fetch("**", Start::Cursor(Some(at(5))), Err(refusal("CURSOR_TRIMMED")));
    assert_eq!(broken_by(|tale| tale.insert(tale.len() - 1, refused)), ["Recoverable"]);
}
