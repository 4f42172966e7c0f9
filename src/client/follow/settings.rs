//! What a user may choose about the loop.

use std::time::Duration;

use crate::v1::{FetchRequest, SnapshotRequest, SubscribeRequest};

/// Where a follower without a cursor starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Start {
    /// At the earliest retained event.
    #[default]
    Earliest,
    /// At the head: news only.
    Latest,
    /// With a snapshot of the present state, then what changes.
    Snapshot,
}

/// What to do when the cursor cannot be used. A hub that says `action=FAIL` (the token is none, or the
/// backlog has lost its end) is heeded always: the loop ends, and a person decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnCursorError {
    /// End with the error.
    #[default]
    Fail,
    /// Take a snapshot, then go on from its place.
    Snapshot,
    /// Go on from the earliest retained event; what lies before it is lost to this follower.
    Earliest,
    /// Do what the hub advises: a snapshot if it holds every live key, else the earliest.
    Advised,
}

/// When to fetch.
#[derive(Debug, Clone)]
pub(in crate::client) struct Pace {
    pub hints: bool,
    pub poll: (Duration, Duration),
    pub safety: Option<Duration>,
    pub least: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            hints: true,
            poll: crate::limits::POLL_AFTER,
            safety: Some(Duration::from_secs(300)),
            least: Duration::ZERO,
        }
    }
}

/// What is followed, in the words of each call.
#[derive(Debug, Clone, Default)]
pub(in crate::client) struct Selection {
    pub fetch: FetchRequest,
}

impl Selection {
    pub fn snapshot(&self, page_token: &str) -> SnapshotRequest {
        SnapshotRequest {
            topics: self.fetch.topics.clone(),
            page_size: self.fetch.limit,
            max_bytes: self.fetch.max_bytes,
            omit_data: self.fetch.omit_data,
            page_token: page_token.into(),
            ..SnapshotRequest::default()
        }
    }

    /// `least`, the least time between fetches, lets the hub merge hints that would come sooner.
    pub fn subscribe(&self, cursor: String, least: Duration) -> SubscribeRequest {
        SubscribeRequest {
            topics: self.fetch.topics.clone(),
            types: self.fetch.types.clone(),
            attributes: self.fetch.attributes.clone(),
            cursor,
            min_interval: prost_types::Duration::try_from(least).ok(),
        }
    }
}
