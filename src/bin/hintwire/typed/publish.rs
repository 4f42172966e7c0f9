//! `hintwire publish`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueHint};
use hintwire::config::human::parse_duration;
use prost_types::Timestamp;

use super::{At, pair, time};

#[derive(Debug, Args)]
#[command(
    after_help = "A JSON line is an object with `topic` and `data` (any JSON, published compact as \
application/json; null = a tombstone) and, if wanted, `key`, `id`, `type`, `time` (Unix seconds), `content_type` and \
`attributes`. Consecutive lines of one `time` are one batch, all or none, split at 1,000 lines or at what the hub takes \
in one request."
)]
pub struct Publish {
    #[command(flatten)]
    pub at: At,

    /// Publish each line of a JSON file, plain or gzip; `-` is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(conflicts_with_all = ["topic", "expected_cursor"])]
    pub jsonl: Option<PathBuf>,

    /// Give line n the id `P-n` unless it has one, so that a rerun repeats nothing
    #[arg(long, value_name = "P", requires = "jsonl")]
    pub id_prefix: Option<String>,

    /// Try again for this long while the hub is away or takes nothing
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "30s")]
    #[arg(requires = "jsonl")]
    pub retry_for: Duration,

    #[command(flatten)]
    pub event: Event,

    /// Publish only if the event's key has not changed since this cursor; "" = only if it is not live
    #[arg(long, value_name = "CURSOR", requires = "topic")]
    pub expected_cursor: Option<String>,
}

/// One event.
#[derive(Debug, Args)]
#[command(next_help_heading = "One event")]
pub struct Event {
    /// Its topic, e.g. releases/linuxkernel
    #[arg(long, required_unless_present = "jsonl")]
    pub topic: Option<String>,

    /// What it is about within the topic
    #[arg(long, requires = "topic")]
    pub key: Option<String>,

    /// Makes it idempotent
    #[arg(long, requires = "topic")]
    pub id: Option<String>,

    /// A word for filters
    #[arg(long = "type", value_name = "TYPE", requires = "topic")]
    pub event_type: Option<String>,

    /// When it happened, in RFC 3339
    #[arg(long, value_parser = time, requires = "topic")]
    pub time: Option<Timestamp>,

    /// The media type of its data
    #[arg(long, value_name = "TYPE", requires = "topic")]
    pub content_type: Option<String>,

    /// A word for filters and the consumer; repeatable
    #[arg(long = "attribute", value_name = "KEY=VALUE", value_parser = pair, requires = "topic")]
    pub attributes: Vec<(String, String)>,

    /// Its data, as text
    #[arg(long, value_name = "TEXT", requires = "topic")]
    pub data: Option<String>,

    /// Its data, from a file; `-` is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(requires = "topic", conflicts_with = "data")]
    pub data_file: Option<PathBuf>,

    /// A tombstone: the key is gone
    #[arg(long, requires = "key", conflicts_with_all = ["data", "data_file"])]
    pub deleted: bool,
}
