//! From the words of the hub, in process or on the wire, to those of a history.

use std::sync::Arc;

use hintwire::cursor::Cursor;
use hintwire::error::{Error, WriteOutcome};
use hintwire::event::{Event, EventView, StoredEvent};
use hintwire::hub::{self, Fetched, Hint, HintKind};
use hintwire::lineage::Lineage;
use hintwire::topic::Topic;
use hintwire::{client, v1};

use super::history::{Kind, Message, Page, Refusal, Seen, Start};

/// An event as the backlog holds it.
pub fn seen(lineage: &Lineage, stored: &StoredEvent) -> Seen {
    let view = stored.view().expect("a stored event can be read");
    (lineage.cursor(stored.position), Arc::new(event(&view)))
}

fn event(view: &EventView<'_>) -> Event {
    let attributes = view.attributes.iter().map(|(key, value)| ((*key).into(), (*value).into()));
    Event {
        topic: Topic::parse(view.topic, "topic").expect("a stored topic is one"),
        key: view.key.into(),
        id: view.id.into(),
        event_type: view.event_type.into(),
        time: view.time,
        content_type: view.content_type.into(),
        attributes: attributes.collect(),
        deleted: view.deleted,
        data: view.data.to_vec().into(),
    }
}

/// A page of the hub.
pub fn page(lineage: &Lineage, fetched: &Fetched) -> Page {
    Page {
        events: fetched.events.iter().map(|stored| seen(lineage, stored)).collect(),
        next: fetched.next,
        head: fetched.head,
        has_more: fetched.has_more,
    }
}

/// A hint of the hub.
pub fn message(stream: u64, hint: &Hint) -> Message {
    let kind = match hint.kind {
        HintKind::Confirmed => Kind::Confirmed,
        HintKind::Changed => Kind::Changed,
        HintKind::Heartbeat => Kind::Heartbeat,
        HintKind::Reconnect { .. } => Kind::Reconnect,
    };
    Message { stream, kind, cursor: hint.cursor, head: hint.head }
}

/// An event as a client gets it.
pub fn seen_on_wire(stored: &v1::StoredEvent) -> Seen {
    let event = stored.event.as_ref().expect("a stored event carries its event");
    (cursor(&stored.cursor), Arc::new(event_on_wire(event)))
}

/// An event as a client sends it.
pub fn event_on_wire(event: &v1::Event) -> Event {
    Event {
        topic: Topic::parse(&event.topic, "topic").expect("a topic"),
        key: event.key.clone(),
        id: event.id.clone(),
        event_type: event.r#type.clone(),
        time: event.time.as_ref().map(|time| (time.seconds, time.nanos)),
        content_type: event.content_type.clone(),
        attributes: event.attributes.clone().into_iter().collect(),
        deleted: event.deleted,
        data: event.data.clone(),
    }
}

/// A page as a client gets it.
pub fn page_on_wire(fetched: &v1::FetchResponse) -> Page {
    Page {
        events: fetched.events.iter().map(seen_on_wire).collect(),
        next: cursor(&fetched.next_cursor),
        head: cursor(&fetched.head),
        has_more: fetched.has_more,
    }
}

/// A hint as a client gets it. An unknown kind counts as a heartbeat.
pub fn message_on_wire(stream: u64, hint: &v1::SubscribeResponse) -> Message {
    use v1::subscribe_response::Kind as Wire;
    let kind = match hint.kind() {
        Wire::Confirmed => Kind::Confirmed,
        Wire::Changed => Kind::Changed,
        Wire::Reconnect => Kind::Reconnect,
        _ => Kind::Heartbeat,
    };
    Message { stream, kind, cursor: cursor(&hint.cursor), head: cursor(&hint.head) }
}

/// A token of the hub.
pub fn cursor(token: &str) -> Cursor {
    token.parse().expect("the hub's cursors are well-formed")
}

impl From<hub::Start> for Start {
    fn from(start: hub::Start) -> Self {
        match start {
            hub::Start::Cursor(cursor) => Self::Cursor(cursor),
            hub::Start::Time(time) => Self::Time(time),
            hub::Start::Earliest => Self::Earliest,
            hub::Start::Latest => Self::Latest,
        }
    }
}

impl From<&Error> for Refusal {
    fn from(error: &Error) -> Self {
        let unknown = *error == Error::BacklogFailed { outcome: WriteOutcome::Unknown };
        let status = tonic::Status::from(error.clone());
        Self { reason: client::Error::from(status).reason().into(), unknown }
    }
}

/// Without a reason of the hub's, a publish may have been written.
impl From<&client::Error> for Refusal {
    fn from(error: &client::Error) -> Self {
        let outcome = error.metadata().get("outcome").map(String::as_str);
        let unknown = error.reason().is_empty() || outcome == Some("unknown");
        let reason =
            if error.reason().is_empty() { error.to_string() } else { error.reason().into() };
        Self { reason, unknown }
    }
}

impl From<tonic::Status> for Refusal {
    fn from(status: tonic::Status) -> Self {
        (&client::Error::from(status)).into()
    }
}
