//! One line of JSON, read as an event.

use std::collections::HashMap;

use hintwire::json::compact;
use hintwire::limits::{
    ATTRIBUTE_KEY_BYTES, ATTRIBUTE_VALUE_BYTES, ATTRIBUTES, ID_BYTES, KEY_BYTES, TIMESTAMP_SECONDS,
    TYPE_BYTES,
};
use hintwire::topic::Topic;
use hintwire::v1::Event;
use prost_types::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

/// What a line may hold.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    #[serde(default)]
    time: Option<i64>,
    topic: String,
    #[serde(default)]
    key: String,
    #[serde(borrow)]
    data: &'a RawValue,
    #[serde(default)]
    id: String,
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    content_type: Option<String>,
    #[serde(default)]
    attributes: HashMap<String, String>,
}

/// Reads a line. What the hub would refuse is refused here, so that it can be said of which line, before anything
/// after it is on its way.
pub fn parse(line: &[u8]) -> Result<Event, String> {
    // Fields without their names would be taken in the order in which they stand here.
    if line.trim_ascii_start().starts_with(b"[") {
        return Err("a line is an object, not an array".into());
    }
    let line: Line = serde_json::from_slice(line).map_err(|error| syntax(&error))?;
    let deleted = line.data.get() == "null";
    let json = || "application/json".to_owned();
    let event = Event {
        topic: line.topic,
        key: line.key,
        id: line.id,
        r#type: line.r#type,
        time: line.time.map(|seconds| Timestamp { seconds, nanos: 0 }),
        content_type: line
            .content_type
            .unwrap_or_else(|| if deleted { String::new() } else { json() }),
        attributes: line.attributes,
        deleted,
        data: if deleted { Default::default() } else { compact(line.data).into() },
    };
    check(&event)?;
    Ok(event)
}

fn check(event: &Event) -> Result<(), String> {
    let topic = Topic::parse(&event.topic, "topic").map_err(|error| error.to_string())?;
    if topic.is_the_hubs() {
        return Err("topic is one that the hub alone writes".into());
    }
    let in_range = |time: &Timestamp| TIMESTAMP_SECONDS.contains(&time.seconds);
    if !event.time.as_ref().is_none_or(in_range) {
        return Err("time is no time between the years 1 and 9999".into());
    }
    if event.deleted && event.key.is_empty() {
        return Err("data is null, a tombstone, but there is no key".into());
    }
    let named = [
        ("key", &event.key, KEY_BYTES),
        ("id", &event.id, ID_BYTES),
        ("type", &event.r#type, TYPE_BYTES),
        ("content_type", &event.content_type, TYPE_BYTES),
    ];
    named.into_iter().try_for_each(|(name, text, most)| within(name, text.len(), most))?;
    within("the number of attributes", event.attributes.len(), ATTRIBUTES)?;
    event.attributes.iter().try_for_each(|(key, value)| {
        if key.is_empty() {
            return Err("an attribute has an empty name".into());
        }
        within("the name of an attribute", key.len(), ATTRIBUTE_KEY_BYTES)?;
        within("the value of an attribute", value.len(), ATTRIBUTE_VALUE_BYTES)
    })
}

/// Checks a length or number against its limit.
pub fn within(name: &str, value: usize, most: usize) -> Result<(), String> {
    if value <= most { Ok(()) } else { Err(format!("{name} is {value}, over its limit of {most}")) }
}

/// The parser counts the lines of what it was given, and that is one: leave its number out.
fn syntax(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.split(" at line ").next().unwrap_or_default();
    format!("{what} (column {})", error.column())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_becomes_an_event_with_compact_data() {
        let line = br#"{"time":7,"topic":"a/b","key":"k","data":{"x": 1.0, "y": [1, 2]}}"#;
        let event = parse(line).unwrap();
        assert_eq!((event.topic.as_str(), event.key.as_str()), ("a/b", "k"));
        assert_eq!(event.time, Some(Timestamp { seconds: 7, nanos: 0 }));
        assert_eq!(event.data, r#"{"x":1.0,"y":[1,2]}"#);
        assert_eq!((event.content_type.as_str(), event.deleted), ("application/json", false));
    }

    #[test]
    fn null_is_a_tombstone() {
        let event = parse(br#"{"topic":"a","key":"k","data": null }"#).unwrap();
        assert!(event.deleted && event.data.is_empty() && event.content_type.is_empty());
    }

    #[test]
    fn a_bad_line_says_what_is_wrong_with_it() {
        let long = format!(r#"{{"topic":"a","key":"{}","data":1}}"#, "k".repeat(513));
        for (line, expected) in [
            ("{", "EOF while parsing an object (column 1)"),
            (r#"{"topic":"a","data":1} x"#, "trailing characters (column 24)"),
            (r#"{"topic":"a"}"#, "missing field `data`"),
            (r#" [1,"a","k",1]"#, "not an array"),
            (r#"{"data":1}"#, "missing field `topic`"),
            (r#"{"topic":"a","data":1,"keys":"b"}"#, "unknown field `keys`"),
            (r#"{"topic":"a","time":"now","data":1}"#, "invalid type: string \"now\""),
            (r#"{"topic":"a","time":253402300800,"data":1}"#, "time is no time"),
            (r#"{"topic":"a//b","data":1}"#, "topic has an empty segment"),
            (r#"{"topic":"~hintwire/x","data":1}"#, "the hub alone"),
            (r#"{"topic":"a","data":null}"#, "there is no key"),
            (long.as_str(), "key is 513, over its limit of 512"),
        ] {
            let error = parse(line.as_bytes()).unwrap_err();
            assert!(error.contains(expected), "{line}: {error}");
        }
        assert!(parse(b"{\"topic\":\"a\",\"data\":\"\xff\"}").is_err());
    }
}
