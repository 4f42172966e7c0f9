//! What a subscription streams.

use std::time::Duration;

use crate::cursor::Cursor;
use crate::topic::Topic;

/// One message of a subscription. A client whose own cursor is before `cursor` fetches; any other takes the later of its
/// own and `head` as its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// Why it was sent.
    pub kind: HintKind,
    /// At or after the newest matching event that is not after `head`; never before earliest.
    pub cursor: Cursor,
    /// Every matching event up to here has been counted in `cursor`.
    pub head: Cursor,
    /// Topics that changed since the message before; at most [`HINT_TOPICS`](crate::limits::HINT_TOPICS).
    pub topics: Vec<Topic>,
    /// There are more, or it is not known which.
    pub topics_truncated: bool,
    /// Wait this long before fetching.
    pub fetch_after: Duration,
    /// The next message comes within this time.
    pub heartbeat_interval: Duration,
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
