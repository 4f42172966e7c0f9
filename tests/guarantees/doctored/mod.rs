//! A good history keeps every guarantee. One small change, and exactly one is broken.

mod kept;
mod told;

use hintwire::cursor::{Cursor, Incarnation};

use crate::tale::*;
use crate::validate::{History, Kind, Message, Page, Start, What, validate, violations};

const EVENTS: [(u64, &str); 7] = [
    (1, "a/x one"),
    (2, "b/y two"),
    (3, "a/x three#id"),
    (4, "a/x four"),
    (5, "b/y five"),
    (9, "a/x nine"),
    (10, "b/y ten"),
];

/// Everything that a history can hold: 1 and 2 are a batch that is trimmed at the end, 4 and 5 one whose outcome nobody
/// was told; 6 to 8 were cut by the crash.
fn good() -> Vec<What> {
    let page = |start, next: usize, head| Page {
        events: seen(&EVENTS[start..next]),
        next: at(EVENTS[next - 1].0),
        head: at(head),
        has_more: EVENTS[next - 1].0 < head,
    };
    let foreign = Cursor { incarnation: Incarnation(2), ..at(3) };
    vec![
        started(0, 0),
        follows(1, 0),
        follows(2, 0),
        opened(1, "a/*"),
        message(1, Kind::Confirmed, 0, 0),
        appended(&EVENTS[0..2]),
        message(1, Kind::Changed, 1, 2),
        fetch("**", Start::Cursor(None), Ok(page(0, 2, 2))),
        handled(1, &EVENTS[0..2], 2),
        appended(&EVENTS[2..3]),
        published(&["a/x three#id"], Ok(vec![(at(3), true)])),
        published(&["a/x other#id"], Err(refusal("ID_CONFLICT"))),
        published(&["a/x refused"], Err(refusal("NO_SPACE"))),
        unanswered(&["a/x four", "b/y five"]),
        unanswered(&["a/x six", "b/y seven"]),
        What::Crashed,
        started(0, 8),
        What::Trimmed { earliest: at(2) },
        fetch("**", Start::Cursor(Some(at(1))), Err(refusal("CURSOR_TRIMMED"))),
        fetch("**", Start::Cursor(Some(foreign)), Err(refusal("CURSOR_FOREIGN"))),
        fetch("**", Start::Cursor(Some(at(99))), Err(refusal("CURSOR_AHEAD"))),
        fetch("**", Start::Malformed("x".into()), Err(refusal("CURSOR_MALFORMED"))),
        opened(2, "b/y"),
        message(2, Kind::Confirmed, 5, 8),
        follows(1, 2),
        handled(1, &EVENTS[2..5], 8),
        appended(&EVENTS[5..7]),
        message(2, Kind::Changed, 10, 10),
        fetch("**", Start::Cursor(Some(at(2))), Ok(page(2, 4, 10))),
        fetch("**", Start::Earliest, Ok(page(2, 7, 10))),
        handled(1, &EVENTS[5..7], 10),
        handled(2, &EVENTS, 10),
        log(2, 10, &EVENTS[2..]),
    ]
}

/// The guarantees that the good history breaks once `change` was made.
fn broken_by(change: impl FnOnce(&mut Vec<What>)) -> Vec<&'static str> {
    let mut tale = good();
    change(&mut tale);
    names(&told(tale))
}

fn names(history: &History) -> Vec<&'static str> {
    violations(history).iter().map(|violation| violation.guarantee).collect()
}

/// Where in the good history something stands.
fn index(tale: &[What], wanted: impl Fn(&What) -> bool) -> usize {
    tale.iter().position(wanted).unwrap()
}

fn is_message(wanted: Kind) -> impl Fn(&What) -> bool {
    move |what| matches!(what, What::Message(Message { kind, .. }) if *kind == wanted)
}

#[test]
fn a_good_history_puts_every_guarantee_to_the_test_and_keeps_it() {
    let counts = validate(&told(good())).unwrap_or_else(|violation| panic!("{violation}"));
    assert!(counts.0.iter().all(|(_, count)| *count > 0), "{counts:?}");
    assert_eq!(counts.0.len(), 12);
}
