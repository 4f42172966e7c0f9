//! The text of Server-Sent Events.
//!
//! WHATWG HTML, 9.2.5 and 9.2.6 (`https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream`):
//! lines of `field: value`, ended here by LF; an empty line ends a block. What matters of it:
//! - A block with `data` is dispatched, under the name in `event`, and `id` becomes the last event ID. That ID stays until
//!   the next `id`, so a block without one says nothing about the reader's place.
//! - A block without `data` is not dispatched, but its `id` counts.
//! - `retry`, in milliseconds, counts as soon as its line is read. A line that begins with a colon is a comment.

use std::io::Write as _;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;

use crate::cursor::Cursor;
use crate::index::clock::millis;

/// Blocks, one after the other.
#[derive(Debug, Default)]
pub struct Wire(Vec<u8>);

impl Wire {
    /// From now on, the reader comes back so long after it has lost its connection. Belongs to the block that follows.
    pub fn retry(&mut self, after: Duration) {
        self.field("retry", millis(after));
    }

    /// A block that is dispatched. An `id` moves the reader to that place.
    pub fn message(&mut self, id: Option<Cursor>, event: &str, data: &impl Serialize) {
        self.id(id);
        self.field("event", event);
        // JSON breaks no line: within its strings, control characters are escaped.
        self.0.extend_from_slice(b"data: ");
        let _ = serde_json::to_writer(&mut self.0, data);
        self.0.extend_from_slice(b"\n\n");
    }

    /// A block that is not: it moves the reader to a place, or is a mere sign of life.
    pub fn quiet(&mut self, id: Option<Cursor>) {
        match id {
            Some(_) => self.id(id),
            None => self.0.extend_from_slice(b":\n"),
        }
        self.0.push(b'\n');
    }

    fn id(&mut self, id: Option<Cursor>) {
        if let Some(place) = id {
            self.field("id", place);
        }
    }

    /// Neither a name nor a value of ours has a line break.
    fn field(&mut self, name: &str, value: impl std::fmt::Display) {
        let _ = writeln!(self.0, "{name}: {value}");
    }

    /// Bytes so far.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A piece of the body.
    pub fn into_bytes(self) -> Bytes {
        self.0.into()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;
    use crate::cursor::{Incarnation, Position};
    use crate::event::{Event, StoredEvent};
    use crate::json;
    use crate::lineage::Lineage;
    use crate::topic::Topic;

    fn place() -> Cursor {
        Cursor { incarnation: Incarnation(1), position: Position(2) }
    }

    fn written(write: impl FnOnce(&mut Wire)) -> String {
        let mut wire = Wire::default();
        write(&mut wire);
        String::from_utf8(wire.into_bytes().to_vec()).unwrap()
    }

    #[test]
    fn a_message_is_its_id_its_name_and_its_data_and_an_empty_line() {
        let text = written(|wire| wire.message(Some(place()), "hint", &[1, 2]));
        assert_eq!(text, format!("id: {}\nevent: hint\ndata: [1,2]\n\n", place()));
        let text = written(|wire| wire.message(None, "snapshot", &"x"));
        assert_eq!(text, "event: snapshot\ndata: \"x\"\n\n");
    }

    #[test]
    fn a_quiet_block_has_no_data_and_a_retry_belongs_to_what_follows() {
        let text = written(|wire| {
            wire.retry(Duration::from_millis(1500));
            wire.quiet(Some(place()));
            wire.quiet(None);
        });
        assert_eq!(text, format!("retry: 1500\nid: {}\n\n:\n\n", place()));
    }

    #[test]
    fn data_is_one_line_whatever_is_in_it() {
        let event = Event {
            key: "line\nline\r\nline\r".into(),
            content_type: "application/json".into(),
            ..Event::new(Topic::parse("a", "topic").unwrap(), "{\r\n \"a\":\n\"b\\nc\"\r}")
        };
        let encoded = event.encode();
        let stored = StoredEvent {
            position: Position(2),
            published: crate::event::Micros(0),
            wire: encoded.wire,
            data_at: encoded.data_at,
        };
        let lineage = Lineage::new(Incarnation(1));
        let event = json::Event::kept(&stored, &lineage, false).unwrap();
        let text = written(|wire| wire.message(None, "event", &event));
        let data = text.strip_prefix("event: event\ndata: ").unwrap().strip_suffix("\n\n").unwrap();
        assert!(!data.contains(['\n', '\r']), "{data}");
        let _: &RawValue = serde_json::from_str(data).unwrap();
        assert!(data.contains(r#""data":{"a":"b\nc"}"#), "{data}");
    }
}
