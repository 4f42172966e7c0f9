//! The data of an event as JSON says it: as itself, or in Base64.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use serde::de::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::compact::{compact, depth};
use super::media::is_json;
use crate::error::Error;
use crate::limits::JSON_DEPTH;

/// What an object says of an event's data.
pub enum Payload<'a> {
    /// Nothing.
    Absent,
    /// A value in `data`.
    Json(&'a RawValue),
    /// What `data_base64` stands for.
    Bytes(Bytes),
}

impl<'a> Payload<'a> {
    /// From the two members. A tombstone may say that its data is null, which is nothing.
    ///
    /// # Errors
    /// Both are there, or it is not Base64.
    pub fn of(
        data: Option<&'a RawValue>,
        base64: Option<Cow<'a, str>>,
        deleted: bool,
    ) -> Result<Self, Error> {
        match (data, base64) {
            (None, None) => Ok(Self::Absent),
            (Some(raw), None) if deleted && raw.get() == "null" => Ok(Self::Absent),
            (Some(raw), None) => Ok(Self::Json(raw)),
            (None, Some(text)) => match BASE64.decode(text.as_bytes()) {
                Ok(bytes) => Ok(Self::Bytes(bytes.into())),
                Err(error) => Err(Error::invalid("data_base64", format!("is not Base64: {error}"))),
            },
            (Some(_), Some(_)) => Err(Error::invalid("data_base64", "and data exclude each other")),
        }
    }
}

/// JSON data as it is kept: as written, without the white space between its parts.
///
/// # Errors
/// It is nested too deeply to be served as JSON.
pub fn json(raw: &RawValue) -> Result<Bytes, Error> {
    if depth(raw) > JSON_DEPTH {
        let why = format!("is nested deeper than {JSON_DEPTH}; send it as data_base64");
        return Err(Error::invalid("data", why));
    }
    Ok(compact(raw).into())
}

/// Data as it is served: JSON as itself, all else in Base64; neither if there is none.
pub fn served(content_type: &str, data: &[u8]) -> (Option<Box<RawValue>>, Option<String>) {
    let json = is_json(content_type).then(|| embeddable(data)).flatten();
    let base64 = (json.is_none() && !data.is_empty()).then(|| BASE64.encode(data));
    (json, base64)
}

/// Data that can stand in JSON as itself: it is JSON, and none that loses the reader the whole page.
fn embeddable(data: &[u8]) -> Option<Box<RawValue>> {
    let raw: &RawValue = serde_json::from_slice(data).ok()?;
    if depth(raw) > JSON_DEPTH {
        return None;
    }
    RawValue::from_string(compact(raw)).ok()
}

/// A member that is there, be it null.
pub fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<&'de RawValue>, D::Error> {
    Deserialize::deserialize(from).map(Some)
}
