//! Open files: each connection is one, and most systems grant 1,024 to who does not ask.

use hintwire::config::Config;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Asks for as many as the system lets this process have, and says so if the configured connections need more.
pub fn raise(config: &Config) {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    let have = if raised.is_ok() { maximum } else { current };
    let need = config.connections as u64;
    if let Some(have) = have.filter(|have| *have < need) {
        tracing::warn!(
            have,
            need,
            "fewer open files are allowed than connections; see `ulimit -n`"
        );
    }
}
