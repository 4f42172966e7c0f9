//! A CloudEvent to be published.

use std::borrow::Cow;
use std::collections::HashMap;

use prost_types::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{ATTRIBUTES, DELETE, ID, NO_TYPE, PUT, SOURCE, TIME, VERSION, is_name};
use crate::error::Error;
use crate::json::media::{JSON, is_json};
use crate::json::payload::{self, Payload};
use crate::json::read::{Members, read};
use crate::json::time;
use crate::v1;

/// A CloudEvent of the JSON format.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct NewCloudEvent<'a> {
    #[serde(borrow)]
    members: Members<&'a RawValue>,
}

impl<'a> NewCloudEvent<'a> {
    /// The event. Its topic is the one given, or else its source names one.
    ///
    /// # Errors
    /// [`Error::InvalidField`] by the name that CloudEvents has for it.
    pub fn event(mut self, topic: Option<&str>) -> Result<v1::Event, Error> {
        if self.text("specversion")?.as_deref() != Some(VERSION) {
            return Err(Error::invalid("specversion", format!("is not {VERSION}")));
        }
        let (id, source) = (self.required("id")?, self.required("source")?);
        let (own_id, own_source) = (self.text(ID)?, self.text(SOURCE)?);
        let (topic, foreign) = place(topic, source)?;
        let time = self.time("time")?;
        let deleted = self.deleted()?;
        let (content_type, data) = self.data(deleted)?;
        let event = v1::Event {
            topic,
            key: self.text("subject")?.unwrap_or_default(),
            id: own_id.unwrap_or(id),
            r#type: Some(self.required("type")?).filter(|name| name != NO_TYPE).unwrap_or_default(),
            time: self.time(TIME)?.or(time),
            content_type,
            deleted,
            data,
            attributes: HashMap::new(),
        };
        let mut attributes = self.attributes()?;
        attributes.extend(own_source.or(foreign).map(|source| (SOURCE.to_owned(), source)));
        Ok(v1::Event { attributes, ..event })
    }

    /// A member that is there; null counts as absent.
    fn take(&mut self, name: &str) -> Option<&'a RawValue> {
        self.members.0.remove(name).filter(|raw| raw.get() != "null")
    }

    fn text(&mut self, name: &str) -> Result<Option<String>, Error> {
        self.take(name).map(|raw| text(raw, name).map(Cow::into_owned)).transpose()
    }

    fn required(&mut self, name: &str) -> Result<String, Error> {
        let missing = || Error::invalid(name, "is missing or empty");
        self.text(name)?.filter(|text| !text.is_empty()).ok_or_else(missing)
    }

    fn time(&mut self, name: &str) -> Result<Option<Timestamp>, Error> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let expected = "is not a time of RFC 3339 such as 2026-01-01T00:00:00Z";
        time::parse(&text).map(Some).ok_or_else(|| Error::invalid(name, expected))
    }

    fn deleted(&mut self) -> Result<bool, Error> {
        match self.text("method")?.as_deref() {
            None | Some(PUT) => Ok(false),
            Some(DELETE) => Ok(true),
            Some(_) => Err(Error::invalid("method", "is neither PUT nor DELETE")),
        }
    }

    /// Media type and data: JSON as itself, a text of another media type, or any bytes in Base64.
    fn data(&mut self, deleted: bool) -> Result<(String, bytes::Bytes), Error> {
        let kind = self.text("datacontenttype")?;
        let base64 = self.take("data_base64").map(|raw| text(raw, "data_base64")).transpose()?;
        // Here null is a value.
        let payload = Payload::of(self.members.0.remove("data"), base64, deleted)?;
        match (payload, kind) {
            (Payload::Absent, kind) => Ok((kind.unwrap_or_default(), Default::default())),
            (Payload::Bytes(bytes), kind) => Ok((kind.unwrap_or_default(), bytes)),
            (Payload::Json(raw), Some(kind)) if !is_json(&kind) => {
                Ok((kind, text(raw, "data")?.into_owned().into()))
            }
            (Payload::Json(raw), kind) => {
                Ok((kind.unwrap_or_else(|| JSON.to_owned()), payload::json(raw)?))
            }
        }
    }

    /// All that is left.
    fn attributes(mut self) -> Result<HashMap<String, String>, Error> {
        let others = self.text(ATTRIBUTES)?;
        let mut attributes = HashMap::new();
        for (name, raw) in self.members.0.into_iter().filter(|(_, raw)| raw.get() != "null") {
            if !is_name(&name) {
                return Err(Error::invalid(name, "is no name for an attribute: a-z and 0-9"));
            }
            let value = value(raw, &name)?;
            attributes.insert(name, value);
        }
        if let Some(others) = others {
            attributes.extend(read::<Members<String>>(&others, ATTRIBUTES)?.0);
        }
        Ok(attributes)
    }
}

/// The topic, and the source if it says something else.
fn place(topic: Option<&str>, source: String) -> Result<(String, Option<String>), Error> {
    let named = source.strip_prefix('/');
    match (topic, named) {
        (Some(topic), named) => {
            let foreign = named != Some(topic);
            Ok((topic.to_owned(), foreign.then_some(source)))
        }
        (None, Some(named)) => Ok((named.to_owned(), None)),
        (None, None) => {
            let why = "is not / and a topic; name the topic with ?topic= to keep another source";
            Err(Error::invalid("source", why))
        }
    }
}

fn text<'a>(raw: &'a RawValue, name: &str) -> Result<Cow<'a, str>, Error> {
    serde_json::from_str(raw.get()).map_err(|_| Error::invalid(name, "is not a string"))
}

/// An attribute's value as text: CloudEvents has booleans and integers besides.
fn value(raw: &RawValue, name: &str) -> Result<String, Error> {
    match raw.get() {
        plain @ ("true" | "false") => Ok(plain.to_owned()),
        number if number.parse::<i64>().is_ok() => Ok(number.to_owned()),
        string if string.starts_with('"') => text(raw, name).map(Cow::into_owned),
        _ => Err(Error::invalid(name, "is neither a string, an integer, true nor false")),
    }
}
