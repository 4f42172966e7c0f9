//! Events: what is published, and the form in which they are kept.
//!
//! An event is encoded once, where it comes in, as the protobuf `hintwire.v1.Event`, its data last. In that form it
//! is written, kept and served, so that a page is a copy.

mod check;
mod wire;

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

pub use check::check_batch;
pub use wire::{EventView, Malformed};

use crate::cursor::Position;
use crate::topic::{Filter, Topic};

/// An event as published. Limits are checked where it comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The topic.
    pub topic: Topic,
    /// What it is about within the topic; may be empty.
    pub key: String,
    /// Makes it idempotent, unless empty.
    pub id: String,
    /// A word for filters; may be empty.
    pub event_type: String,
    /// When it happened, by the producer's clock: seconds since 1970 and nanoseconds. Never interpreted.
    pub time: Option<(i64, i32)>,
    /// Media type of the data; may be empty.
    pub content_type: String,
    /// Words for filters and the consumer.
    pub attributes: BTreeMap<String, String>,
    /// A tombstone: the key is gone.
    pub deleted: bool,
    /// The payload.
    pub data: Bytes,
}

impl Event {
    /// An event with a topic and data, all else empty.
    pub fn new(topic: Topic, data: impl Into<Bytes>) -> Self {
        Self {
            topic,
            key: String::new(),
            id: String::new(),
            event_type: String::new(),
            time: None,
            content_type: String::new(),
            attributes: BTreeMap::new(),
            deleted: false,
            data: data.into(),
        }
    }

    /// The form in which the backlog takes it.
    pub fn encode(self) -> EncodedEvent {
        let (wire, data_at) = wire::encode(&self, self.time);
        let once = (!self.id.is_empty()).then(|| Once::of(&self));
        EncodedEvent {
            head: EventHead {
                topic: self.topic,
                key: self.key,
                event_type: self.event_type,
                attributes: self.attributes,
                deleted: self.deleted,
            },
            once,
            wire: wire.into(),
            data_at,
        }
    }
}

/// What must be known of an event without looking into its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventHead {
    /// The topic.
    pub topic: Topic,
    /// The key; may be empty.
    pub key: String,
    /// The type; may be empty.
    pub event_type: String,
    /// The attributes.
    pub attributes: BTreeMap<String, String>,
    /// Whether it is a tombstone.
    pub deleted: bool,
}

impl EventHead {
    /// Whether it passes a filter.
    pub fn passes(&self, filter: &Filter) -> bool {
        filter.passes(&self.event_type, |key| self.attributes.get(key).map(String::as_str))
    }
}

/// An event, encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedEvent {
    /// What must be known of it.
    pub head: EventHead,
    /// Its identity, if it is idempotent.
    pub once: Option<Once>,
    /// The protobuf `hintwire.v1.Event`, data last.
    pub wire: Bytes,
    /// Where in `wire` the data field begins; its length if there is no data.
    pub data_at: usize,
}

/// The identity of an idempotent event: 128-bit prefixes of SHA-256, so that no caller can make two that collide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Once {
    /// Of topic and id.
    pub id: [u8; 16],
    /// Of all fields but `time`.
    pub content: [u8; 16],
}

impl Once {
    /// The identity of an event with an id.
    pub fn of(event: &Event) -> Self {
        Self {
            id: digest(&[event.topic.as_str().as_bytes(), b"\0", event.id.as_bytes()]),
            content: digest(&[&wire::encode(event, None).0]),
        }
    }
}

fn digest(parts: &[&[u8]]) -> [u8; 16] {
    let mut sha = Sha256::new();
    parts.iter().for_each(|part| sha.update(part));
    let full: [u8; 32] = sha.finalize().into();
    let mut prefix = [0; 16];
    prefix.iter_mut().zip(full).for_each(|(to, from)| *to = from);
    prefix
}

/// An event as the backlog holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// The place just after it.
    pub position: Position,
    /// When the hub took it.
    pub published: Micros,
    /// The protobuf `hintwire.v1.Event`, data last.
    pub wire: Bytes,
    /// Where in `wire` the data field begins; its length if there is no data.
    pub data_at: usize,
}

impl StoredEvent {
    /// Bytes of its payload.
    pub fn data_len(&self) -> usize {
        wire::data_len(self.wire.len(), self.data_at)
    }

    /// Its topic.
    pub fn topic(&self) -> Result<&str, Malformed> {
        wire::topic(&self.wire)
    }

    /// Reads its fields.
    pub fn view(&self) -> Result<EventView<'_>, Malformed> {
        EventView::parse(&self.wire)
    }
}

/// Microseconds since 1970, by the hub's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Micros(pub u64);

impl Micros {
    /// The time now.
    pub fn now() -> Self {
        Self::from(SystemTime::now())
    }
}

impl From<SystemTime> for Micros {
    fn from(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
    }
}

impl From<Micros> for SystemTime {
    fn from(time: Micros) -> Self {
        UNIX_EPOCH + Duration::from_micros(time.0)
    }
}
