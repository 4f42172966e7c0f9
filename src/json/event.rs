//! A stored event as one JSON object.

use std::borrow::Cow;
use std::collections::BTreeMap;

use prost_types::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::payload::served;
use crate::event::{EventView, Malformed, StoredEvent};
use crate::lineage::Lineage;
use crate::service::reply;
use crate::v1;

/// An event as one JSON object; times are RFC 3339.
#[derive(Debug, Serialize, ToSchema)]
pub struct Event<'a> {
    /// The place just after it.
    cursor: Cow<'a, str>,
    /// When the hub took it.
    publish_time: Option<String>,
    topic: &'a str,
    key: &'a str,
    id: &'a str,
    r#type: &'a str,
    /// When it happened, by the producer's clock.
    time: Option<String>,
    content_type: &'a str,
    attributes: BTreeMap<&'a str, &'a str>,
    /// A tombstone: the key is gone.
    deleted: bool,
    /// JSON as itself, all else in Base64; neither if there is none, or if it was left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<serde_json::Value>)]
    data: Option<Box<RawValue>>,
    /// Data that is not JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    data_base64: Option<String>,
    /// Bytes of the data, whether it is here or was left out.
    data_size: i32,
}

impl<'a> Event<'a> {
    /// The JSON of an event, and of what the hub has added to it, as they came over the wire.
    pub fn of(stored: &'a v1::StoredEvent, event: &'a v1::Event) -> Self {
        let view = EventView {
            topic: &event.topic,
            key: &event.key,
            id: &event.id,
            event_type: &event.r#type,
            time: event.time.as_ref().map(|time| (time.seconds, time.nanos)),
            content_type: &event.content_type,
            attributes: event.attributes.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect(),
            deleted: event.deleted,
            data: &event.data,
        };
        let added = Self { cursor: Cow::Borrowed(&stored.cursor), ..Self::viewed(view) };
        let publish_time = stored.publish_time.as_ref().map(ToString::to_string);
        Self { publish_time, data_size: stored.data_size, ..added }
    }

    /// The JSON of an event as the hub keeps it, with or without its data.
    ///
    /// # Errors
    /// It is no event.
    pub fn kept(
        stored: &'a StoredEvent,
        lineage: &Lineage,
        omit_data: bool,
    ) -> Result<Self, Malformed> {
        let mut view = stored.view()?;
        if omit_data {
            view.data = &[];
        }
        Ok(Self {
            cursor: Cow::Owned(reply::token(lineage.cursor(stored.position))),
            publish_time: Some(reply::timestamp(stored.published).to_string()),
            data_size: reply::count(stored.data_len()),
            ..Self::viewed(view)
        })
    }

    /// Without what the hub adds.
    fn viewed(view: EventView<'a>) -> Self {
        let (data, data_base64) = served(view.content_type, view.data);
        Self {
            cursor: Cow::default(),
            publish_time: None,
            topic: view.topic,
            key: view.key,
            id: view.id,
            r#type: view.event_type,
            time: view.time.map(|(seconds, nanos)| Timestamp { seconds, nanos }.to_string()),
            content_type: view.content_type,
            attributes: view.attributes.into_iter().collect(),
            deleted: view.deleted,
            data,
            data_base64,
            data_size: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(content_type: &str, data: &'static [u8]) -> String {
        let event = v1::Event {
            content_type: content_type.into(),
            data: data.into(),
            ..v1::Event::default()
        };
        let stored = v1::StoredEvent::default();
        let line = serde_json::to_string(&Event::of(&stored, &event)).unwrap();
        let (_, data) = line.split_once(r#""deleted":false,"#).unwrap();
        data.trim_end_matches(r#""data_size":0}"#).trim_end_matches(',').into()
    }

    #[test]
    fn json_data_is_embedded_and_all_else_is_base64() {
        assert_eq!(printed("application/json", b"{\n\"a\": 1}"), r#""data":{"a":1}"#);
        assert_eq!(printed("application/cloudevents+JSON; v=1", b"1"), r#""data":1"#);
        assert_eq!(printed("application/json", b"{\"a\": 1"), r#""data_base64":"eyJhIjogMQ==""#);
        assert_eq!(printed("text/plain", b"1"), r#""data_base64":"MQ==""#);
        assert_eq!(printed("application/json", b""), "");
        let deep = |depth: usize| ["[".repeat(depth), "]".repeat(depth)].concat().leak().as_bytes();
        assert!(printed("application/json", deep(100)).starts_with(r#""data":[["#));
        assert!(printed("application/json", deep(101)).starts_with(r#""data_base64":"#));
    }
}
