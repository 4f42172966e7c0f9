//! Subscribe: the hints of a subscription as a stream of messages.
//!
//! A crowd is told the same, so that is encoded once, by the first who is told.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::Stream;
use prost::Message as _;
use prost::bytes::{BufMut, Bytes};
use tonic::Status;

use super::codec::Reply;
use super::{Connection, Service, parse, reply};
use crate::error::Error;
use crate::hub::{Hint, HintKind, News, ReconnectReason, Subscribe, Subscription};
use crate::v1;
use crate::v1::subscribe_response as wire;

/// Answers one call.
pub async fn call(service: &Service, request: v1::SubscribeRequest) -> Result<Hints, Error> {
    let limits = &service.limits;
    let selection = parse::selection(&request.topics, request.types, request.attributes, limits)?;
    let subscribe = Subscribe {
        selection: service.access.grant(selection)?,
        cursor: parse::cursor(&request.cursor, "cursor")?,
        min_interval: parse::duration(request.min_interval, "min_interval")?,
    };
    let hints = service.hub.subscribe(subscribe).await?;
    Ok(Hints { hints, connection: Arc::clone(&service.connection) })
}

/// The stream of one subscriber. It never ends with an error: after RECONNECT comes OK.
pub struct Hints {
    hints: Subscription,
    connection: Arc<Connection>,
}

impl Stream for Hints {
    type Item = Result<Message, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let hint = ready!(Pin::new(&mut self.hints).poll_next(cx));
        if let Some(hint) = &hint {
            self.connection.told(hint);
        }
        Poll::Ready(hint.map(|hint| Ok(Message(hint))))
    }
}

/// One message: what is shared with others as bytes, and after it the fields of this stream alone, which together are
/// one protobuf message.
pub struct Message(Hint);

impl Message {
    fn shared(&self) -> &Bytes {
        self.0.news.encoded(|news| encode(news).encode_to_vec().into())
    }

    fn own(&self) -> v1::SubscribeResponse {
        let (kind, reason, after) = kind(self.0.kind);
        v1::SubscribeResponse {
            kind: kind.into(),
            fetch_after: reply::duration(self.0.fetch_after),
            heartbeat_interval: reply::duration(self.0.heartbeat_interval),
            reconnect_after: reply::duration(after),
            reconnect_reason: reason.into(),
            ..Default::default()
        }
    }
}

impl Reply for Message {
    fn size(&self) -> usize {
        self.shared().len() + self.own().encoded_len()
    }

    fn write(&self, out: &mut impl BufMut) {
        out.put_slice(self.shared());
        self.own().encode_raw(out);
    }
}

fn encode(news: &News) -> v1::SubscribeResponse {
    v1::SubscribeResponse {
        cursor: reply::token(news.cursor),
        head: reply::token(news.head),
        topics: news.topics.iter().map(ToString::to_string).collect(),
        topics_truncated: news.topics_truncated,
        ..Default::default()
    }
}

fn kind(kind: HintKind) -> (wire::Kind, wire::ReconnectReason, Duration) {
    let unspecified = wire::ReconnectReason::Unspecified;
    match kind {
        HintKind::Confirmed => (wire::Kind::Confirmed, unspecified, Duration::ZERO),
        HintKind::Changed => (wire::Kind::Changed, unspecified, Duration::ZERO),
        HintKind::Heartbeat => (wire::Kind::Heartbeat, unspecified, Duration::ZERO),
        HintKind::Reconnect { reason, after } => (wire::Kind::Reconnect, reconnect(reason), after),
    }
}

fn reconnect(reason: ReconnectReason) -> wire::ReconnectReason {
    match reason {
        ReconnectReason::Age => wire::ReconnectReason::Age,
        ReconnectReason::Drain => wire::ReconnectReason::Drain,
        ReconnectReason::Credentials => wire::ReconnectReason::Credentials,
        ReconnectReason::Policy => wire::ReconnectReason::Policy,
    }
}
