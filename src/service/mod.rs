//! The gRPC edge: a request is parsed, becomes one call of the hub, and its answer a reply.
//!
//! Here and in the client alone are generated types and `tonic::Status`.

mod codec;
mod connection;
pub(crate) mod describe;
pub(crate) mod fetch;
mod fetch_stream;
mod incoming;
mod page;
pub(crate) mod parse;
mod part;
pub(crate) mod publish;
mod publish_stream;
pub(crate) mod reply;
pub(crate) mod snapshot;
pub(crate) mod status;
mod subscribe;
pub(crate) mod topics;

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

pub use self::connection::{Connection, Unread};
use self::fetch_stream::Pages;
pub(crate) use self::page::FetchPage;
use self::page::SnapshotPage;
pub use self::part::{Held, Parts};
use self::publish_stream::Answers;
use self::subscribe::Hints;
use crate::access::Access;
use crate::cursor::Position;
use crate::error::Error;
use crate::hub::Hub;
use crate::limits::Limits;
use crate::metrics::Fetches;
use crate::v1;

#[allow(missing_docs, clippy::all)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/server/hintwire.v1.rs"));
}

pub use generated::hub_service_server::{HubServiceServer, SERVICE_NAME};

/// The service as one request finds it: the hub, and what the edge has to know besides. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    /// The hub.
    pub hub: Arc<Hub>,
    /// What callers may ask.
    pub limits: Limits,
    /// What GetHub tells of the backlog's id window.
    pub id_window: Duration,
    /// Tells streams of requests to end.
    pub draining: CancellationToken,
    /// The connection.
    pub connection: Arc<Connection>,
    /// What the sender of the request may do.
    pub access: Access,
}

impl Service {
    /// The peer was answered a fetch of so many events, which has come to a place.
    pub(crate) fn fetched(&self, kind: Fetches, events: usize, next: Position) {
        self.connection.metrics.fetch(kind, events);
        if let Some(converging) = &self.connection.converging {
            converging.fetched(next);
        }
    }

    /// Something is refused within an answer that is none itself.
    pub(crate) fn refused(&self, error: &Error) {
        self.connection.metrics.refusals.count(status::row(error).reason);
    }
}

/// The reason of an error, as every way in tells it.
pub fn reason(error: &Error) -> &'static str {
    status::row(error).reason
}

#[tonic::async_trait]
impl generated::hub_service_server::HubService for Service {
    type FetchStreamStream = Pages;
    type PublishStreamStream = Answers;
    type SubscribeStream = Hints;

    async fn publish(
        &self,
        request: Request<v1::PublishRequest>,
    ) -> Result<Response<v1::PublishResponse>, Status> {
        Ok(Response::new(publish::call(self, request.into_inner()).await?))
    }

    async fn publish_stream(
        &self,
        request: Request<Streaming<v1::PublishStreamRequest>>,
    ) -> Result<Response<Answers>, Status> {
        Ok(Response::new(Answers::new(self.clone(), request.into_inner())?))
    }

    async fn subscribe(
        &self,
        request: Request<v1::SubscribeRequest>,
    ) -> Result<Response<Hints>, Status> {
        Ok(Response::new(subscribe::call(self, request.into_inner()).await?))
    }

    async fn fetch(
        &self,
        request: Request<v1::FetchRequest>,
    ) -> Result<Response<FetchPage>, Status> {
        Ok(Response::new(fetch::call(self, request.into_inner(), Fetches::Fetch).await?))
    }

    async fn fetch_stream(
        &self,
        request: Request<Streaming<v1::FetchStreamRequest>>,
    ) -> Result<Response<Pages>, Status> {
        Ok(Response::new(Pages::new(self.clone(), request.into_inner())?))
    }

    async fn snapshot(
        &self,
        request: Request<v1::SnapshotRequest>,
    ) -> Result<Response<SnapshotPage>, Status> {
        Ok(Response::new(snapshot::call(self, request.into_inner()).await?))
    }

    async fn describe_cursor(
        &self,
        request: Request<v1::DescribeCursorRequest>,
    ) -> Result<Response<v1::DescribeCursorResponse>, Status> {
        Ok(Response::new(describe::cursor(self, &request.get_ref().cursor).await?))
    }

    async fn list_topics(
        &self,
        request: Request<v1::ListTopicsRequest>,
    ) -> Result<Response<v1::ListTopicsResponse>, Status> {
        Ok(Response::new(topics::call(self, request.into_inner())?))
    }

    async fn get_hub(
        &self,
        _: Request<v1::GetHubRequest>,
    ) -> Result<Response<v1::GetHubResponse>, Status> {
        Ok(Response::new(describe::hub(self)?))
    }
}
