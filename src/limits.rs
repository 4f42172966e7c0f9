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
/// Arrays and objects within each other in data that stands in JSON as itself. Many parsers give up at 128, and then lose
/// the whole page that the event is in.
pub const JSON_DEPTH: usize = 100;
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

/// Polls of one `events:fetch`.
pub const POLLS: usize = 1000;
/// Bytes of pages over HTTP that are kept for a moment, so that whoever asks the same is not read for again: a dozen of the
/// largest.
pub const SHARED_PAGES_BYTES: u64 = 32 << 20;
/// About how many pages that are.
pub const SHARED_PAGES: usize = 64;

/// Fetches that one request for a feed makes to find an event: as an empty page is the end of a feed, it goes on where a
/// poll would answer. Half a million events or 512 MiB, a second or a few; then the reader is sent on.
pub const FEED_FETCHES: usize = 64;

/// Longest long poll.
pub const WAIT: Duration = Duration::from_secs(60);
/// How long a Fetch with `at_least` waits at the least for a node that is behind.
pub const AT_LEAST_WAIT: Duration = Duration::from_secs(1);
/// Longest `min_interval`.
pub const MIN_INTERVAL_MAX: Duration = Duration::from_secs(60);
/// Topics named in one hint.
pub const HINT_TOPICS: usize = 16;
/// Ways to place `*` among the segments of a pattern that are in use at a time, over all streams. Each costs the fan-out
/// a lookup for each topic that changes, about 0.1 µs; hubs need a few dozen.
pub const STAR_SHAPES: usize = 256;
/// Patterns of all open streams and long polls together; each costs about 300 bytes.
pub const PATTERNS: usize = 2_000_000;
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

/// How long the account of a principal is kept after its last connection: longer than any bucket takes to fill.
pub const ACCOUNT_KEPT: Duration = Duration::from_secs(60);
/// Rules of a policy.
pub const POLICY_RULES: usize = 10_000;

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

/// Time for a peer to finish connecting: TCP accept, the handshake of TLS, to the settings of the HTTP/2 preface. Three lost packets of a slow
/// network fit; who says nothing holds a file descriptor no longer than this.
pub const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long accepting rests when the process is out of file descriptors: ten tries a second are no load, and whoever
/// waits in the kernel's queue is served within a second once there are some.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// A connection of HTTP/1 is closed when the head of its next request has not come this long after the answer before:
/// long enough for a poller that comes back soon, short enough for one that writes its head byte by byte.
pub const IDLE: Duration = Duration::from_secs(30);
/// Head of one request of HTTP/1, and what is read or written ahead: twice what HTTP/2 may send, since a query may name
/// many topics.
pub const HTTP1_BYTES: usize = 32 << 10;
/// Headers of one request of HTTP/1. Browsers behind two proxies send about forty.
pub const HEADERS: usize = 100;
/// How long the body of a request over HTTP may take to come: the largest at 5 Mbit/s.
pub const BODY: Duration = Duration::from_secs(30);
/// A connection that is silent this long is asked whether it lives, by TCP and by HTTP/2, and cut if it does not say so
/// in as long again. Shorter than what NATs and balancers forget a connection after, which is a minute at the least.
pub const KEEPALIVE: Duration = Duration::from_secs(30);
/// Calls over `connection_calls` that HTTP/2 lets through, so that they are refused with a reason and not left waiting.
pub const REFUSED_CALLS: u32 = 1000;
/// Headers of one request, as names, values and 32 bytes for each: twice what gRPC clients may expect anywhere.
pub const HEADER_BYTES: u32 = 16 << 10;
/// The table of headers that a peer may refer to: HTTP/2's default. Without one, each call would spell them out.
pub const HEADER_TABLE_BYTES: u32 = 4 << 10;
/// Largest frame that a peer may send: HTTP/2's least. Larger ones would save nothing and hold up smaller ones.
pub const FRAME_BYTES: u32 = 16 << 10;
/// Bytes that a peer may send ahead on one stream, and on one connection: a round trip of 10 ms at 100 and 400 MB/s.
pub const RECEIVE_BYTES: (u32, u32) = (1 << 20, 4 << 20);
/// Bytes that unfinished requests may hold, of one connection and of all: 2,000 of 16 KiB or 8 of the largest, and four
/// such connections. Those that come in one piece, as most do, hold none.
pub const PART_BYTES: (usize, usize) = (32 << 20, 128 << 20);
/// Bytes that wait to be sent on one stream before its next message is made. One: a stream keeps one message that is
/// not on its way yet, however small, so that hints stay fresh and cost little memory when nobody reads them.
pub const SEND_BYTES: usize = 1;
/// Bytes that the kernel takes before it can send them, on Linux: what is behind them is still the hub's to change. Two
/// of hyper's writes, so that the kernel has something to send while the next is made.
pub const KERNEL_UNSENT_BYTES: u32 = 32 << 10;
/// Bytes that TLS takes before it can send them: one of hyper's writes.
pub const TLS_UNSENT_BYTES: usize = 16 << 10;
/// Bytes of large replies, pages above all, that wait to be sent on one connection before the next page is made: five
/// of the largest.
pub const UNREAD_BYTES: usize = 16 << 20;
/// How long the next page waits for that.
pub const UNREAD_WAIT: Duration = Duration::from_secs(10);
/// Resets caused by a peer's errors that one connection survives: the guard against RUSTSEC-2024-0003 and MadeYouReset.
pub const ERROR_RESETS: usize = 1024;
/// Calls that a peer has reset before the hub has seen them, at one moment: the guard against rapid reset. Each holds
/// its headers.
pub const PENDING_RESETS: usize = 64;
/// Calls that are read off one connection before others have their turn, and then what is in its read buffer. A few
/// milliseconds of work.
pub const CALLS_A_TURN: usize = 128;
/// Frames that lead to nothing (pings, settings, window updates, calls that are left at once) beyond what was asked and
/// answered, within a period. The busiest honest peers stay below a tenth of that.
pub const IDLE_FRAMES: usize = 1024;
/// Most of them that answers pay for ahead: two for each of 8,000 streams that were told something at once. A few
/// milliseconds of work.
pub const IDLE_FRAMES_PAID: usize = 16 * 1024;
/// That period.
pub const IDLE_FRAMES_PERIOD: Duration = Duration::from_secs(10);
/// A call that is left unanswered sooner than this is such a frame; later, somebody may have waited for it.
pub const ABANDONED_WITHIN: Duration = Duration::from_millis(250);
/// Bytes of one page of a stream of Server-Sent Events, but for a single event that is larger: small, since each stream whose
/// peer does not read holds one.
pub const SSE_PAGE_BYTES: usize = 64 << 10;
/// A piece of such a stream is sent when it has so many bytes: one write of hyper's.
pub const SSE_PIECE_BYTES: usize = 16 << 10;
/// Longest bearer token. Few are over 2 KiB, and all headers of a request have 16 KiB.
pub const TOKEN_BYTES: usize = 8 << 10;
/// Bytes of tokens and certificates that are known to hold, so that each request need not verify its own again.
pub const KNOWN_BYTES: u64 = 32 << 20;
/// About how many those are.
pub const KNOWN: usize = 16 << 10;
/// Bytes of a set of public keys, and how many keys it has: those of large providers have about ten, in 20 KiB.
pub const JWKS_BYTES: usize = 256 << 10;
/// See above.
pub const JWKS_KEYS: usize = 100;
/// How long getting a set of keys may take.
pub const JWKS_DOWNLOAD: Duration = Duration::from_secs(10);
/// How often it is got. Providers show a key hours before they sign with it.
pub const JWKS_REFRESH: Duration = Duration::from_secs(300);
/// How often it is got at most, if tokens come whose key is unknown.
pub const JWKS_PAUSE: Duration = Duration::from_secs(60);
/// How long a request with such a token waits for that.
pub const JWKS_WAIT: Duration = Duration::from_secs(5);
/// When to try again what a cap has refused.
pub const RETRY_LATER: Duration = Duration::from_secs(1);

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
    /// Most open calls of one connection, streams above all. Default 8,000.
    pub connection_calls: usize,
    /// Most open connections. Default 20,000.
    pub connections: usize,
    /// Most open connections of one peer address. Default 5,000.
    pub connections_per_peer: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            data_bytes: 1 << 20,
            request_bytes: 4 << 20,
            batch_events: 1000,
            patterns: 1000,
            streams: 200_000,
            connection_calls: 8_000,
            connections: 20_000,
            connections_per_peer: 5_000,
        }
    }
}
