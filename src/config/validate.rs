//! What each setting may be.

use std::net::SocketAddr;
use std::time::Duration;

use super::human::{format_duration, format_size};
use super::{Config, ConfigError};
use crate::limits::{CONFIGURABLE_BYTES, HEARTBEAT_MAX, Limits, MIN_INTERVAL_MAX, SEGMENT_BYTES};

/// A request smaller than this would refuse what any producer sends.
const REQUEST_BYTES_LEAST: u64 = 4 << 10;

impl Config {
    /// Checks every value.
    ///
    /// # Errors
    /// The first value out of its bounds, with the bounds.
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.tls.validate()?;
        self.validate_listen(self.listen)?;
        self.validate_policy()?;
        self.validate_log()?;
        self.validate_streams()?;
        self.validate_limits()
    }

    /// Who cannot say who asks listens where nobody else can.
    ///
    /// # Errors
    /// An address that others can reach, and what to set.
    pub fn validate_listen(&self, address: SocketAddr) -> Result<(), ConfigError> {
        if address.ip().to_canonical().is_loopback() || self.allow_anonymous || self.authenticates()
        {
            return Ok(());
        }
        Err(ConfigError(format!(
            "listen: others can reach {address}, and nothing says who asks: set auth or tls.client_ca, or \
             allow_anonymous if whoever reaches it may publish and read"
        )))
    }

    fn validate_policy(&self) -> Result<(), ConfigError> {
        if self.authenticates() && self.policy.is_none() {
            return Err(ConfigError(
                "policy: auth or tls.client_ca says who asks, and nothing says what they may do: name a policy file"
                    .into(),
            ));
        }
        Ok(())
    }

    fn validate_log(&self) -> Result<(), ConfigError> {
        if !self.ephemeral && self.data.as_os_str().is_empty() {
            return Err(ConfigError("data: name a directory, or set ephemeral".into()));
        }
        let (least, most) = SEGMENT_BYTES;
        size("segment_bytes", self.segment_bytes, least, most)?;
        if self.retention_bytes != 0 {
            size("retention_bytes, if not 0,", self.retention_bytes, self.segment_bytes, u64::MAX)?;
        }
        duration("retention_age", self.retention_age, SECOND, Duration::MAX)?;
        duration("id_window", self.id_window, SECOND, Duration::MAX)?;
        count("id_window_events", self.id_window_events, u64::MAX)
    }

    fn validate_streams(&self) -> Result<(), ConfigError> {
        duration("min_interval", self.min_interval, Duration::from_millis(1), MIN_INTERVAL_MAX)?;
        duration("heartbeat_interval", self.heartbeat_interval, SECOND, HEARTBEAT_MAX)?;
        duration("stream_age", self.stream_age, SECOND, Duration::MAX)?;
        count("fetch_rate", u64::from(self.fetch_rate), u64::MAX)
    }

    fn validate_limits(&self) -> Result<(), ConfigError> {
        let most = Limits::default();
        let request = CONFIGURABLE_BYTES as u64;
        size("request_bytes", self.request_bytes, REQUEST_BYTES_LEAST, request)?;
        size("data_bytes", self.data_bytes, 1, self.request_bytes)?;
        count("batch_events", self.batch_events as u64, most.batch_events as u64)?;
        count("patterns", self.patterns as u64, most.patterns as u64)?;
        count("streams", self.streams as u64, u64::MAX)?;
        count("connection_calls", self.connection_calls as u64, u64::MAX)?;
        count("connections", self.connections as u64, u64::MAX)?;
        count("connections_per_peer", self.connections_per_peer as u64, u64::MAX)
    }
}

const SECOND: Duration = Duration::from_secs(1);

fn size(name: &str, value: u64, least: u64, most: u64) -> Result<(), ConfigError> {
    let most_text = (most < u64::MAX).then(|| format_size(most));
    within(
        name,
        (least..=most).contains(&value),
        &format_size(value),
        &format_size(least),
        most_text,
    )
}

fn duration(
    name: &str,
    value: Duration,
    least: Duration,
    most: Duration,
) -> Result<(), ConfigError> {
    let most_text = (most < Duration::MAX).then(|| format_duration(most));
    let ok = (least..=most).contains(&value);
    within(name, ok, &format_duration(value), &format_duration(least), most_text)
}

fn count(name: &str, value: u64, most: u64) -> Result<(), ConfigError> {
    let most_text = (most < u64::MAX).then(|| most.to_string());
    within(name, (1..=most).contains(&value), &value.to_string(), "1", most_text)
}

fn within(
    name: &str,
    ok: bool,
    value: &str,
    least: &str,
    most: Option<String>,
) -> Result<(), ConfigError> {
    match (ok, most) {
        (true, _) => Ok(()),
        (false, Some(most)) => {
            Err(ConfigError(format!("{name} must be {least} to {most}; it is {value}")))
        }
        (false, None) => {
            Err(ConfigError(format!("{name} must be at least {least}; it is {value}")))
        }
    }
}
