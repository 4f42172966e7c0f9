//! What makes two events the same.

use hintwire::event::Event;

/// A topic and an id within it.
pub type Id<'a> = (&'a str, &'a str);

/// What tells events of a campaign apart.
pub type Content<'a> = (&'a str, &'a str, &'a str, &'a [u8]);

/// The identity of an idempotent event.
pub fn id(event: &Event) -> Option<Id<'_>> {
    (!event.id.is_empty()).then_some((event.topic.as_str(), event.id.as_str()))
}

/// Topic, key, id and data.
pub fn content(event: &Event) -> Content<'_> {
    (event.topic.as_str(), &event.key, &event.id, &event.data)
}

/// Whether all fields but `time` are the same.
pub fn same(a: &Event, b: &Event) -> bool {
    a == b || Event { time: None, ..a.clone() } == Event { time: None, ..b.clone() }
}
