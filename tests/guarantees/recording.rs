//! The recorder itself.

use std::sync::Arc;

use hintwire::cursor::{Cursor, Incarnation, Position};
use hintwire::event::Event;
use hintwire::topic::{Patterns, Selection, Topic};

use crate::validate::{Page, Recorder, Start, What};

fn event(data: &'static str) -> Arc<Event> {
    Arc::new(Event::new(Topic::parse("a", "topic").unwrap(), data))
}

fn page(events: Vec<(Cursor, Arc<Event>)>, at: Cursor) -> What {
    let selection = Selection::of(Patterns::parse(&["**"], 1, "topics").unwrap());
    let result = Ok(Page { events, next: at, head: at, has_more: false });
    What::Fetch { selection, start: Start::Earliest, limit: 1, result }
}

#[test]
fn entries_come_in_the_order_in_which_they_ended() {
    let recorder = Recorder::new();
    let (first, second) = (recorder.began(), recorder.began());
    recorder.record(second, What::Crashed);
    recorder.record(first, What::Crashed);
    let entries = recorder.finish().entries;
    assert_eq!([entries[0].began, entries[1].began], [second, first]);
    assert!(entries[0].ended < entries[1].ended);
}

#[test]
fn an_event_read_again_is_kept_once_unless_it_has_changed() {
    let recorder = Recorder::new();
    let at = Cursor { incarnation: Incarnation(1), position: Position(1) };
    let (published, read, other) = (event("x"), event("x"), event("y"));
    let result = Ok(vec![(at, false)]);
    recorder.note(What::Publish { events: vec![Arc::clone(&published)], result });
    recorder.note(page(vec![(at, read)], at));
    recorder.note(page(vec![(at, Arc::clone(&other))], at));
    let entries = recorder.finish().entries;
    let kept = |n: usize| match &entries[n].what {
        What::Fetch { result: Ok(page), .. } => Arc::clone(&page.events[0].1),
        _ => panic!(),
    };
    assert!(Arc::ptr_eq(&kept(1), &published));
    assert!(Arc::ptr_eq(&kept(2), &other));
}
