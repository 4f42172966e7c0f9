//! `mode=hints`: that there is news. The reader fetches it for itself.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use tokio_stream::StreamExt;
use utoipa::ToSchema;

use super::place::Place;
use super::wire::Wire;
use super::{RETRY, reconnect};
use crate::hub::{Hint, HintKind, Subscription};
use crate::index::clock::millis;
use crate::service::Connection;
use crate::service::reply::token;

/// The data of `event: hint`. Whoever is before `cursor` fetches; any other goes on to the later of its own place and
/// `head`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Hint)]
pub struct Message {
    /// `CONFIRMED` comes first, and then `CHANGED` with each news.
    #[schema(example = "CHANGED")]
    kind: &'static str,
    /// At or after the newest matching event.
    cursor: String,
    /// Every matching event up to here is before `cursor`.
    head: String,
    /// Up to 16 topics that changed.
    topics: Vec<String>,
    /// There are more, or it is not known which: fetch.
    topics_truncated: bool,
    /// Wait so long before fetching: it spreads a crowd.
    fetch_after_ms: u64,
    /// There is a sign of life within so long; at most an `id` line.
    heartbeat_interval_ms: u64,
}

impl Message {
    fn of(kind: &'static str, hint: &Hint, behind: bool) -> Self {
        Self {
            kind,
            cursor: token(hint.cursor),
            head: token(hint.head),
            topics: hint.topics.iter().map(ToString::to_string).collect(),
            topics_truncated: hint.topics_truncated || (behind && hint.topics.is_empty()),
            fetch_after_ms: millis(hint.fetch_after),
            heartbeat_interval_ms: millis(hint.heartbeat_interval),
        }
    }
}

/// The hints of one reader.
pub struct Told {
    hints: Subscription,
    connection: Arc<Connection>,
    place: Place,
    /// Nothing after the first news.
    once: bool,
    retry: Option<Duration>,
    ended: bool,
}

impl Told {
    /// The hints for a reader at a place, who comes back after `retry` if the connection is lost.
    pub fn new(
        hints: Subscription,
        connection: Arc<Connection>,
        place: Place,
        once: bool,
        retry: Duration,
    ) -> Self {
        Self { hints, connection, place, once, retry: Some(RETRY + retry), ended: false }
    }

    /// The next piece of the body.
    pub async fn next(&mut self) -> Option<Bytes> {
        if self.ended {
            return None;
        }
        let hint = self.hints.next().await?;
        self.connection.told(&hint);
        let behind = self.place.is_behind(&hint);
        let mut wire = Wire::default();
        if let Some(retry) = self.retry.take() {
            wire.retry(retry);
        }
        match hint.kind {
            HintKind::Confirmed => self.tell("CONFIRMED", &hint, behind, &mut wire),
            HintKind::Changed => self.tell("CHANGED", &hint, behind, &mut wire),
            HintKind::Heartbeat => wire.quiet(self.place.0),
            HintKind::Reconnect { reason, after } => {
                self.ended = true;
                reconnect(self.place.0, reason, after, &mut wire);
            }
        }
        Some(wire.into_bytes())
    }

    fn tell(&mut self, kind: &'static str, hint: &Hint, behind: bool, wire: &mut Wire) {
        self.ended = self.once && behind;
        wire.message(self.place.0, "hint", &Message::of(kind, hint, behind));
    }
}
