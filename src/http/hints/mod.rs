//! `GET /v1/hints`: Server-Sent Events.
//!
//! # What an `id` may be
//!
//! A browser keeps the last `id` and sends it back as `Last-Event-ID` when it has lost the connection. It does so whether or
//! not the page has got anywhere with what it was told. So an `id` is always a [place](place) up to which the reader is
//! *known* to have everything that matches, and never later:
//!
//! - With `mode=events` that is the place after the event that it stands with: the events themselves were sent before.
//! - With `mode=hints` the reader fetches for itself, and the hub does not see it. So from the first hint on that says "there
//!   is something after your place", the `id` stays where it was, in later hints and in heartbeats too. Whoever is cut off
//!   before it has fetched is told again. A page that has fetched is told again too, once for each connection; it sees
//!   by `cursor` that it has that already. While there is nothing, the `id` follows the head, so that who follows a
//!   quiet topic does not fall behind retention.
//!
//! An `id` that stays may be older than retention when it comes back, though its reader has fetched long since. Then
//! hints go on and say "fetch": the fetch, with the reader's own cursor, says whether anything is lost.
//!
//! A page never misses anything if it fetches from the later of its own cursor and the hint's `lastEventId`.

mod batch;
mod place;
mod query;
mod tail;
#[cfg(test)]
mod tests;
mod told;
mod wire;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream::{Stream, StreamExt, once, unfold};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;

use self::place::Place;
use self::query::{Asked, From, Query, What};
use self::tail::{Tail, Wanted};
use self::told::Told;
use self::wire::Wire;
use super::Refusal;
use super::caching::Caching;
use super::params::Params;
use crate::access::Cost;
use crate::cursor::Cursor;
use crate::error::{CursorError, Error};
use crate::hub::{ReconnectReason, Subscribe, Subscription};
use crate::index::clock::millis;
use crate::limits::RECONNECT_AFTER_MAX;
use crate::service::Service;

/// A browser comes back after this and what spreads the crowd: it goes on at that pace while the hub is away.
const RETRY: Duration = Duration::from_secs(1);

/// Streams hints, or the events themselves, as Server-Sent Events.
///
/// Messages by their name: `hint` (with `mode=hints`; its data is a `Hint`), `event` and `snapshot` (an `Event`),
/// `snapshot-end` (the `cursor` to go on from), `reconnect` (the last: the `reason` and `reconnect_after_ms`), `cursor-error`
/// (the last: a problem document; the place cannot be used) and `problem` (the last: another one).
#[utoipa::path(get, path = "/v1/hints", operation_id = "hints", params(
    Query,
    ("Last-Event-ID" = Option<String>, Header, description = "The last `id` of the stream before."),
), responses(
    (status = 200, body = told::Message, content_type = "text/event-stream", description = "The stream."),
))]
pub async fn stream(
    Extension(service): Extension<Service>,
    headers: HeaderMap,
    params: Params<Query>,
) -> Result<Response, Refusal> {
    let counted = service.clone();
    let opened = match Asked::of(params, &headers, &service.limits, &service.access) {
        Ok(asked) => open(service, asked).await,
        Err(error) => Err(error),
    };
    match opened {
        Err(error @ Error::Cursor(_)) => {
            counted.refused(&error);
            Ok(refused(&error))
        }
        opened => Ok(opened?),
    }
}

async fn open(service: Service, asked: Asked) -> Result<Response, Error> {
    let Asked { subscribe: request, what, once, resumed } = asked;
    let (place, selection) = (Place(request.cursor), request.selection.clone());
    let trimmed_is_behind = resumed && what == What::Hints;
    if let What::Events { from: From::Snapshot, .. } = what {
        service.access.spend(Cost::Snapshot)?;
    }
    let hints = subscribe(&service, request, trimmed_is_behind).await?;
    let retry = service.hub.reconnect_after();
    Ok(match what {
        What::Hints => {
            let connection = Arc::clone(&service.connection);
            let told = Told::new(hints, connection, place, once, retry);
            sse(unfold(told, async |mut told| Some((told.next().await?, told))))
        }
        What::Events { from, omit_data } => {
            let wanted = Wanted { selection, from, omit_data, once };
            let tail = Tail::new(service, wanted, hints, place, retry);
            sse(unfold(tail, async |mut tail| Some((tail.next().await?, tail))))
        }
    })
}

/// A place that the stream before has left with a reader of hints may lie before earliest: that is no error, since it is not
/// the reader's own, but the reader is behind it.
async fn subscribe(
    service: &Service,
    request: Subscribe,
    trimmed_is_behind: bool,
) -> Result<Subscription, Error> {
    match service.hub.subscribe(request.clone()).await {
        Err(Error::Cursor(error))
            if trimmed_is_behind && matches!(*error, CursorError::Trimmed { .. }) =>
        {
            service.hub.subscribe(Subscribe { cursor: None, ..request }).await
        }
        subscribed => subscribed,
    }
}

/// Proxies shall pass on every piece at once, and keep none.
fn sse(pieces: impl Stream<Item = Bytes> + Send + 'static) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (CACHE_CONTROL, Caching::Nothing.header()),
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    (headers, Body::from_stream(pieces.map(Ok::<_, Infallible>))).into_response()
}

/// The answer to a cursor that cannot be used: a browser shows its page no other.
fn refused(error: &Error) -> Response {
    let mut wire = Wire::default();
    failed(error, &mut wire);
    let piece = wire.into_bytes();
    sse(once(async { piece }))
}

/// The last message of a stream that cannot go on. A page that does not close it comes back, but seldom.
fn failed(error: &Error, wire: &mut Wire) {
    wire.retry(RECONNECT_AFTER_MAX);
    let name = if matches!(error, Error::Cursor(_)) { "cursor-error" } else { "problem" };
    wire.message(None, name, &Refusal::from(error.clone()).problem());
}

/// The last message of a stream that the hub ends.
fn reconnect(id: Option<Cursor>, reason: ReconnectReason, after: Duration, wire: &mut Wire) {
    wire.retry(RETRY + after);
    let reason = match reason {
        ReconnectReason::Age => "AGE",
        ReconnectReason::Drain => "DRAIN",
        ReconnectReason::Credentials => "CREDENTIALS",
        ReconnectReason::Policy => "POLICY",
    };
    let data = json!({ "reason": reason, "reconnect_after_ms": millis(after) });
    wire.message(id, "reconnect", &data);
}
