//! What an operator may set about the log.

use std::time::Duration;

/// Settings of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// Size at which a segment is sealed, in bytes; brought within
    /// [`SEGMENT_BYTES`](crate::limits::SEGMENT_BYTES). Default 256 MiB.
    pub segment_bytes: u64,
    /// What is kept.
    pub retention: Retention,
    /// The newest event of each key outlives its retention. Default on.
    pub keep_latest: bool,
    /// Space on the disk that events never take, in bytes. Default 64 MiB.
    pub reserve_bytes: u64,
    /// How long ids are known. Default 10 minutes.
    pub id_window: Duration,
    /// How many newest ids are known. Default 1,000,000.
    pub id_window_events: u64,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self {
            segment_bytes: 256 << 20,
            retention: Retention::default(),
            keep_latest: true,
            reserve_bytes: 64 << 20,
            id_window: Duration::from_secs(600),
            id_window_events: 1_000_000,
        }
    }
}

/// What is kept; whole segments go when one of the limits is exceeded without them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// By age. Default 7 days; zero is no limit.
    pub age: Duration,
    /// By bytes of segments. Default 16 GiB; 0 is no limit.
    pub bytes: u64,
    /// By number of events. Default 0, no limit.
    pub events: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self { age: Duration::from_secs(7 * 24 * 3600), bytes: 16 << 30, events: 0 }
    }
}
