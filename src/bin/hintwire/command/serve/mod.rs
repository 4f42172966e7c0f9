//! `hintwire serve`.

pub mod descriptors;
mod logging;
mod otlp;
mod signals;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;

use hintwire::backlog::Backlog;
use hintwire::config::Config;
use hintwire::hub::Hub;
use hintwire::server::reload::{Reload, Settings};
use hintwire::server::{self, Trust};
use tokio::net::TcpListener;

use self::otlp::Otlp;
use crate::command::configuration;
use crate::failure::{Exit, Failure};
use crate::typed::Serve;

pub async fn run(typed: Serve) -> Result<(), Failure> {
    let mut config = configuration::read(&typed.configured)?;
    if typed.print_config {
        return Ok(io::stdout().write_all(config.to_toml()?.as_bytes())?);
    }
    let otlp = Otlp::of_environment()?;
    let log = logging::start(&config, otlp.tracer())?;
    let configured = config.clone();
    descriptors::raise(&mut config);
    let stopped = signals::stopped()?;
    let trust = Arc::new(Trust::read(&config).map_err(|error| Failure::new(Exit::Usage, error))?);
    let file = typed.configured.config.clone();
    let read = move || configuration::read(&typed.configured).map_err(|failure| failure.text());
    let settings = Settings { file, read: Box::new(read), log };
    let reload = Reload::new(Arc::clone(&trust), settings, configured)?;
    let listener = listen(&config).await?;
    let backlog = open(&config).await?;
    announce(&config, listener.local_addr()?);
    tokio::spawn(reload.watch());
    let watch = |hub: &Arc<Hub>| {
        if let Some(metrics) = otlp.metrics() {
            tokio::spawn(metrics.run(Arc::clone(hub)));
        }
    };
    let served = server::serve_watched(listener, backlog, &config, trust, stopped, watch).await;
    otlp.finish().await;
    Ok(served?)
}

/// Reads the log, which is no work for a thread that drives connections.
async fn open(config: &Config) -> Result<Arc<dyn Backlog>, Failure> {
    let opening = config.clone();
    let opened = tokio::task::spawn_blocking(move || server::open_backlog(&opening)).await;
    let backlog = opened.map_err(Failure::error)?;
    backlog.map_err(|error| Failure::from(error).context(config.data.display()))
}

/// For people, and for scripts that asked for port 0; a hub whose output nobody reads serves all the same.
fn announce(config: &Config, address: SocketAddr) {
    let scheme = if config.tls.is_on() { "https" } else { "http" };
    _ = writeln!(io::stdout(), "listening on {scheme}://{address}");
    if !address.ip().is_loopback() && !config.authenticates() {
        tracing::warn!(%address, "whoever can reach this address can publish and read");
    }
}

async fn listen(config: &Config) -> Result<TcpListener, Failure> {
    TcpListener::bind(config.listen).await.map_err(|error| {
        let advice = match error.kind() {
            io::ErrorKind::AddrInUse => "; is a hub running already? Choose another with --listen",
            _ => "; choose another with --listen",
        };
        Failure::error(format!("cannot listen on {}: {error}{advice}", config.listen))
    })
}
