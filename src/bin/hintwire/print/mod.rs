//! What reaches standard output.

pub mod escape;

use std::io::{self, BufWriter, Stdout, Write};
use std::time::Duration;

use hintwire::json::Event;
use hintwire::v1;
use prost_types::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

/// Standard output, as text or as JSON lines.
pub struct Output {
    to: BufWriter<Stdout>,
    json: bool,
}

impl Output {
    pub fn new(json: bool) -> Self {
        Self { to: BufWriter::new(io::stdout()), json }
    }

    /// One line: the JSON, or the text with what does not print escaped.
    pub fn line(&mut self, json: &impl Serialize, text: impl FnOnce() -> String) -> io::Result<()> {
        if self.json {
            let line = serde_json::to_string(json)?;
            writeln!(self.to, "{}", escape::json(&line))
        } else {
            writeln!(self.to, "{}", escape::text(&text()))
        }
    }

    pub fn event(&mut self, stored: &v1::StoredEvent) -> io::Result<()> {
        let none = v1::Event::default();
        let event = stored.event.as_ref().unwrap_or(&none);
        if self.json {
            return self.line(&Event::of(stored, event), String::new);
        }
        writeln!(self.to, "{}", event_text(stored, event))
    }

    /// Names and values, one a line; as JSON one object.
    pub fn fields(&mut self, fields: &Map<String, Value>) -> io::Result<()> {
        if self.json {
            return self.line(fields, String::new);
        }
        self.fields_under("", fields)
    }

    fn fields_under(&mut self, prefix: &str, fields: &Map<String, Value>) -> io::Result<()> {
        for (name, value) in fields {
            let name = format!("{prefix}{name}");
            match value {
                Value::Object(inner) => self.fields_under(&format!("{name}."), inner)?,
                Value::String(text) => {
                    writeln!(self.to, "{name:22} {}", or_dash(escape::text(text)))?
                }
                Value::Null => writeln!(self.to, "{name:22} -")?,
                other => writeln!(self.to, "{name:22} {}", escape::json(&other.to_string()))?,
            }
        }
        Ok(())
    }

    /// Where to go on: the last line of JSON, and beside the text, on standard error.
    pub fn end(&mut self, json: &impl Serialize, text: impl FnOnce() -> String) -> io::Result<()> {
        if self.json {
            self.line(json, String::new)?;
        }
        self.flush()?;
        if !self.json {
            eprintln!("{}", escape::text(&text()));
        }
        Ok(())
    }

    /// Shows what was printed so far.
    pub fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// `TIME TOPIC KEY DATA`, each escaped; a key or data that is empty is `-`.
fn event_text(stored: &v1::StoredEvent, event: &v1::Event) -> String {
    let published = stored.publish_time.as_ref().map(time).unwrap_or_default();
    let data = match (event.deleted, event.data.len()) {
        (true, _) => "(deleted)".into(),
        (false, 0) if stored.data_size > 0 => format!("({} bytes)", stored.data_size),
        _ => or_dash(escape::bytes(&event.data)),
    };
    let (topic, key) = (escape::text(&event.topic), or_dash(escape::text(&event.key)));
    format!("{published} {topic} {key} {data}")
}

fn or_dash(text: String) -> String {
    if text.is_empty() { "-".into() } else { text }
}

/// A time in RFC 3339.
pub fn time(time: &Timestamp) -> String {
    time.to_string()
}

/// A duration that came over the wire, for people: to the millisecond.
pub fn duration(duration: Option<prost_types::Duration>) -> String {
    let duration: Duration = duration.and_then(|wire| wire.try_into().ok()).unwrap_or_default();
    let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    hintwire::config::human::format_duration(Duration::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_that_a_terminal_can_be_shown() {
        let event = v1::Event {
            topic: "a\x1b]0;evil\x07".into(),
            key: "k\u{9b}2J".into(),
            data: b"line\nline\xff"[..].into(),
            ..v1::Event::default()
        };
        let stored = v1::StoredEvent {
            publish_time: Some(Timestamp { seconds: 0, nanos: 5_000_000 }),
            ..v1::StoredEvent::default()
        };
        assert_eq!(
            event_text(&stored, &event),
            r"1970-01-01T00:00:00.005Z a\u{1b}]0;evil\u{7} k\u{9b}2J line\nline\xff"
        );
    }

    #[test]
    fn any_time_that_the_api_can_carry_prints() {
        for seconds in [i64::MIN, -1, 253_402_300_800, i64::MAX] {
            for nanos in [i32::MIN, -1, 0, i32::MAX] {
                assert!(!time(&Timestamp { seconds, nanos }).is_empty());
            }
        }
    }
}
