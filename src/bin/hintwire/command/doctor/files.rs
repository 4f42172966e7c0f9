//! Open files: are as many allowed as connections and segments may need?

use hintwire::config::Config;
use rustix::process::{Resource, getrlimit};

use super::finding::Finding;
use crate::command::serve::descriptors::{connections, of_log};

const CHECK: &str = "files";
const RAISE: &str = "raise it for the hub: `LimitNOFILE=` of its unit, or `ulimit -Hn`";

/// What `serve` will find, if it is started like this command.
pub fn look(config: &Config) -> Finding {
    let Some(most) = getrlimit(Resource::Nofile).maximum else {
        return Finding::ok(CHECK, "as many may be open as one likes");
    };
    let (log, wanted) = (of_log(config), of_log(config) + config.connections as u64);
    let found = format!(
        "{most} may be open (hard limit), {wanted} may be needed, {log} of them by the log"
    );
    let connections = connections(most, config);
    match () {
        () if most < log => {
            Finding::fail(CHECK, format!("{found}: the log may come to refuse events"), RAISE)
        }
        () if connections < config.connections => {
            Finding::warn(CHECK, format!("{found}: `serve` takes {connections} connections"), RAISE)
        }
        () => Finding::ok(CHECK, found),
    }
}
