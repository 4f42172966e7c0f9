//! The composition root: a backlog, the hub on it, its services on a port, and their orderly end.

mod accept;
mod backlog;
mod front;
mod greeting;
mod health;
mod http1;
mod http2;
mod listen;
mod meter;
mod part;
mod peers;
pub mod reload;
mod reply;
mod seldom;
mod streams;
mod tls;
mod trace;
mod transport;
mod trust;
mod web;

use std::future::Future;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

pub use self::backlog::open_backlog;
pub use self::listen::Listen;
pub use self::tls::TlsError;
pub use self::trust::{Trust, TrustError};

use self::accept::Connections;
use self::front::Front;
use self::health::Health;
use crate::backlog::Backlog;
use crate::backlog::log::OpenError;
use crate::config::{Config, ConfigError};
use crate::error::Error;
use crate::http::HttpSettings;
use crate::hub::{Hub, HubSettings};
use crate::limits::DRAIN;

/// The API as a descriptor set, for reflection.
const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// Why a hub cannot be served, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The backlog did not close as it should; what it had answered is safe.
    #[error("the backlog did not close cleanly")]
    Close(#[source] Error),
    /// The backlog cannot be opened; nothing was changed.
    #[error("the backlog cannot be opened")]
    Open(#[from] OpenError),
    /// The address is not one to listen on.
    #[error("the configuration is wrong")]
    Config(#[from] ConfigError),
    /// The port has no address.
    #[error("the address cannot be told")]
    Address(#[source] std::io::Error),
    /// A file of certificates, keys, tokens or permissions cannot be used.
    #[error("whom to trust cannot be read")]
    Trust(#[from] TrustError),
    /// The descriptors of the API do not load.
    #[error("reflection cannot be served")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// A thread of the runtime ended.
    #[error("the backlog was not opened to the end")]
    Interrupted(#[from] tokio::task::JoinError),
}

/// Opens the backlog of `config` and [serves](serve) it.
///
/// # Errors
/// An address that others can reach while nothing says who asks; files of certificates, keys, tokens and permissions that
/// cannot be used; a backlog that does not open or close.
pub async fn run(
    listener: TcpListener,
    config: Config,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    config.validate_listen(listener.local_addr().map_err(ServeError::Address)?)?;
    let trust = Arc::new(Trust::read(&config)?);
    let opening = config.clone();
    // Opening reads the log; that is no work for a thread that drives connections.
    let backlog = tokio::task::spawn_blocking(move || open_backlog(&opening)).await??;
    serve_with(listener, backlog, &config, trust, shutdown).await
}

/// Serves a hub on `listener` until `shutdown`, then drains it: not serving, RECONNECT to all streams, what is in flight
/// finishes, GOAWAY, and after [`DRAIN`] at the latest what is left is cut; then the backlog is closed.
///
/// # Errors
/// Files of certificates, keys, tokens and permissions that cannot be used, a backlog that does not close.
pub async fn serve(
    listener: impl Listen,
    backlog: Arc<dyn Backlog>,
    config: &Config,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let trust = Arc::new(Trust::read(config)?);
    serve_with(listener, backlog, config, trust, shutdown).await
}

/// The same with files that were read already, and that can be read again meanwhile.
///
/// # Errors
/// A backlog that does not close.
pub async fn serve_with(
    listener: impl Listen,
    backlog: Arc<dyn Backlog>,
    config: &Config,
    trust: Arc<Trust>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    serve_watched(listener, backlog, config, trust, shutdown, |_| ()).await
}

/// The same; `started` is handed the hub before it serves, to look at its [readings](Hub::readings).
///
/// # Errors
/// As [`serve_with`].
pub async fn serve_watched(
    listener: impl Listen,
    backlog: Arc<dyn Backlog>,
    config: &Config,
    trust: Arc<Trust>,
    shutdown: impl Future<Output = ()>,
    started: impl FnOnce(&Arc<Hub>),
) -> Result<(), ServeError> {
    let hub = Hub::start(backlog, settings(config));
    started(&hub);
    let draining = CancellationToken::new();
    let health = Health::new().await;
    let (authenticator, authorizer) =
        (Arc::clone(&trust.authenticator), Arc::clone(&trust.authorizer));
    let front = front(&hub, config, trust, &health, &draining)?;
    let mut connections = Connections::new(front, draining.clone());
    tokio::select! {
        biased;
        () = connections.accept(listener) => {}
        () = health.follow(&hub) => {}
        () = authorizer.watch() => {}
        () = authenticator.watch() => {}
        () = shutdown => {}
    }
    tracing::info!("stopping: streams are told to reconnect, what is in flight finishes");
    health.stop().await;
    hub.drain();
    draining.cancel();
    connections.finish(DRAIN).await;
    hub.close().await.map_err(ServeError::Close)
}

fn settings(config: &Config) -> HubSettings {
    HubSettings {
        limits: config.limits(),
        min_interval: config.min_interval,
        heartbeat_interval: config.heartbeat_interval,
        stream_age: config.stream_age,
        fetch_rate: f64::from(config.fetch_rate),
    }
}

/// The services on one port.
fn front(
    hub: &Arc<Hub>,
    config: &Config,
    trust: Arc<Trust>,
    health: &Health,
    draining: &CancellationToken,
) -> Result<Front, ServeError> {
    let mut others = Routes::new(health.server());
    if config.reflection {
        others =
            others.add_service(reflection().build_v1()?).add_service(reflection().build_v1alpha()?);
    }
    let http = HttpSettings::of(config);
    Ok(Front {
        hub: Arc::clone(hub),
        limits: config.limits(),
        id_window: config.id_window,
        draining: draining.clone(),
        others: others.prepare(),
        http: crate::http::router(&http, web::routes(&http)),
        trust,
        parts: Arc::default(),
    })
}

fn reflection() -> tonic_reflection::server::Builder<'static> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}
