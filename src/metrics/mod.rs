//! What the hub counts and measures of itself.
//!
//! The [table] names each metric once. The hot path adds to [counters](counter) and [histograms](histogram), which
//! costs nanoseconds and waits for nobody; what can be asked for at any time is not counted but asked for when somebody
//! looks. [`Hub::readings`](crate::hub::Hub::readings) puts both together, [text] writes it for Prometheus.

pub mod convergence;
pub mod counter;
pub mod histogram;
pub mod process;
pub mod reading;
mod reasons;
pub mod table;
pub mod text;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

pub use self::convergence::{Convergence, Converging};
pub use self::counter::{Counter, Gauge};
pub use self::histogram::{Histogram, Of};
pub use self::reading::Reading;
pub use self::reasons::Reasons;

/// How often a client without a stream is taken to poll: the baseline of the polls that are saved. Short enough for news to
/// be fresh to people, long enough for most services to be allowed it.
pub const POLL_BASELINE: Duration = Duration::from_secs(5);

/// What a hub counts.
#[derive(Debug)]
pub struct Metrics {
    /// When the hub was started.
    pub started: SystemTime,
    /// From taking a batch to its being durable.
    pub publish: Histogram,
    /// Events of a durable batch.
    pub batch: Histogram,
    /// Events that became durable.
    pub events: Counter,
    /// Repeats.
    pub duplicates: Counter,
    /// Streams that were opened.
    pub opened: Counter,
    /// Messages of streams, by [`Message`].
    pub messages: [Counter; Message::ALL.len()],
    /// From publication to hint.
    pub hint: Histogram,
    /// Polls in vain that streams did not make.
    pub polls_saved: Counter,
    /// Who was told and has not fetched.
    pub convergence: Arc<Convergence>,
    /// Fetches, by [`Fetches`]: all, and those without an event.
    pub fetches: [(Counter, Counter); Fetches::ALL.len()],
    /// Events that fetches brought.
    pub fetched: Counter,
    /// Answers 304.
    pub not_modified: Counter,
    /// Refusals.
    pub refusals: Reasons,
    /// Open connections of HTTP/1 and HTTP/2.
    pub connections: [Gauge; 2],
    /// Connections that were accepted.
    pub accepted: Counter,
    /// Connections that were closed at once, by the limit that was reached: of all, and of one peer.
    pub turned_away: [Counter; 2],
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            started: SystemTime::now(),
            publish: Histogram::new(Of::Times),
            batch: Histogram::new(Of::Things),
            events: Counter::default(),
            duplicates: Counter::default(),
            opened: Counter::default(),
            messages: Default::default(),
            hint: Histogram::new(Of::Times),
            polls_saved: Counter::default(),
            convergence: Arc::default(),
            fetches: Default::default(),
            fetched: Counter::default(),
            not_modified: Counter::default(),
            refusals: Reasons::default(),
            connections: Default::default(),
            accepted: Counter::default(),
            turned_away: Default::default(),
        }
    }
}

impl Metrics {
    /// A stream is told a message.
    pub fn message(&self, kind: Message) {
        if let Some(counter) = self.messages.get(kind as usize) {
            counter.count();
        }
    }

    /// A fetch is answered with so many events.
    pub fn fetch(&self, kind: Fetches, events: usize) {
        let Some((all, empty)) = self.fetches.get(kind as usize) else { return };
        all.count();
        match events {
            0 => empty.count(),
            some => self.fetched.add(some as u64),
        }
    }
}

/// Messages of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// The first.
    Confirmed,
    /// News.
    Changed,
    /// A sign of life.
    Heartbeat,
    /// The last.
    Reconnect,
}

impl Message {
    /// All, by number, with their labels.
    pub const ALL: [(Self, &str); 4] = [
        (Self::Confirmed, "confirmed"),
        (Self::Changed, "changed"),
        (Self::Heartbeat, "heartbeat"),
        (Self::Reconnect, "reconnect"),
    ];
}

/// Ways to fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fetches {
    /// Fetch.
    Fetch,
    /// A request of FetchStream.
    FetchStream,
    /// Either of them, or a request over HTTP, that waits for news if there is none.
    LongPoll,
    /// `GET /v1/events`.
    HttpEvents,
    /// `POST /v1/events:fetch`.
    HttpBatch,
    /// What `GET /v1/feed` fetches.
    Feed,
    /// What the hub fetches for a stream of Server-Sent Events.
    Sse,
    /// A page of a snapshot.
    Snapshot,
}

impl Fetches {
    /// All, by number, with their labels.
    pub const ALL: [(Self, &str); 8] = [
        (Self::Fetch, "fetch"),
        (Self::FetchStream, "fetch_stream"),
        (Self::LongPoll, "long_poll"),
        (Self::HttpEvents, "http_events"),
        (Self::HttpBatch, "http_batch"),
        (Self::Feed, "feed"),
        (Self::Sse, "sse"),
        (Self::Snapshot, "snapshot"),
    ];

    /// The same, or a long poll if it may wait.
    pub fn waiting(self, wait: Duration) -> Self {
        if wait.is_zero() { self } else { Self::LongPoll }
    }
}

/// What a log counts of itself.
#[derive(Debug)]
pub struct LogMetrics {
    /// Writes and syncs.
    pub sync: Histogram,
    /// Batches of a group.
    pub group: Histogram,
    /// Bytes written.
    pub written: Counter,
    /// Times that the trim point moved.
    pub retentions: Counter,
    /// Events that it has passed.
    pub retired_events: Counter,
    /// Segments that it has passed.
    pub retired_segments: Counter,
}

impl Default for LogMetrics {
    fn default() -> Self {
        Self {
            sync: Histogram::new(Of::Times),
            group: Histogram::new(Of::Things),
            written: Counter::default(),
            retentions: Counter::default(),
            retired_events: Counter::default(),
            retired_segments: Counter::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_counted_under_its_own_label() {
        let metrics = Metrics::default();
        for (at, (kind, _)) in Message::ALL.into_iter().enumerate() {
            metrics.message(kind);
            assert_eq!(metrics.messages[at].get(), 1);
        }
        for (at, (kind, label)) in Fetches::ALL.into_iter().enumerate() {
            metrics.fetch(kind, at);
            let (all, empty) = &metrics.fetches[at];
            assert_eq!((all.get(), empty.get()), (1, u64::from(at == 0)), "{label}");
        }
        assert_eq!(metrics.fetched.get(), (1..8).sum::<u64>());
    }
}
