//! Log lines, on standard error.

use std::io::{self, IsTerminal};

use hintwire::config::{Config, LogFormat};
use hintwire::server::reload::Log;
use tracing_subscriber::{EnvFilter, reload};

use crate::failure::{Exit, Failure};

/// h2 warns of what peers do wrong, as often as they do it; who wants to know names it in `log_level`.
const QUIET: &str = "h2=error";

/// Logs from here on as the configuration says; what is returned changes the level later.
pub fn start(config: &Config) -> Result<Log, Failure> {
    let filter = filter(config).map_err(|error| Failure::new(Exit::Usage, error))?;
    let terminal = io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    Ok(match (config.log_format, terminal) {
        (LogFormat::Text, _) | (LogFormat::Auto, true) => {
            let lines = lines.with_ansi(terminal).with_filter_reloading();
            let handle = lines.reload_handle();
            lines.init();
            again(move |filter| handle.reload(filter))
        }
        (LogFormat::Json, _) | (LogFormat::Auto, false) => {
            let lines = lines.json().with_filter_reloading();
            let handle = lines.reload_handle();
            lines.init();
            again(move |filter| handle.reload(filter))
        }
    })
}

fn filter(config: &Config) -> Result<EnvFilter, String> {
    let advice = "write a level (error, warn, info, debug, trace) or e.g. info,hintwire=debug";
    EnvFilter::builder()
        .parse(format!("{QUIET},{}", config.log_level))
        .map_err(|error| format!("log_level: {error}; {advice}"))
}

fn again(reload: impl Fn(EnvFilter) -> Result<(), reload::Error> + Send + Sync + 'static) -> Log {
    Box::new(move |config| reload(filter(config)?).map_err(|error| error.to_string()))
}
