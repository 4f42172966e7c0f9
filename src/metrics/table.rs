//! The table of all metrics: each is named here, and nowhere else in the code.
//!
//! `docs/metrics.md` says the same to people, and a test compares the two. Labels have few values, all of which the hub
//! itself chooses: never topics, principals or peers, which others invent.

/// A metric.
#[derive(Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its name, with the unit as its end.
    pub name: &'static str,
    /// What kind of number it is.
    pub kind: Kind,
    /// Of what it is a number.
    pub unit: &'static str,
    /// Its label, if it has one; empty if not.
    pub label: &'static str,
    /// What it counts, in a sentence.
    pub help: &'static str,
    /// What it tells a person on call.
    pub tells: &'static str,
}

/// What kind of number a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Grows from 0 at each start.
    Counter,
    /// Goes up and down.
    Gauge,
    /// How often values fell into which bucket.
    Histogram,
}

impl Kind {
    /// As Prometheus writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

macro_rules! table {
    ($($id:ident = $kind:ident $name:literal [$unit:literal] {$label:literal} $help:literal, $tells:literal;)*) => {
        $(
            #[doc = $help]
            pub const $id: Metric =
                Metric { name: $name, kind: Kind::$kind, unit: $unit, label: $label, help: $help, tells: $tells };
        )*

        /// All metrics, in the order in which they are told.
        pub const TABLE: &[&Metric] = &[$(&$id),*];
    };
}

table! {
    BUILD = Gauge "hintwire_build_info" ["1"] {"version"}
        "The version that runs: always 1.", "Which version, and whether all hubs run the same.";
    INCARNATION = Gauge "hintwire_incarnation_info" ["1"] {"incarnation"}
        "The life of the backlog that is written to: always 1.", "A new value means a restore, a repair or another directory: cursors of the old life may be foreign.";
    HEALTH = Gauge "hintwire_health" ["1"] {"state"}
        "1 for what the backlog can do now, of ok, no_space and failed; 0 for the others.", "Anything but ok is a page: the hub reads, and takes no events.";
    DRAINING = Gauge "hintwire_draining" ["1"] {""}
        "1 while the hub stops.", "Expected at a restart alone.";

    PUBLISH_SECONDS = Histogram "hintwire_publish_seconds" ["seconds"] {""}
        "From a batch being taken to its being durable, as told to who waits for it; batches that are refused are left out.", "What publishers feel. Its count is the rate of batches. When it rises, compare hintwire_log_sync_seconds.";
    PUBLISH_BATCH = Histogram "hintwire_publish_batch_events" ["events"] {""}
        "Events of a batch that became durable.", "One event a batch costs the most: publishers that are slow should send more at once.";
    PUBLISH_EVENTS = Counter "hintwire_publish_events_total" ["events"] {""}
        "Events that became durable; repeats are left out.", "The load.";
    PUBLISH_DUPLICATES = Counter "hintwire_publish_duplicates_total" ["events"] {""}
        "Events that were published again with the same id and content, and were not kept twice.", "Publishers that retry: their answers are late or lost.";

    SYNC_SECONDS = Histogram "hintwire_log_sync_seconds" ["seconds"] {""}
        "One write and sync of the log.", "The disk. When it rises, nothing in the hub helps: look at the disk and its other users.";
    GROUP_BATCHES = Histogram "hintwire_log_group_batches" ["batches"] {""}
        "Batches that one write and sync of the log made durable.", "Grows with the load, and with a slow disk; that is how the hub keeps up.";
    WRITTEN_BYTES = Counter "hintwire_log_written_bytes_total" ["bytes"] {""}
        "Bytes that were written to the log.", "Rate of growth: with retention by age, the disk must hold this times the age.";

    BACKLOG_BYTES = Gauge "hintwire_backlog_bytes" ["bytes"] {""}
        "Bytes of the segments of the log.", "Should level off at retention.";
    BACKLOG_EVENTS = Gauge "hintwire_backlog_events" ["events"] {""}
        "Retained events.", "What a reader from earliest has before it.";
    BACKLOG_TOPICS = Gauge "hintwire_backlog_topics" ["topics"] {""}
        "Topics with retained events or live keys.", "Each costs about 200 bytes of memory; one that only grows has names that should be keys.";
    BACKLOG_SEGMENTS = Gauge "hintwire_backlog_segments" ["segments"] {""}
        "Segments of the log; each holds two open files.", "Compare process_max_fds.";
    BACKLOG_OLDEST = Gauge "hintwire_backlog_oldest_seconds" ["seconds"] {""}
        "Age of the oldest retained event; 0 if there is none.", "For how long a follower may be away. Far below the retention age: retention by bytes or events is what bites.";
    BACKLOG_FREE = Gauge "hintwire_backlog_free_bytes" ["bytes"] {""}
        "Bytes that the file system of the log has left, the reserve included. Not told by a backlog in memory.", "At the reserve (64 MiB) publishing stops.";
    RETENTION_RUNS = Counter "hintwire_retention_runs_total" ["runs"] {""}
        "Times that retention or a trim moved the trim point.", "None for long while the backlog grows past its limits: read the log for failed maintenance.";
    RETENTION_EVENTS = Counter "hintwire_retention_events_total" ["events"] {""}
        "Events that the trim point has passed.", "Followers that were away for longer get CURSOR_TRIMMED.";
    RETENTION_SEGMENTS = Counter "hintwire_retention_segments_total" ["segments"] {""}
        "Segments that the trim point has passed.", "Retention goes in steps of a segment.";

    STREAMS = Gauge "hintwire_streams" ["streams"] {""}
        "Open streams of hints, and of events over HTTP.", "Who is connected. A sudden fall is a network or a client at fault.";
    STREAMS_OPENED = Counter "hintwire_streams_opened_total" ["streams"] {""}
        "Streams that were ever opened.", "Far more than restarts explain: something between cuts streams.";
    PATTERNS = Gauge "hintwire_patterns" ["patterns"] {""}
        "Patterns of open streams and waiting fetches.", "Each costs about 300 bytes; the limit is 2,000,000.";
    HINTS = Counter "hintwire_hints_total" ["messages"] {"kind"}
        "Messages that streams were told: confirmed, changed (a hint), heartbeat, reconnect.", "changed is the rate of hints.";
    HINTS_CONFLATED = Counter "hintwire_hints_conflated_total" ["hints"] {""}
        "Hints that were not sent, since one that waits to be taken says the same: rounds of news that found a stream with untold news.", "Many, beside few hints: streams cannot be told as fast as topics change, or ask for a min_interval. No harm: nothing is lost.";
    HINT_SECONDS = Histogram "hintwire_hint_seconds" ["seconds"] {""}
        "From the publication of an event to the hint of it being made for a stream: sync, fan-out, the wait of min_interval or of a crowd, and a peer that does not read.", "How fresh the hub is. When it rises alone, publishing is well and streams are told late.";
    POLLS_SAVED = Counter "hintwire_polls_saved_total" ["polls"] {""}
        "Polls in vain that open streams did not make: a client without a stream is taken to poll every 5 s, and each whole 5 s between two messages of a stream is one.", "What the hub is for.";

    CONVERGE_SECONDS = Histogram "hintwire_converge_seconds" ["seconds"] {""}
        "From the first hint that a connection was told to the end of the first fetch on it that came to what was hinted. Connections of HTTP/2 alone.", "How soon the told have what they were told of. fetch_after spreads a crowd over up to 10 s.";
    BEHIND = Gauge "hintwire_connections_behind" ["connections"] {"over"}
        "Connections of HTTP/2 that were told of something more than 0 s, 10 s or 60 s ago and have not fetched up to it since.", "Clients that hear and do not read: at fault, overloaded, or fetching over another connection.";
    BEHIND_OLDEST = Gauge "hintwire_connections_behind_oldest_seconds" ["seconds"] {""}
        "How long ago the one that is behind for longest was told.", "The worst follower.";
    LEFT_BEHIND = Counter "hintwire_connections_left_behind_total" ["connections"] {""}
        "Connections that ended while they were behind.", "Clients that crash on what they are told, or are cut before they can read it.";

    FETCHES = Counter "hintwire_fetches_total" ["fetches"] {"kind"}
        "Fetches that were answered: fetch, fetch_stream, long_poll (any that may wait), http_events, http_batch, feed, sse, snapshot.", "The load of reading.";
    FETCHES_EMPTY = Counter "hintwire_fetches_empty_total" ["fetches"] {"kind"}
        "Those of them that brought no event.", "Near hintwire_fetches_total: clients poll that could subscribe.";
    FETCH_EVENTS = Counter "hintwire_fetch_events_total" ["events"] {""}
        "Events that fetches brought.", "Against hintwire_publish_events_total: how often each event is read.";
    NOT_MODIFIED = Counter "hintwire_not_modified_total" ["responses"] {""}
        "Answers 304 over HTTP.", "Polls that cost next to nothing.";

    REFUSALS = Counter "hintwire_refusals_total" ["refusals"] {"reason"}
        "Refusals by reason, the batches and requests within streams included; docs/errors.md has the reasons.", "OVERLOADED, NO_SPACE, BACKLOG_*: the hub's. Others: a client's, and the reason names the fault.";
    CONNECTIONS = Gauge "hintwire_connections" ["connections"] {"protocol"}
        "Open connections that speak http1 or http2.", "Against the limits connections and connections_per_peer.";
    CONNECTIONS_OPENED = Counter "hintwire_connections_opened_total" ["connections"] {""}
        "Connections that were ever accepted.", "Many beside few open ones: clients that do not keep theirs.";
    CONNECTIONS_REFUSED = Counter "hintwire_connections_refused_total" ["connections"] {"limit"}
        "Connections that were closed at once, since connections or connections_per_peer was reached.", "Any is somebody locked out.";

    RESIDENT_BYTES = Gauge "process_resident_memory_bytes" ["bytes"] {""}
        "Memory of the process that is in RAM.", "docs/operations.md says what to expect.";
    CPU_SECONDS = Counter "process_cpu_seconds_total" ["seconds"] {""}
        "CPU time of the process, user and system.", "A rate near the number of cores: the hub is at its end.";
    OPEN_FDS = Gauge "process_open_fds" ["files"] {""}
        "Open files, connections included.", "Near process_max_fds, connections are refused.";
    MAX_FDS = Gauge "process_max_fds" ["files"] {""}
        "Most files that the process may have open.", "See `ulimit -n`.";
    START_TIME = Gauge "process_start_time_seconds" ["seconds"] {""}
        "When the hub was started, in seconds since 1970.", "A change is a restart.";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_say_kind_and_unit_as_prometheus_does() {
        let names: BTreeSet<&str> = TABLE.iter().map(|metric| metric.name).collect();
        assert_eq!(names.len(), TABLE.len());
        for metric in TABLE {
            let total = metric.name.ends_with("_total");
            assert_eq!(total, metric.kind == Kind::Counter, "{}", metric.name);
            let stem = metric.name.strip_suffix("_total").unwrap_or(metric.name);
            for unit in ["seconds", "bytes"] {
                assert_eq!(stem.ends_with(unit), metric.unit == unit, "{}", metric.name);
            }
        }
    }
}
