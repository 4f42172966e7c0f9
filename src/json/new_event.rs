//! One JSON object as an event to be published.

use std::borrow::Cow;

use prost_types::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::media::{JSON, is_json};
use super::payload::{self, Payload};
use super::read::Members;
use super::time;
use crate::error::Error;
use crate::v1;

/// An event to be published, in the form in which it is served: what was fetched can be published again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEvent<'a> {
    /// The topic.
    topic: String,
    /// What it is about within the topic.
    #[serde(default)]
    key: String,
    /// Makes it idempotent within its topic.
    #[serde(default)]
    id: String,
    /// A word for filters.
    #[serde(default)]
    r#type: String,
    /// When it happened: RFC 3339.
    #[serde(default, deserialize_with = "time::deserialize")]
    #[schema(value_type = Option<String>, format = DateTime)]
    time: Option<Timestamp>,
    /// The media type of the data. Default `application/json` with `data`, else none.
    content_type: Option<String>,
    /// Words for filters and for the consumer.
    #[serde(default)]
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    attributes: Members<String>,
    /// A tombstone: the key is gone. Needs a key and no data.
    #[serde(default)]
    deleted: bool,
    /// Data that is JSON.
    #[serde(borrow, default, deserialize_with = "payload::present")]
    #[schema(value_type = Option<serde_json::Value>)]
    data: Option<&'a RawValue>,
    /// Any data, in Base64. It and `data` exclude each other.
    #[serde(borrow)]
    data_base64: Option<Cow<'a, str>>,
    /// Of the fetched event; the hub gives it a new one.
    #[serde(rename = "cursor")]
    #[schema(value_type = Option<String>)]
    _cursor: Option<IgnoredAny>,
    /// Of the fetched event; the hub gives it a new one.
    #[serde(rename = "publish_time")]
    #[schema(value_type = Option<String>)]
    _publish_time: Option<IgnoredAny>,
    /// Of the fetched event. Without data it must be 0, lest an event that was fetched without is published empty.
    #[serde(default)]
    data_size: u64,
}

impl NewEvent<'_> {
    /// The event, in the words of the API; what it may hold besides, the hub checks.
    ///
    /// # Errors
    /// [`Error::InvalidField`], its name without that of the event.
    pub fn event(self) -> Result<v1::Event, Error> {
        let payload = Payload::of(self.data, self.data_base64, self.deleted)?;
        let (content_type, data) = match payload {
            Payload::Absent if self.data_size > 0 => {
                return Err(Error::invalid("data_size", "says that data was left out"));
            }
            Payload::Absent => (self.content_type.unwrap_or_default(), Default::default()),
            Payload::Bytes(bytes) => (self.content_type.unwrap_or_default(), bytes),
            Payload::Json(raw) => {
                let content_type = self.content_type.unwrap_or_else(|| JSON.to_owned());
                if !is_json(&content_type) {
                    let why = "is not JSON, as data is; send the bytes as data_base64";
                    return Err(Error::invalid("content_type", why));
                }
                (content_type, payload::json(raw)?)
            }
        };
        Ok(v1::Event {
            topic: self.topic,
            key: self.key,
            id: self.id,
            r#type: self.r#type,
            time: self.time,
            content_type,
            attributes: self.attributes.0.into_iter().collect(),
            deleted: self.deleted,
            data,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Object, read};

    fn event(text: &str) -> Result<v1::Event, Error> {
        read::<Object<NewEvent>>(text, "events[0]")?.0.event()
    }

    fn refused(text: &str) -> String {
        match event(text).unwrap_err() {
            Error::InvalidField { field, .. } => field,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn json_is_kept_as_written_and_null_is_json_too() {
        let of = |text: &str| {
            let event = event(text).unwrap();
            (event.content_type, event.data.to_vec())
        };
        let json = |data: &str| ("application/json".to_owned(), data.as_bytes().to_vec());
        assert_eq!(
            of(r#"{"topic":"a","data":{"b":1.50, "a":1e400}}"#),
            json(r#"{"b":1.50,"a":1e400}"#)
        );
        assert_eq!(of(r#"{"topic":"a","data":null}"#), json("null"));
        assert_eq!(of(r#"{"topic":"a"}"#), (String::new(), vec![]));
        assert_eq!(of(r#"{"topic":"a","data_base64":"AP8="}"#), (String::new(), vec![0, 255]));
        let named = of(r#"{"topic":"a","content_type":"text/json","data":"\u00e4"}"#);
        assert_eq!(named, ("text/json".to_owned(), br#""\u00e4""#.to_vec()));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let deep = format!(r#"{{"topic":"a","data":{}{}}}"#, "[".repeat(101), "]".repeat(101));
        for (text, field) in [
            (r#"{"topic":"a","data":1,"data_base64":""}"#, "data_base64"),
            (r#"{"topic":"a","data_base64":"AP8"}"#, "data_base64"),
            (r#"{"topic":"a","data":1,"content_type":"text/plain"}"#, "content_type"),
            (r#"{"topic":"a","data_size":3}"#, "data_size"),
            (&deep, "data"),
            (r#"{"topic":"a","time":"yesterday"}"#, "events[0].time"),
            (r#"{"topic":"a","attributes":{"k":1}}"#, "events[0].attributes.k"),
            (r#"{"topic":"a","attributes":{"k":"1","k":"1"}}"#, "events[0].attributes"),
            (r#"{"topic":"a","topic":"a"}"#, "events[0]"),
            (r#"{"topic":"a","keys":"b"}"#, "events[0].keys"),
            (r#"{}"#, "events[0]"),
            (r#"["a"]"#, "events[0]"),
        ] {
            assert_eq!(refused(text), field, "{text}");
        }
    }

    #[test]
    fn a_tombstone_may_say_that_its_data_is_null() {
        let event = event(r#"{"topic":"a","key":"k","deleted":true,"data":null}"#).unwrap();
        assert!(event.deleted && event.data.is_empty() && event.content_type.is_empty());
    }
}
