//! The commands that ask a hub.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum, ValueHint};
use hintwire::config::human::parse_duration;
use prost_types::Timestamp;

use super::{From, pair, time};

/// Which events.
#[derive(Debug, Args)]
pub struct Selection {
    /// Topics or patterns: `*` is one segment, a last `**` one or more; quote them
    #[arg(required = true, value_name = "TOPIC")]
    pub topics: Vec<String>,

    /// Only events of this type; repeatable: any of them
    #[arg(long = "type", value_name = "TYPE")]
    pub types: Vec<String>,

    /// Only events with this attribute; repeatable: all of them
    #[arg(long = "attribute", value_name = "KEY=VALUE", value_parser = pair)]
    pub attributes: Vec<(String, String)>,
}

#[derive(Debug, Args)]
pub struct Subscribe {
    #[command(flatten)]
    pub from: From,
    #[command(flatten)]
    pub selection: Selection,

    /// Your own cursor: the first message says whether it is behind
    #[arg(long, value_name = "CURSOR", default_value = "")]
    pub cursor: String,

    /// Least time between two hints, e.g. 500ms
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub min_interval: Option<Duration>,
}

#[derive(Debug, Args)]
pub struct Fetch {
    #[command(flatten)]
    pub from: From,
    #[command(flatten)]
    pub selection: Selection,

    /// Start after this cursor; without any start: at the earliest retained event
    #[arg(long, value_name = "CURSOR", conflicts_with = "seek")]
    pub cursor: Option<String>,

    /// Start at a time by the hub's clock (RFC 3339), or at `earliest` or `latest`
    #[arg(long = "from", value_name = "TIME", value_parser = seek)]
    pub seek: Option<Seek>,

    /// Print this many events at most; 0 = all there are
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub limit: usize,

    /// Leave the data out
    #[arg(long)]
    pub omit_data: bool,

    /// If there is nothing, wait this long for something, e.g. 30s; at most 60s
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub wait: Option<Duration>,

    /// Fail unless the hub has seen this cursor
    #[arg(long, value_name = "CURSOR", default_value = "")]
    pub at_least: String,
}

/// A start without a cursor.
#[derive(Debug, Clone, Copy)]
pub enum Seek {
    Earliest,
    Latest,
    Time(Timestamp),
}

fn seek(text: &str) -> Result<Seek, String> {
    match text {
        "earliest" => Ok(Seek::Earliest),
        "latest" => Ok(Seek::Latest),
        _ => time(text).map(Seek::Time).map_err(|why| format!("{why}, earliest or latest")),
    }
}

#[derive(Debug, Args)]
pub struct Get {
    #[command(flatten)]
    pub from: From,
    /// The topic
    pub topic: String,
    /// The key; without it: the newest event of the topic that has no key
    #[arg(default_value = "")]
    pub key: String,
}

#[derive(Debug, Args)]
pub struct Snapshot {
    #[command(flatten)]
    pub from: From,

    /// Topics or patterns
    #[arg(required = true, value_name = "TOPIC")]
    pub topics: Vec<String>,

    /// Only this key; repeatable
    #[arg(long = "key", value_name = "KEY")]
    pub keys: Vec<String>,

    /// Leave the data out
    #[arg(long)]
    pub omit_data: bool,
}

#[derive(Debug, Args)]
pub struct Follow {
    #[command(flatten)]
    pub from: From,
    #[command(flatten)]
    pub selection: Selection,

    /// Keep the place in this file, and go on from it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub cursor_file: Option<PathBuf>,

    /// Where to start without a place
    #[arg(long = "from", value_enum, default_value_t = Start::Earliest)]
    pub start: Start,

    /// What to do when the place cannot be used
    #[arg(long, value_enum, default_value_t = OnCursorError::Fail)]
    pub on_cursor_error: OnCursorError,

    /// Open no stream of hints; poll as the hub advises
    #[arg(long)]
    pub poll_only: bool,
}

/// Where a follower starts.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Start {
    /// At the earliest retained event
    Earliest,
    /// With what is published from now on
    Latest,
    /// With the newest event of every key, then what changes
    Snapshot,
}

/// What a follower does when its place cannot be used.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum OnCursorError {
    /// End with code 3
    Fail,
    /// Print a snapshot, then go on
    Snapshot,
    /// Go on from the earliest retained event, without what is lost
    Earliest,
    /// What the hub advises
    Advised,
}

#[derive(Debug, Args)]
pub struct Topics {
    #[command(flatten)]
    pub from: From,
    /// Topics or patterns
    #[arg(required = true, value_name = "TOPIC")]
    pub topics: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Cursor {
    #[command(flatten)]
    pub from: From,
    /// The cursor; any text
    #[arg(allow_hyphen_values = true)]
    pub cursor: String,
}

#[derive(Debug, Args)]
pub struct Hub {
    #[command(flatten)]
    pub from: From,
}
