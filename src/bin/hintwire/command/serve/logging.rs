//! Log lines, on standard error.

use std::io::{self, IsTerminal};

use hintwire::config::{Config, LogFormat};
use tracing_subscriber::EnvFilter;

use crate::failure::{Exit, Failure};

/// h2 warns of what peers do wrong, as often as they do it; who wants to know names it in `log_level`.
const QUIET: &str = "h2=error";

/// Logs from here on as the configuration says.
pub fn start(config: &Config) -> Result<(), Failure> {
    let filter =
        EnvFilter::builder().parse(format!("{QUIET},{}", config.log_level)).map_err(|error| {
            let advice =
                "write a level (error, warn, info, debug, trace) or e.g. info,hintwire=debug";
            Failure::new(Exit::Usage, format!("log_level: {error}; {advice}"))
        })?;
    let terminal = io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    match (config.log_format, terminal) {
        (LogFormat::Text, _) | (LogFormat::Auto, true) => lines.with_ansi(terminal).init(),
        (LogFormat::Json, _) | (LogFormat::Auto, false) => lines.json().init(),
    }
    Ok(())
}
