//! Snapshot: the newest event of each key, in pages that share one pinned place.

use super::Hub;
use super::page_token::{self, RequestDigest};
use crate::access::Granted;
use crate::backlog::SnapshotRead;
use crate::cursor::Cursor;
use crate::error::Error;
use crate::event::StoredEvent;
use crate::topic::{Patterns, Topic};

/// Which keys to return. Limits are brought within their bounds by the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Topics.
    pub patterns: Granted<Patterns>,
    /// Only these keys, unless empty.
    pub keys: Vec<String>,
    /// Most events; at least 1.
    pub events: usize,
    /// Most bytes of encoded events, but at least one event.
    pub bytes: usize,
    /// Without their data, which then does not count.
    pub omit_data: bool,
    /// Of the page before; empty for the first.
    pub page_token: String,
}

/// A page of newest events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshotted {
    /// The events, in order of topic and key.
    pub events: Vec<StoredEvent>,
    /// For the next page; empty on the last.
    pub next_page_token: String,
    /// The pinned place: go on from it after the last page.
    pub cursor: Cursor,
}

/// Where a snapshot goes on.
struct Pin {
    cursor: Cursor,
    after: Option<(Topic, String)>,
}

impl Hub {
    /// Returns a page of newest events.
    ///
    /// # Errors
    ///
    /// As [`Granted::stands`]; [`Error::InvalidField`] for a token of another request, [`Error::Cursor`] if the pinned place was trimmed or is of
    /// another life, [`Error::BacklogDamaged`].
    pub async fn snapshot(&self, snapshot: Snapshot) -> Result<Snapshotted, Error> {
        // It may have waited since it was granted.
        snapshot.patterns.stands()?;
        let keys = sorted(snapshot.keys);
        let request = RequestDigest::of(&snapshot.patterns, &keys);
        let Pin { cursor, after } = self.pin(&snapshot.page_token, request).await?;
        let read = SnapshotRead {
            patterns: snapshot.patterns.into_inner(),
            keys,
            after,
            events: snapshot.events,
            bytes: snapshot.bytes,
            omit_data: snapshot.omit_data,
        };
        let page = self.backlog.snapshot(read).await;
        let page = self.or_damage(page, cursor.position).await?;
        let next_page_token = page.next.map(|(topic, key)| {
            page_token::write(request, &[&cursor.to_string(), topic.as_str(), &key])
        });
        let next_page_token = next_page_token.unwrap_or_default();
        Ok(Snapshotted { events: page.events, next_page_token, cursor })
    }

    /// The first page pins the head, before anything is read.
    async fn pin(&self, token: &str, request: RequestDigest) -> Result<Pin, Error> {
        if token.is_empty() {
            let cursor = self.lineage().cursor(self.backlog.extent().head);
            return Ok(Pin { cursor, after: None });
        }
        let [cursor, topic, key] = page_token::read(token, request)?;
        let malformed = |_| Error::invalid("page_token", "is no token of this hub");
        let cursor = cursor.parse().map_err(malformed)?;
        self.place(cursor).await?;
        let topic = Topic::parse(&topic, "page_token")?;
        Ok(Pin { cursor, after: Some((topic, key)) })
    }
}

fn sorted(mut keys: Vec<String>) -> Vec<String> {
    keys.sort_unstable();
    keys.dedup();
    keys
}
