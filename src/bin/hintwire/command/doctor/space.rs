//! Is there room for what the backlog may grow to?

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use hintwire::config::Config;
use hintwire::config::human::format_size;

use super::finding::Finding;

const CHECK: &str = "space";

/// Compares what is free with what retention and reserve ask for.
pub fn look(config: &Config, home: &Path) -> Option<Finding> {
    let stat = rustix::fs::statvfs(home).ok()?;
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    let growth = config.retention_bytes.saturating_sub(used(home)) + 2 * config.segment_bytes;
    Some(judge(config, free, growth + config.reserve_bytes))
}

fn judge(config: &Config, free: u64, wanted: u64) -> Finding {
    let (has, reserve) = (format!("{} are free", size(free)), size(config.reserve_bytes));
    if free < config.reserve_bytes + config.segment_bytes {
        let found = format!(
            "{has}: less than reserve_bytes ({reserve}) and a segment, so events are refused"
        );
        return Finding::fail(CHECK, found, "make room, or lower retention_bytes");
    }
    if config.retention_bytes == 0 {
        let found = format!("{has}; retention_bytes is 0, so only age and count bound the backlog");
        return Finding::ok(CHECK, found);
    }
    if free < wanted {
        let most = size(config.retention_bytes);
        let found = format!("{has}; for retention_bytes ({most}) {} are wanted", size(wanted));
        return Finding::warn(
            CHECK,
            found,
            "make room, or lower retention_bytes: events are refused when it is used up",
        );
    }
    Finding::ok(CHECK, format!("{has}; the backlog may take {} more of it", size(wanted)))
}

/// Bytes that the files of a directory take.
fn used(home: &Path) -> u64 {
    let entries = fs::read_dir(home).into_iter().flatten().flatten();
    let blocks = entries.filter_map(|entry| Some(entry.metadata().ok()?.blocks()));
    blocks.sum::<u64>() * 512
}

/// About two digits are enough for people.
fn size(bytes: u64) -> String {
    let unit = [30, 20].into_iter().find(|unit| bytes >> unit >= 10).unwrap_or_default();
    format_size(bytes >> unit << unit)
}
