//! A stored event as a CloudEvent.

use std::collections::BTreeMap;

use prost_types::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::{DELETE, NO_TYPE, TAKEN, VERSION, is_name};
use crate::event::{Malformed, StoredEvent};
use crate::json::payload::served;
use crate::lineage::Lineage;
use crate::service::reply;

/// A stored event as a CloudEvent of the JSON format.
#[derive(Debug, Serialize, ToSchema)]
pub struct CloudEvent<'a> {
    specversion: &'static str,
    /// The cursor: the place just after the event.
    id: String,
    /// `/` and the topic.
    source: String,
    /// `dev.hintwire.event` if the event has none.
    r#type: &'a str,
    /// When the hub took it.
    time: String,
    /// The key.
    #[serde(skip_serializing_if = "str::is_empty")]
    subject: &'a str,
    /// `DELETE`: the key is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'static str>,
    /// The media type of the data.
    #[serde(skip_serializing_if = "str::is_empty")]
    datacontenttype: &'a str,
    /// The producer's id.
    #[serde(skip_serializing_if = "str::is_empty")]
    hintwireid: &'a str,
    /// When it happened, by the producer's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    hintwiretime: Option<String>,
    /// The attributes that CloudEvents can have, the producer's `hintwiresource` among them.
    #[serde(flatten)]
    extensions: BTreeMap<&'a str, &'a str>,
    /// All others: a JSON object, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    hintwireattributes: Option<String>,
    /// Data that is JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<serde_json::Value>)]
    data: Option<Box<RawValue>>,
    /// All other data.
    #[serde(skip_serializing_if = "Option::is_none")]
    data_base64: Option<String>,
}

impl<'a> CloudEvent<'a> {
    /// From what the hub keeps.
    ///
    /// # Errors
    /// It is no event.
    pub fn of(stored: &'a StoredEvent, lineage: &Lineage) -> Result<Self, Malformed> {
        let view = stored.view()?;
        let (data, data_base64) = served(view.content_type, view.data);
        let (extensions, others): (BTreeMap<_, _>, BTreeMap<_, _>) =
            view.attributes.into_iter().partition(|(name, value)| is_extension(name, value));
        let others = (!others.is_empty()).then(|| serde_json::to_string(&others).ok()).flatten();
        Ok(Self {
            specversion: VERSION,
            id: reply::token(lineage.cursor(stored.position)),
            source: format!("/{}", view.topic),
            r#type: if view.event_type.is_empty() { NO_TYPE } else { view.event_type },
            time: reply::timestamp(stored.published).to_string(),
            subject: view.key,
            method: view.deleted.then_some(DELETE),
            datacontenttype: view.content_type,
            hintwireid: view.id,
            hintwiretime: view
                .time
                .map(|(seconds, nanos)| Timestamp { seconds, nanos }.to_string()),
            extensions,
            hintwireattributes: others,
            data,
            data_base64,
        })
    }
}

/// Whether a CloudEvent can say it: its text has no control characters.
fn is_extension(name: &str, value: &str) -> bool {
    is_name(name) && !TAKEN.contains(&name) && !value.contains(char::is_control)
}
