//! Log lines, on standard error.

use std::io::{self, IsTerminal};

use hintwire::config::{Config, LogFormat};
use hintwire::server::reload::Log;
use opentelemetry_sdk::trace::SdkTracer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, reload};

use crate::failure::{Exit, Failure};

/// h2 warns of what peers do wrong, as often as they do it; who wants to know names it in `log_level`.
const QUIET: &str = "h2=error";

/// Logs from here on as the configuration says; what is returned changes the level later. Spans of calls go to the tracer
/// too, whatever the level.
pub fn start(config: &Config, tracer: Option<SdkTracer>) -> Result<Log, Failure> {
    let filter = filter(config).map_err(|error| Failure::new(Exit::Usage, error))?;
    let (filter, handle) = reload::Layer::new(filter);
    let terminal = io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let lines = match (config.log_format, terminal) {
        (LogFormat::Text, _) | (LogFormat::Auto, true) => lines.with_ansi(terminal).boxed(),
        (LogFormat::Json, _) | (LogFormat::Auto, false) => lines.json().boxed(),
    };
    let spans = tracer.map(|tracer| {
        let own = filter_fn(|meta| meta.is_span() && meta.target().starts_with("hintwire"));
        let layer = tracing_opentelemetry::layer().with_tracer(tracer);
        layer.with_location(false).with_threads(false).with_filter(own)
    });
    tracing_subscriber::registry().with(spans).with(lines.with_filter(filter)).init();
    Ok(again(move |filter| handle.reload(filter)))
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
