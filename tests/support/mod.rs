//! A real hub on a free port, and what tests need to talk to it.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod fetches;
pub mod gate;

use std::net::SocketAddr;
use std::sync::Arc;

use hintwire::backlog::Backlog;
use hintwire::backlog::memory::Memory;
use hintwire::config::Config;
use hintwire::server::{self, ServeError};
use hintwire::v1;
use hintwire::v1::hub_service_client::HubServiceClient;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;
use tonic_types::{ErrorInfo, StatusExt};

pub type Client = HubServiceClient<Channel>;

/// A running hub. It stops when it is told to, or with the test.
pub struct Server {
    pub address: SocketAddr,
    shutdown: CancellationToken,
    served: JoinHandle<Result<(), ServeError>>,
}

impl Server {
    /// On a backlog in memory.
    pub async fn start() -> Self {
        Self::on(Arc::new(Memory::default()), Config::default()).await
    }

    /// On a backlog of the test's.
    pub async fn on(backlog: Arc<dyn Backlog>, config: Config) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let signal = shutdown.clone().cancelled_owned();
        let served =
            tokio::spawn(async move { server::serve(listener, backlog, &config, signal).await });
        Self { address, shutdown, served }
    }

    pub async fn channel(&self) -> Channel {
        self.connect().await.unwrap()
    }

    /// A connection, unless it is refused.
    pub async fn connect(&self) -> Result<Channel, tonic::transport::Error> {
        let uri = format!("http://{}", self.address);
        Channel::from_shared(uri).unwrap().connect().await
    }

    pub async fn client(&self) -> Client {
        Client::new(self.channel().await).max_decoding_message_size(64 << 20)
    }

    /// Begins the drain, as SIGTERM does.
    pub fn shut_down(&self) {
        self.shutdown.cancel();
    }

    /// Waits for the end of the drain.
    pub async fn stopped(self) -> Result<(), ServeError> {
        self.served.await.unwrap()
    }
}

/// An event with data.
pub fn event(topic: &str, data: &str) -> v1::Event {
    v1::Event { topic: topic.into(), data: data.to_owned().into(), ..Default::default() }
}

/// A batch without expectation.
pub fn batch(events: Vec<v1::Event>) -> v1::PublishRequest {
    v1::PublishRequest { events, expected_cursor: None }
}

/// A fetch of patterns from a cursor.
pub fn fetch(pattern: &str, cursor: &str) -> v1::FetchRequest {
    v1::FetchRequest { topics: vec![pattern.into()], cursor: cursor.into(), ..Default::default() }
}

/// A subscription to a pattern.
pub fn subscribe(pattern: &str, cursor: &str) -> v1::SubscribeRequest {
    v1::SubscribeRequest {
        topics: vec![pattern.into()],
        cursor: cursor.into(),
        ..Default::default()
    }
}

/// What an error of the hub says to programs.
pub fn info(status: &tonic::Status) -> ErrorInfo {
    let info =
        status.get_details_error_info().unwrap_or_else(|| panic!("no ErrorInfo: {status:?}"));
    assert_eq!(info.domain, "hintwire.v1");
    info
}

/// The reason of a refusal.
pub fn reason<T: std::fmt::Debug>(result: Result<T, tonic::Status>) -> String {
    info(&result.unwrap_err()).reason
}
