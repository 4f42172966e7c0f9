//! The configuration of a hub: defaults, under a TOML file, under `HINTWIRE_*`, under flags.
//!
//! One struct says it all: its fields are the keys of the file, its docs the help of the flags. With the feature `cli`
//! it is also a set of clap arguments, meant for `augment_args_for_update` and `update_from_arg_matches`, so that what
//! was not typed stays as the file has it.

pub mod human;
mod names;
mod tls;
mod validate;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use self::names::{Host, NameError, Origin};
pub use self::tls::{TlsSettings, TlsVersion};

use crate::limits::Limits;

/// What a hub can be told. Durations are written like `10ms`, `15s`, `7d`, sizes like `256MiB`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args), command(next_help_heading = "Settings"))]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Address and port to listen on; port 0 takes a free one. Default `127.0.0.1:7450`.
    #[cfg_attr(feature = "cli", arg(long, env = "HINTWIRE_LISTEN", value_name = "ADDR"))]
    pub listen: SocketAddr,

    /// Listen on another address than loopback although nothing says who asks: whoever reaches it may publish and read.
    /// Default `false`.
    #[cfg_attr(feature = "cli", arg(long, env = "HINTWIRE_ALLOW_ANONYMOUS", num_args = 0..=1,
        require_equals = true, default_missing_value = "true", value_name = "BOOL",
        action = clap::ArgAction::Set))]
    pub allow_anonymous: bool,

    /// A TOML file that says whose bearer tokens count. Default: none.
    #[cfg_attr(feature = "cli", arg(long, env = "HINTWIRE_AUTH", value_name = "FILE"))]
    pub auth: Option<PathBuf>,

    /// A TOML file that says who may do what; needed once `auth` or `tls.client_ca` says who asks. Default: none.
    #[cfg_attr(feature = "cli", arg(long, env = "HINTWIRE_POLICY", value_name = "FILE"))]
    pub policy: Option<PathBuf>,

    /// A file to which refusals, administration and reloads are appended, one JSON object a line. Default: none.
    #[cfg_attr(feature = "cli", arg(long, env = "HINTWIRE_AUDIT_LOG", value_name = "FILE"))]
    pub audit_log: Option<PathBuf>,

    /// Describe the API to whoever asks: gRPC reflection, `/v1/openapi.json`. Default `true`.
    #[cfg_attr(feature = "cli", arg(long, env = "HINTWIRE_REFLECTION", num_args = 0..=1,
        require_equals = true, default_missing_value = "true", value_name = "BOOL",
        action = clap::ArgAction::Set))]
    pub reflection: bool,

    /// Directory of the backlog, created if absent. Default `./hintwire-data`.
    #[cfg_attr(feature = "cli", arg(long, env = "HINTWIRE_DATA", value_name = "DIR"))]
    pub data: PathBuf,

    /// Keep the backlog in memory only; it ends with the process. Default `false`.
    #[cfg_attr(feature = "cli", arg(long, env = "HINTWIRE_EPHEMERAL", num_args = 0..=1,
        require_equals = true, default_missing_value = "true", value_name = "BOOL",
        action = clap::ArgAction::Set))]
    pub ephemeral: bool,

    /// Size of a segment file of the log, 64 KiB to 1 GiB. Default `256MiB`.
    #[cfg_attr(feature = "cli", arg(long, env = "HINTWIRE_SEGMENT_BYTES", value_name = "SIZE",
        value_parser = human::parse_size))]
    #[serde(with = "human::size")]
    pub segment_bytes: u64,

    /// Age at which events are dropped. Default `7d`.
    #[cfg_attr(feature = "cli", arg(long, env = "HINTWIRE_RETENTION_AGE", value_name = "TIME",
        value_parser = human::parse_duration))]
    #[serde(with = "human::duration")]
    pub retention_age: Duration,

    /// Size of the backlog at which the oldest events are dropped; 0 = no limit. Default `16GiB`.
    #[cfg_attr(feature = "cli", arg(long, env = "HINTWIRE_RETENTION_BYTES", value_name = "SIZE",
        value_parser = human::parse_size))]
    #[serde(with = "human::size")]
    pub retention_bytes: u64,

    /// Number of events at which the oldest are dropped; 0 = no limit. Default `0`.
    #[cfg_attr(feature = "cli", arg(long, env = "HINTWIRE_RETENTION_EVENTS", value_name = "N"))]
    pub retention_events: u64,

    /// Keep the newest event of each key beyond retention, for Snapshot. Default `true`.
    #[cfg_attr(feature = "cli", arg(long, env = "HINTWIRE_KEEP_LATEST", num_args = 0..=1,
        require_equals = true, default_missing_value = "true", value_name = "BOOL",
        action = clap::ArgAction::Set))]
    pub keep_latest: bool,

    /// Disk space that publishing leaves free, so that retention can work. Default `64MiB`.
    #[cfg_attr(feature = "cli", arg(long, env = "HINTWIRE_RESERVE_BYTES", value_name = "SIZE",
        value_parser = human::parse_size))]
    #[serde(with = "human::size")]
    pub reserve_bytes: u64,

    /// How long the id of an event is remembered. Default `10m`.
    #[cfg_attr(feature = "cli", arg(long, env = "HINTWIRE_ID_WINDOW", value_name = "TIME",
        value_parser = human::parse_duration))]
    #[serde(with = "human::duration")]
    pub id_window: Duration,

    /// How many newer ids push one out before that. Default `1000000`.
    #[cfg_attr(feature = "cli", arg(long, env = "HINTWIRE_ID_WINDOW_EVENTS", value_name = "N"))]
    pub id_window_events: u64,

    /// Least time between two hints of a stream, 1 ms to 60 s. Default `10ms`.
    #[cfg_attr(feature = "cli", arg(long, env = "HINTWIRE_MIN_INTERVAL", value_name = "TIME",
        value_parser = human::parse_duration))]
    #[serde(with = "human::duration")]
    pub min_interval: Duration,

    /// Time after which a quiet stream gets a heartbeat, 1 s to 120 s. Default `15s`.
    #[cfg_attr(feature = "cli", arg(long, env = "HINTWIRE_HEARTBEAT_INTERVAL", value_name = "TIME",
        value_parser = human::parse_duration))]
    #[serde(with = "human::duration")]
    pub heartbeat_interval: Duration,

    /// Age at which a stream is asked to reconnect, at least 1 s. Default `30m`.
    #[cfg_attr(feature = "cli", arg(long, env = "HINTWIRE_STREAM_AGE", value_name = "TIME",
        value_parser = human::parse_duration))]
    #[serde(with = "human::duration")]
    pub stream_age: Duration,

    /// Fetches a second to which a crowd that follows a hint is spread. Default `20000`.
    #[cfg_attr(feature = "cli", arg(long, env = "HINTWIRE_FETCH_RATE", value_name = "N"))]
    pub fetch_rate: u32,

    /// Largest data of one event, at most `request_bytes`. Default `1MiB`.
    #[cfg_attr(feature = "cli", arg(long, env = "HINTWIRE_DATA_BYTES", value_name = "SIZE",
        value_parser = human::parse_size))]
    #[serde(with = "human::size")]
    pub data_bytes: u64,

    /// Largest request, 4 KiB to 16 MiB. Default `4MiB`.
    #[cfg_attr(feature = "cli", arg(long, env = "HINTWIRE_REQUEST_BYTES", value_name = "SIZE",
        value_parser = human::parse_size))]
    #[serde(with = "human::size")]
    pub request_bytes: u64,

    /// Most events of one batch, at most 1,000. Default `1000`.
    #[cfg_attr(feature = "cli", arg(long, env = "HINTWIRE_BATCH_EVENTS", value_name = "N"))]
    pub batch_events: usize,

    /// Most patterns of one request, at most 1,000. Default `1000`.
    #[cfg_attr(feature = "cli", arg(long, env = "HINTWIRE_PATTERNS", value_name = "N"))]
    pub patterns: usize,

    /// Most open Subscribe streams. Default `200000`.
    #[cfg_attr(feature = "cli", arg(long, env = "HINTWIRE_STREAMS", value_name = "N"))]
    pub streams: usize,

    /// Most open calls of one connection, streams above all. Default `8000`.
    #[cfg_attr(feature = "cli", arg(long, env = "HINTWIRE_CONNECTION_CALLS", value_name = "N"))]
    pub connection_calls: usize,

    /// Most open connections. Default `20000`.
    #[cfg_attr(feature = "cli", arg(long, env = "HINTWIRE_CONNECTIONS", value_name = "N"))]
    pub connections: usize,

    /// Most open connections of one peer: an IPv4 address, or an IPv6 network of 64 bits. Default `5000`.
    #[cfg_attr(
        feature = "cli",
        arg(long, env = "HINTWIRE_CONNECTIONS_PER_PEER", value_name = "N")
    )]
    pub connections_per_peer: usize,

    /// Names by which clients reach the hub over HTTP, as `name` or `name:port`, beside addresses and `localhost`; a page
    /// may have made a name of its own lead here. Default `[]`.
    #[cfg_attr(
        feature = "cli",
        arg(long, env = "HINTWIRE_ALLOWED_HOSTS", value_name = "HOST", value_delimiter = ',')
    )]
    pub allowed_hosts: Vec<Host>,

    /// Origins whose pages may use the hub from a browser, as `https://app.example`; gRPC-Web is on if there are any.
    /// Default `[]`.
    #[cfg_attr(
        feature = "cli",
        arg(long, env = "HINTWIRE_ALLOWED_ORIGINS", value_name = "ORIGIN", value_delimiter = ',')
    )]
    pub allowed_origins: Vec<Origin>,

    /// What to log: a level, or targets with levels, as in `info,hintwire::hub=debug`. Default `info`.
    #[cfg_attr(feature = "cli", arg(long, env = "HINTWIRE_LOG_LEVEL", value_name = "FILTER"))]
    pub log_level: String,

    /// How to log: `text`, `json`, or `auto`: text on a terminal, JSON else. Default `auto`.
    #[cfg_attr(feature = "cli", arg(long, env = "HINTWIRE_LOG_FORMAT", value_name = "FORMAT"))]
    pub log_format: LogFormat,

    /// TLS.
    #[cfg_attr(feature = "cli", command(flatten))]
    pub tls: TlsSettings,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text on a terminal, JSON else.
    Auto,
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Default for Config {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 7450)),
            allow_anonymous: false,
            auth: None,
            policy: None,
            audit_log: None,
            reflection: true,
            data: PathBuf::from("./hintwire-data"),
            ephemeral: false,
            segment_bytes: 256 << 20,
            retention_age: Duration::from_secs(7 * 86_400),
            retention_bytes: 16 << 30,
            retention_events: 0,
            keep_latest: true,
            reserve_bytes: 64 << 20,
            id_window: Duration::from_secs(600),
            id_window_events: 1_000_000,
            min_interval: Duration::from_millis(10),
            heartbeat_interval: Duration::from_secs(15),
            stream_age: Duration::from_secs(1800),
            fetch_rate: 20_000,
            data_bytes: limits.data_bytes as u64,
            request_bytes: limits.request_bytes as u64,
            batch_events: limits.batch_events,
            patterns: limits.patterns,
            streams: limits.streams,
            connection_calls: limits.connection_calls,
            connections: limits.connections,
            connections_per_peer: limits.connections_per_peer,
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            log_level: "info".into(),
            log_format: LogFormat::Auto,
            tls: TlsSettings::default(),
        }
    }
}

impl Config {
    /// Reads a TOML file; what it leaves out is the default. Values are not validated yet.
    ///
    /// # Errors
    /// Unknown keys and values of the wrong form, with their line.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error| ConfigError(error.to_string().trim_end().into()))
    }

    /// Writes TOML that [`Config::from_toml`] reads back.
    ///
    /// # Errors
    /// A path that is not UTF-8, or a number above 2^63 - 1.
    pub fn to_toml(&self) -> Result<String, ConfigError> {
        toml::to_string(self).map_err(|error| ConfigError(error.to_string()))
    }

    /// Whether anything can say who asks.
    pub fn authenticates(&self) -> bool {
        self.auth.is_some() || self.tls.client_ca.is_some()
    }

    /// The limits that it sets.
    pub fn limits(&self) -> Limits {
        let bytes = |value| usize::try_from(value).unwrap_or(usize::MAX);
        Limits {
            data_bytes: bytes(self.data_bytes),
            request_bytes: bytes(self.request_bytes),
            batch_events: self.batch_events,
            patterns: self.patterns,
            streams: self.streams,
            connection_calls: self.connection_calls,
            connections: self.connections,
            connections_per_peer: self.connections_per_peer,
        }
    }
}

/// What is wrong with a configuration, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

#[cfg(test)]
mod tests;
