//! Subscribe: the hints of a subscription as a stream of messages.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::Stream;
use tonic::Status;

use super::{Service, parse, reply};
use crate::error::Error;
use crate::hub::{Hint, HintKind, ReconnectReason, Subscribe, Subscription};
use crate::v1;
use crate::v1::subscribe_response as wire;

/// Answers one call.
pub async fn call(service: &Service, request: v1::SubscribeRequest) -> Result<Hints, Error> {
    let limits = &service.limits;
    let subscribe = Subscribe {
        selection: parse::selection(&request.topics, request.types, request.attributes, limits)?,
        cursor: parse::cursor(&request.cursor, "cursor")?,
        min_interval: parse::duration(request.min_interval, "min_interval")?,
    };
    Ok(Hints(service.hub.subscribe(subscribe).await?))
}

/// The stream of one subscriber. It never ends with an error: after RECONNECT comes OK.
pub struct Hints(Subscription);

impl Stream for Hints {
    type Item = Result<v1::SubscribeResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.0).poll_next(cx).map(|hint| hint.map(|hint| Ok(message(hint))))
    }
}

fn message(hint: Hint) -> v1::SubscribeResponse {
    let (kind, reason, after) = kind(hint.kind);
    v1::SubscribeResponse {
        kind: kind.into(),
        cursor: reply::token(hint.cursor),
        head: reply::token(hint.head),
        topics: hint.topics.iter().map(ToString::to_string).collect(),
        topics_truncated: hint.topics_truncated,
        fetch_after: reply::duration(hint.fetch_after),
        heartbeat_interval: reply::duration(hint.heartbeat_interval),
        reconnect_after: reply::duration(after),
        reconnect_reason: reason.into(),
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
