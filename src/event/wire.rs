//! The protobuf encoding of `hintwire.v1.Event`, with the fields in order of number, so that `data`, the highest, comes
//! last and can be left off: the bytes that prost writes, with attributes sorted.

use bytes::BufMut;
use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint};

use super::Event;

const TOPIC: u32 = 1;
const KEY: u32 = 2;
const ID: u32 = 3;
const TYPE: u32 = 4;
const TIME: u32 = 5;
const CONTENT_TYPE: u32 = 6;
const ATTRIBUTES: u32 = 7;
const DELETED: u32 = 8;
const DATA: u32 = 9;

/// Encodes an event with the given time; returns the bytes and where the data field begins.
pub(super) fn encode(event: &Event, time: Option<(i64, i32)>) -> (Vec<u8>, usize) {
    let mut out = Vec::with_capacity(64 + event.topic.as_str().len() + event.data.len());
    put_nonempty(TOPIC, event.topic.as_str().as_bytes(), &mut out);
    put_nonempty(KEY, event.key.as_bytes(), &mut out);
    put_nonempty(ID, event.id.as_bytes(), &mut out);
    put_nonempty(TYPE, event.event_type.as_bytes(), &mut out);
    if let Some((seconds, nanos)) = time {
        let mut body = Vec::with_capacity(16);
        put_nonzero(1, seconds, &mut body);
        put_nonzero(2, i64::from(nanos), &mut body);
        put_bytes(TIME, &body, &mut out);
    }
    put_nonempty(CONTENT_TYPE, event.content_type.as_bytes(), &mut out);
    for (key, value) in &event.attributes {
        let mut body = Vec::with_capacity(key.len() + value.len() + 8);
        put_nonempty(1, key.as_bytes(), &mut body);
        put_nonempty(2, value.as_bytes(), &mut body);
        put_bytes(ATTRIBUTES, &body, &mut out);
    }
    put_nonzero(DELETED, i64::from(event.deleted), &mut out);
    let data_at = out.len();
    put_nonempty(DATA, &event.data, &mut out);
    (out, data_at)
}

fn put_nonempty(tag: u32, value: &[u8], out: &mut Vec<u8>) {
    if !value.is_empty() {
        put_bytes(tag, value, out);
    }
}

fn put_bytes(tag: u32, value: &[u8], out: &mut Vec<u8>) {
    encode_key(tag, WireType::LengthDelimited, out);
    encode_varint(value.len() as u64, out);
    out.put_slice(value);
}

fn put_nonzero(tag: u32, value: i64, out: &mut Vec<u8>) {
    if value != 0 {
        encode_key(tag, WireType::Varint, out);
        encode_varint(value.cast_unsigned(), out);
    }
}

/// Stored bytes that are no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an encoded event")]
pub struct Malformed;

/// The fields of an encoded event, borrowed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventView<'a> {
    /// The topic.
    pub topic: &'a str,
    /// The key.
    pub key: &'a str,
    /// The id.
    pub id: &'a str,
    /// The type.
    pub event_type: &'a str,
    /// When it happened: seconds since 1970 and nanoseconds.
    pub time: Option<(i64, i32)>,
    /// Media type of the data.
    pub content_type: &'a str,
    /// The attributes, sorted.
    pub attributes: Vec<(&'a str, &'a str)>,
    /// Whether it is a tombstone.
    pub deleted: bool,
    /// The payload; empty too if it was left off.
    pub data: &'a [u8],
}

impl<'a> EventView<'a> {
    /// Reads what [`Event::encode`] wrote, with or without its data.
    pub fn parse(wire: &'a [u8]) -> Result<Self, Malformed> {
        let mut view = Self::default();
        let mut rest = wire;
        while let Some(field) = next(&mut rest)? {
            match field {
                (TOPIC, Value::Bytes(value)) => view.topic = text(value)?,
                (KEY, Value::Bytes(value)) => view.key = text(value)?,
                (ID, Value::Bytes(value)) => view.id = text(value)?,
                (TYPE, Value::Bytes(value)) => view.event_type = text(value)?,
                (TIME, Value::Bytes(value)) => view.time = Some(time(value)?),
                (CONTENT_TYPE, Value::Bytes(value)) => view.content_type = text(value)?,
                (ATTRIBUTES, Value::Bytes(value)) => view.attributes.push(attribute(value)?),
                (DELETED, Value::Varint(value)) => view.deleted = value != 0,
                (DATA, Value::Bytes(value)) => view.data = value,
                _ => return Err(Malformed),
            }
        }
        Ok(view)
    }

    /// The value of an attribute.
    pub fn attribute(&self, key: &str) -> Option<&'a str> {
        self.attributes.iter().find(|(k, _)| *k == key).map(|(_, value)| *value)
    }
}

/// The topic of an encoded event: its first field.
pub(super) fn topic(mut wire: &[u8]) -> Result<&str, Malformed> {
    match next(&mut wire)? {
        Some((TOPIC, Value::Bytes(value))) => text(value),
        _ => Err(Malformed),
    }
}

/// Bytes of the payload of an event whose wire form has `len` bytes and whose data field begins at `data_at`.
pub(super) fn data_len(len: usize, data_at: usize) -> usize {
    let field = len.saturating_sub(data_at);
    // One byte of tag, then the length of the payload, in as many bytes as that length needs.
    (1..=field.min(10))
        .map(|varint| (varint, field.saturating_sub(1 + varint)))
        .find(|&(varint, data)| encoded_len_varint(data as u64) == varint)
        .map_or(0, |(_, data)| data)
}

enum Value<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
}

fn next<'a>(rest: &mut &'a [u8]) -> Result<Option<(u32, Value<'a>)>, Malformed> {
    if rest.is_empty() {
        return Ok(None);
    }
    let key = varint(rest)?;
    let value = varint(rest)?;
    let tag = u32::try_from(key >> 3).map_err(|_| Malformed)?;
    match key & 7 {
        0 => Ok(Some((tag, Value::Varint(value)))),
        2 => {
            let len = usize::try_from(value).map_err(|_| Malformed)?;
            let (bytes, after) = rest.split_at_checked(len).ok_or(Malformed)?;
            *rest = after;
            Ok(Some((tag, Value::Bytes(bytes))))
        }
        _ => Err(Malformed),
    }
}

fn varint(rest: &mut &[u8]) -> Result<u64, Malformed> {
    prost::encoding::decode_varint(rest).map_err(|_| Malformed)
}

fn text(value: &[u8]) -> Result<&str, Malformed> {
    std::str::from_utf8(value).map_err(|_| Malformed)
}

fn time(mut body: &[u8]) -> Result<(i64, i32), Malformed> {
    let mut time = (0, 0);
    while let Some(field) = next(&mut body)? {
        match field {
            (1, Value::Varint(seconds)) => time.0 = seconds.cast_signed(),
            (2, Value::Varint(nanos)) => {
                time.1 = i32::try_from(nanos.cast_signed()).map_err(|_| Malformed)?;
            }
            _ => return Err(Malformed),
        }
    }
    Ok(time)
}

fn attribute(mut body: &[u8]) -> Result<(&str, &str), Malformed> {
    let mut pair = ("", "");
    while let Some(field) = next(&mut body)? {
        match field {
            (1, Value::Bytes(key)) => pair.0 = text(key)?,
            (2, Value::Bytes(value)) => pair.1 = text(value)?,
            _ => return Err(Malformed),
        }
    }
    Ok(pair)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use prost::Message;

    use super::*;
    use crate::topic::Topic;
    use crate::v1;

    fn events() -> impl Strategy<Value = Event> {
        let attributes = prop::collection::btree_map(".{1,8}", ".{0,8}", 0..4);
        let time = prop::option::of((any::<i32>().prop_map(i64::from), 0..1_000_000_000));
        let texts = (".{0,9}", ".{0,9}", ".{0,9}", ".{0,9}");
        let data = prop::collection::vec(any::<u8>(), 0..300);
        (texts, time, attributes, data, any::<bool>()).prop_map(
            |((key, id, event_type, content_type), time, attributes, data, deleted)| Event {
                key,
                id,
                event_type,
                time,
                content_type,
                attributes,
                deleted,
                ..Event::new(Topic::parse("a/b", "topic").unwrap(), data)
            },
        )
    }

    proptest! {
        #[test]
        fn the_encoding_is_the_protobuf_that_any_client_reads(event in events()) {
            let read = v1::Event::decode(event.clone().encode().wire).unwrap();
            let expected = v1::Event {
                topic: event.topic.to_string(),
                key: event.key,
                id: event.id,
                r#type: event.event_type,
                time: event.time.map(|(seconds, nanos)| prost_types::Timestamp { seconds, nanos }),
                content_type: event.content_type,
                attributes: event.attributes.into_iter().collect(),
                deleted: event.deleted,
                data: event.data,
            };
            prop_assert_eq!(read, expected);
        }

        #[test]
        fn the_view_reads_back_every_field(event in events()) {
            let encoded = event.clone().encode();
            let view = EventView::parse(&encoded.wire).unwrap();
            let attributes: BTreeMap<_, _> =
                view.attributes.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
            prop_assert_eq!((view.topic, view.key, view.id), ("a/b", &*event.key, &*event.id));
            prop_assert_eq!((view.event_type, view.time), (&*event.event_type, event.time));
            prop_assert_eq!((view.content_type, view.deleted), (&*event.content_type, event.deleted));
            prop_assert_eq!(attributes, event.attributes);
            prop_assert_eq!(view.data, &event.data);
        }

        #[test]
        fn without_its_data_an_event_is_a_prefix_and_its_size_is_known(event in events()) {
            let encoded = event.clone().encode();
            let view = EventView::parse(&encoded.wire[..encoded.data_at]).unwrap();
            prop_assert_eq!(view.key, &event.key);
            prop_assert!(view.data.is_empty());
            prop_assert_eq!(data_len(encoded.wire.len(), encoded.data_at), event.data.len());
        }

        #[test]
        fn foreign_bytes_are_malformed_and_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = EventView::parse(&bytes);
        }
    }

    #[test]
    fn the_size_of_data_is_known_around_each_length_of_its_length() {
        for size in [0, 1, 127, 128, 129, 130, 16_383, 16_384, 16_385, 2_097_151, 2_097_152] {
            let event = Event::new(Topic::parse("t", "topic").unwrap(), vec![7; size]).encode();
            assert_eq!(data_len(event.wire.len(), event.data_at), size);
        }
    }
}
