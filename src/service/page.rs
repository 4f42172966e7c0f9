//! A page of events as a reply: copied from the bytes in which the events are kept, never encoded again.

use std::sync::Arc;

use prost::Message;
use prost::bytes::BufMut;
use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint, message};
use prost_types::Timestamp;

use super::codec::Reply;
use super::reply::timestamp;
use crate::cursor::TOKEN_CHARS;
use crate::event::StoredEvent;
use crate::hub::Hub;
use crate::v1;

/// The reply of Fetch.
pub type FetchPage = Page<v1::FetchResponse>;
/// The reply of Snapshot.
pub type SnapshotPage = Page<v1::SnapshotResponse>;

/// Field of the events in both replies.
const EVENTS: u32 = 1;
/// Fields of `hintwire.v1.StoredEvent`.
const CURSOR: u32 = 1;
const PUBLISH_TIME: u32 = 2;
const EVENT: u32 = 3;
const DATA_SIZE: u32 = 4;

/// A reply `M` whose events stand beside it. Protobuf messages that follow each other are one message, so the events
/// are written first and the rest after them.
pub struct Page<M> {
    /// Knows the tokens of places.
    pub hub: Arc<Hub>,
    /// The events.
    pub events: Vec<StoredEvent>,
    /// Leave their data off.
    pub omit_data: bool,
    /// All other fields.
    pub rest: M,
}

impl<M: Message + 'static> Reply for Page<M> {
    fn size(&self) -> usize {
        let events = self.events.iter().map(|event| field_size(self.line(event).size()));
        events.sum::<usize>() + self.rest.encoded_len()
    }

    fn write(&self, out: &mut impl BufMut) {
        for event in &self.events {
            let line = self.line(event);
            put_head(EVENTS, line.size(), out);
            line.write(out);
        }
        self.rest.encode_raw(out);
    }
}

impl<M> Page<M> {
    fn line<'a>(&'a self, event: &'a StoredEvent) -> Line<'a> {
        let whole: &[u8] = &event.wire;
        let kept = if self.omit_data { whole.get(..event.data_at).unwrap_or(whole) } else { whole };
        Line {
            cursor: self.hub.lineage().cursor(event.position).token(),
            publish_time: timestamp(event.published),
            event: kept,
            data_size: event.data_len() as u64,
        }
    }
}

/// One `hintwire.v1.StoredEvent`.
struct Line<'a> {
    cursor: [u8; TOKEN_CHARS],
    publish_time: Timestamp,
    event: &'a [u8],
    data_size: u64,
}

impl Line<'_> {
    fn size(&self) -> usize {
        field_size(TOKEN_CHARS)
            + message::encoded_len(PUBLISH_TIME, &self.publish_time)
            + field_size(self.event.len())
            + if self.data_size == 0 { 0 } else { 1 + encoded_len_varint(self.data_size) }
    }

    fn write(&self, out: &mut impl BufMut) {
        put_head(CURSOR, TOKEN_CHARS, out);
        out.put_slice(&self.cursor);
        message::encode(PUBLISH_TIME, &self.publish_time, out);
        put_head(EVENT, self.event.len(), out);
        out.put_slice(self.event);
        if self.data_size > 0 {
            encode_key(DATA_SIZE, WireType::Varint, out);
            encode_varint(self.data_size, out);
        }
    }
}

/// Bytes of a field whose number takes one byte.
pub fn field_size(len: usize) -> usize {
    1 + encoded_len_varint(len as u64) + len
}

/// Writes what stands before the bytes of a field.
pub fn put_head(tag: u32, len: usize, out: &mut impl BufMut) {
    encode_key(tag, WireType::LengthDelimited, out);
    encode_varint(len as u64, out);
}
