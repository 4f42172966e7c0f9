//! Which backlog a configuration names.

use std::sync::Arc;

use super::ServeError;
use crate::backlog::Backlog;
use crate::backlog::log::engine::LogBacklog;
use crate::backlog::log::{LogSettings, Retention};
use crate::backlog::memory::{Memory, MemorySettings};
use crate::config::Config;
use crate::cursor::Incarnation;

/// Opens the backlog that a configuration names: the log in `data`, created if absent, or, if `ephemeral`, one in
/// memory. Blocks while the log is read.
///
/// # Errors
/// [`ServeError::Open`]: what keeps the log from being opened, with file, offset and what to do.
pub fn open_backlog(config: &Config) -> Result<Arc<dyn Backlog>, ServeError> {
    if config.ephemeral {
        let incarnation = Incarnation(fastrand::u64(..));
        return Ok(Arc::new(Memory::new(incarnation, memory_settings(config))));
    }
    Ok(Arc::new(LogBacklog::open(&config.data, log_settings(config))?))
}

fn log_settings(config: &Config) -> LogSettings {
    LogSettings {
        segment_bytes: config.segment_bytes,
        retention: Retention {
            age: config.retention_age,
            bytes: config.retention_bytes,
            events: config.retention_events,
        },
        keep_latest: config.keep_latest,
        reserve_bytes: config.reserve_bytes,
        id_window: config.id_window,
        id_window_events: config.id_window_events,
    }
}

fn memory_settings(config: &Config) -> MemorySettings {
    MemorySettings {
        retention_age: config.retention_age,
        retention_bytes: or_no_limit(config.retention_bytes),
        retention_events: or_no_limit(config.retention_events),
        keep_latest: config.keep_latest,
        id_window: config.id_window,
        id_window_events: config.id_window_events,
    }
}

fn or_no_limit(value: u64) -> u64 {
    if value == 0 { u64::MAX } else { value }
}
