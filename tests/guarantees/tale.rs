//! Histories told by hand.

use std::sync::Arc;

use hintwire::cursor::{Cursor, Incarnation, Position};
use hintwire::event::Event;
use hintwire::topic::{Patterns, Selection, Topic};

use crate::validate::{Entry, History, Kind, Message, Page, Recorder, Refusal, Seen, Start, What};

pub fn at(position: u64) -> Cursor {
    Cursor { incarnation: Incarnation(1), position: Position(position) }
}

/// `topic data`, or `topic data#id`.
pub fn event(text: &str) -> Arc<Event> {
    let (topic, data) = text.split_once(' ').unwrap();
    let (data, id) = data.split_once('#').unwrap_or((data, ""));
    let topic = Topic::parse(topic, "topic").unwrap();
    Arc::new(Event { id: id.into(), ..Event::new(topic, data.to_owned()) })
}

pub fn select(pattern: &str) -> Selection {
    Selection::of(Patterns::parse(&[pattern], 1, "topics").unwrap())
}

pub fn seen(events: &[(u64, &str)]) -> Vec<Seen> {
    events.iter().map(|(position, text)| (at(*position), event(text))).collect()
}

pub fn refusal(reason: &str) -> Refusal {
    Refusal { reason: reason.into(), unknown: false }
}

pub fn published(events: &[&str], result: Result<Vec<(Cursor, bool)>, Refusal>) -> What {
    What::Publish { events: events.iter().map(|text| event(text)).collect(), result }
}

/// New events at these places.
pub fn appended(events: &[(u64, &str)]) -> What {
    let places = events.iter().map(|(position, _)| (at(*position), false)).collect();
    published(&events.iter().map(|(_, text)| *text).collect::<Vec<_>>(), Ok(places))
}

/// A publish whose outcome was not told.
pub fn unanswered(events: &[&str]) -> What {
    published(events, Err(Refusal { reason: "connection lost".into(), unknown: true }))
}

/// A page of `**` that reaches the head.
pub fn fetched(start: u64, events: &[(u64, &str)], head: u64) -> What {
    let page = Page { events: seen(events), next: at(head), head: at(head), has_more: false };
    fetch("**", Start::Cursor(Some(at(start))), Ok(page))
}

pub fn fetch(pattern: &str, start: Start, result: Result<Page, Refusal>) -> What {
    What::Fetch { selection: select(pattern), start, limit: 100, result }
}

pub fn opened(stream: u64, pattern: &str) -> What {
    What::StreamOpened { stream, selection: select(pattern), own: None }
}

pub fn message(stream: u64, kind: Kind, cursor: u64, head: u64) -> What {
    What::Message(Message { stream, kind, cursor: at(cursor), head: at(head) })
}

pub fn follows(follower: u64, from: u64) -> What {
    What::FollowerStarted { follower, selection: select("**"), from: Some(at(from)) }
}

pub fn handled(follower: u64, events: &[(u64, &str)], cursor: u64) -> What {
    What::Handled { follower, selection: select("**"), events: seen(events), cursor: at(cursor) }
}

pub fn started(earliest: u64, head: u64) -> What {
    What::Started { earliest: at(earliest), head: at(head) }
}

pub fn log(earliest: u64, head: u64, events: &[(u64, &str)]) -> What {
    What::Log { earliest: at(earliest), head: at(head), events: seen(events) }
}

/// One thing after the other.
pub fn told(tale: impl IntoIterator<Item = What>) -> History {
    let recorder = Recorder::new();
    tale.into_iter().for_each(|what| recorder.note(what));
    recorder.finish()
}

/// A history in which two things happen at the same time.
pub fn at_once(mut history: History, a: usize, b: usize) -> History {
    let began = history.entries[a].began.min(history.entries[b].began);
    for index in [a, b] {
        history.entries[index] = Entry { began, ..history.entries[index].clone() };
    }
    history
}
