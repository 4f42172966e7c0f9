//! Every limit of the hub, in one place. What has no limit here has none.
//!
//! Constants are fixed by the API; [`Limits`] holds what an operator may set. Sizes are bytes.

use std::time::Duration;

/// Longest topic.
pub const TOPIC_BYTES: usize = 255;
/// Longest event key.
pub const KEY_BYTES: usize = 512;
/// Longest event id.
pub const ID_BYTES: usize = 512;
/// Longest event type and content type.
pub const TYPE_BYTES: usize = 255;
/// Attributes of one event, and of one filter.
pub const ATTRIBUTES: usize = 64;
/// Longest attribute key.
pub const ATTRIBUTE_KEY_BYTES: usize = 256;
/// Longest attribute value.
pub const ATTRIBUTE_VALUE_BYTES: usize = 1024;
/// Types that one filter may name.
pub const FILTER_TYPES: usize = 64;
/// Seconds since 1970 of the years 1 to 9999, all that a protobuf Timestamp can say.
pub const TIMESTAMP_SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
/// Keys that one snapshot may name.
pub const SNAPSHOT_KEYS: usize = 1000;

/// Events of one page when the request does not say.
pub const PAGE_EVENTS_DEFAULT: usize = 100;
/// Most events of one page.
pub const PAGE_EVENTS: usize = 1000;
/// Bytes of one page when the request does not say.
pub const PAGE_BYTES_DEFAULT: usize = 1 << 20;
/// Most bytes of one page, but for a single event that is larger.
pub const PAGE_BYTES: usize = 3 << 20;
/// Events that one Fetch examines at most.
pub const EXAMINED_EVENTS: usize = 10_000;
/// Bytes that one Fetch examines at most.
pub const EXAMINED_BYTES: usize = 8 << 20;

/// Longest long poll.
pub const WAIT: Duration = Duration::from_secs(60);
/// How long a Fetch with `at_least` waits at the least for a node that is behind.
pub const AT_LEAST_WAIT: Duration = Duration::from_secs(1);
/// Longest `min_interval`.
pub const MIN_INTERVAL_MAX: Duration = Duration::from_secs(60);
/// Topics named in one hint.
pub const HINT_TOPICS: usize = 16;
/// Recent events kept in memory, without data, from which a hint's topics are derived.
pub const RECENT_EVENTS: usize = 1024;
/// Bytes of recent events kept in memory, but for what was appended last.
pub const RECENT_BYTES: usize = 4 << 20;
/// Longest heartbeat interval that the hub stretches to.
pub const HEARTBEAT_MAX: Duration = Duration::from_secs(120);
/// Longest `fetch_after`.
pub const FETCH_AFTER_MAX: Duration = Duration::from_secs(10);
/// Longest `reconnect_after`.
pub const RECONNECT_AFTER_MAX: Duration = Duration::from_secs(30);
/// Advice to a poller is within these bounds.
pub const POLL_AFTER: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// Requests of one PublishStream that may be unanswered.
pub const STREAM_UNANSWERED: usize = 1024;
/// Bytes of one PublishStream that may be unanswered.
pub const STREAM_UNANSWERED_BYTES: usize = 8 << 20;
/// Batches that wait for the writer of the log.
pub const APPEND_QUEUE: usize = 16 * 1024;
/// Bytes of batches that wait for the writer of the log.
pub const APPEND_QUEUE_BYTES: usize = 64 << 20;
/// Bytes that the writer puts into one write at most, but for a single batch that is larger.
pub const GROUP_BYTES: usize = 8 << 20;
/// Bytes of one record of the log, so of one batch as kept.
pub const RECORD_BYTES: usize = 2 * CONFIGURABLE_BYTES;
/// Synced groups that wait for the fan-out.
pub const TAIL_GROUPS: usize = 1024;
/// Bytes of newest events kept in memory, as stored.
pub const HOT_TAIL_BYTES: usize = 16 << 20;
/// Newest events kept in memory at most.
pub const HOT_TAIL_EVENTS: usize = 1 << 16;

/// Largest `data` and request that an operator may allow.
pub const CONFIGURABLE_BYTES: usize = 16 << 20;
/// Smallest and largest segment of the log.
pub const SEGMENT_BYTES: (u64, u64) = (64 << 10, 1 << 30);
/// How long a drain may take before what is left is cut.
pub const DRAIN: Duration = Duration::from_secs(8);
/// Time for a peer to finish connecting: TCP accept to HTTP/2 preface.
pub const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long accepting rests when the process is out of file descriptors.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// A connection that is silent this long is asked whether it lives, and cut if it does not say so in as long again.
pub const KEEPALIVE: Duration = Duration::from_secs(30);
/// Calls and streams that one connection may have open.
pub const CONNECTION_STREAMS: u32 = 10_000;
/// Headers of one request.
pub const HEADER_BYTES: u32 = 16 << 10;
/// Bytes that a peer may send ahead on one stream, and on one connection.
pub const RECEIVE_BYTES: (u32, u32) = (1 << 20, 4 << 20);
/// Bytes that wait to be sent on one stream before its next message is made. Small, so that hints stay fresh.
pub const SEND_BYTES: usize = 8 << 10;
/// Resets caused by a peer's errors that one connection survives: the guard against RUSTSEC-2024-0003.
pub const ERROR_RESETS: usize = 1024;

/// Limits that an operator may set; `Default` is what the API documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of one event's data. Default 1 MiB, at most 16 MiB.
    pub data_bytes: usize,
    /// Most bytes of one request. Default 4 MiB, at most 16 MiB.
    pub request_bytes: usize,
    /// Most events of one batch. Default and maximum 1,000.
    pub batch_events: usize,
    /// Most patterns of one request. Default and maximum 1,000.
    pub patterns: usize,
    /// Most open Subscribe streams. Default 200,000.
    pub streams: usize,
    /// Most open connections. Default 20,000.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            data_bytes: 1 << 20,
            request_bytes: 4 << 20,
            batch_events: 1000,
            patterns: 1000,
            streams: 200_000,
            connections: 20_000,
        }
    }
}
