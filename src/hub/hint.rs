//! What a subscription streams.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use super::News;

/// One message of a subscription. A client whose own cursor is before `cursor` fetches; any other takes the later of its
/// own and `head` as its own.
#[derive(Debug, Clone)]
pub struct Hint {
    /// Why it was sent.
    pub kind: HintKind,
    /// What it tells; shared with others who are told the same.
    pub news: Arc<News>,
    /// Wait this long before fetching.
    pub fetch_after: Duration,
    /// The next message comes within this time.
    pub heartbeat_interval: Duration,
}

impl Deref for Hint {
    type Target = News;

    fn deref(&self) -> &News {
        &self.news
    }
}

/// Why a message was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HintKind {
    /// The subscription is registered; always the first, and only the first.
    Confirmed,
    /// There is a newer matching event.
    Changed,
    /// Nothing new for a while.
    Heartbeat,
    /// The last message: subscribe again `after` that long.
    Reconnect {
        /// Why the hub ends the stream.
        reason: ReconnectReason,
        /// Spreads the crowd.
        after: Duration,
    },
}

/// Why the hub ends a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReconnectReason {
    /// It reached its maximum age.
    Age,
    /// The hub is stopping.
    Drain,
    /// The caller's credentials end.
    Credentials,
    /// The caller may no longer read what it subscribed to.
    Policy,
}
