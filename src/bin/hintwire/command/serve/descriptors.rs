//! Open files: each connection is one, and so is each segment of the log and its index. Most systems grant 1,024 to who
//! does not ask.

use hintwire::config::Config;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files beside connections and segments: standard streams, the runtime, what is being written anew.
const OTHERS: u64 = 64;

/// Asks for as many as the system lets this process have. If the configured connections need more, there are fewer
/// connections: a log that cannot open its next segment refuses events, a peer that is refused comes again.
pub fn raise(config: &mut Config) {
    let Some(have) = most() else { return };
    let connections = connections(have, config);
    if connections < config.connections {
        tracing::warn!(
            connections,
            open_files = have,
            "fewer connections than configured: not enough open files are allowed; see `ulimit -n`"
        );
        config.connections = connections;
    }
}

/// How many files the log needs, and the process beside it.
pub fn of_log(config: &Config) -> u64 {
    2 * (config.retention_bytes / config.segment_bytes) + OTHERS
}

/// Asks for as many as the system lets this process have; tells how many those are, if there is a limit.
pub fn most() -> Option<u64> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    if raised.is_ok() { maximum } else { current }
}

/// How many connections so many open files allow: what the log leaves, and half in any case.
pub fn connections(have: u64, config: &Config) -> usize {
    let left = have.saturating_sub(of_log(config)).max(have / 2).max(1);
    config.connections.min(usize::try_from(left).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_has_its_files_before_connections_have_theirs() {
        let config = Config::default();
        assert_eq!(connections(1 << 20, &config), config.connections);
        assert_eq!(connections(1024, &config), 1024 - 2 * 64 - 64);
        assert_eq!(connections(256, &config), 128);
    }
}
