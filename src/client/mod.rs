//! The client: thin typed calls, and the push-to-poll loop that nobody should have to write.
//!
//! [`Client`] has one method for each call of the API, over the generated types of [`crate::v1`].
//! [`Follow`] is the loop: it hands every matching event to a handler, at least once and in order.

mod backoff;
mod breaker;
mod error;
mod follow;
mod handler;
mod notice;
mod responses;
mod seen;
mod store;
mod wire;

use std::time::Duration;

use futures_util::Stream;
use tonic::transport::{Channel, Endpoint};

pub use backoff::Backoff;
pub use breaker::Breaker;
pub use error::{DOMAIN, Error};
pub use follow::{Follow, FollowError, OnCursorError, Start};
pub use handler::{Batch, Handler, HandlerError, Origin};
pub use notice::Notice;
pub use responses::Responses;
pub use store::{CursorStore, FileStore, MemoryStore};
pub use wire::Wire;

use crate::limits;
use crate::v1::hub_service_client::HubServiceClient;
use crate::v1::{
    DescribeCursorRequest, DescribeCursorResponse, FetchRequest, FetchResponse, FetchStreamRequest,
    FetchStreamResponse, GetHubRequest, GetHubResponse, ListTopicsRequest, ListTopicsResponse,
    PublishRequest, PublishResponse, PublishStreamRequest, PublishStreamResponse, SnapshotRequest,
    SnapshotResponse, SubscribeRequest, SubscribeResponse,
};

/// How long one attempt to connect may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How often an HTTP/2 ping tests a connection that has calls open, and how long it may take.
const PING: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(10));
/// Largest answer taken: one maximal event, and room for its frame.
const ANSWER_BYTES: usize = limits::CONFIGURABLE_BYTES + (1 << 20);

/// A hub, over one connection that is made anew when it is lost. Clones share it.
#[derive(Debug, Clone)]
pub struct Client {
    hub: HubServiceClient<Channel>,
}

impl Client {
    /// Connects to `url`, e.g. `http://127.0.0.1:7450`.
    ///
    /// # Errors
    /// The URL is none, or nobody answers within 10 s.
    pub async fn connect(url: &str) -> Result<Self, Error> {
        Ok(Self::new(endpoint(url)?.connect().await?))
    }

    /// Like [`Client::connect`], but connects with the first call: the hub may be down still.
    ///
    /// # Errors
    /// The URL is none.
    pub fn connect_lazy(url: &str) -> Result<Self, Error> {
        Ok(Self::new(endpoint(url)?.connect_lazy()))
    }

    /// A client on a channel of your own making.
    pub fn new(channel: Channel) -> Self {
        Self { hub: HubServiceClient::new(channel).max_decoding_message_size(ANSWER_BYTES) }
    }

    /// Appends a batch, all or none; answers when it is durable. After a lost answer it may have been
    /// written: send it again, with ids.
    pub async fn publish(&self, request: PublishRequest) -> Result<PublishResponse, Error> {
        Ok(self.hub.clone().publish(request).await?.into_inner())
    }

    /// Appends batches in order, pipelined; answers come in the same order.
    pub async fn publish_stream(
        &self,
        requests: impl Stream<Item = PublishStreamRequest> + Send + 'static,
    ) -> Result<Responses<PublishStreamResponse>, Error> {
        Ok(self.hub.clone().publish_stream(requests).await?.into_inner().into())
    }

    /// Opens a stream of hints.
    pub async fn subscribe(
        &self,
        request: SubscribeRequest,
    ) -> Result<Responses<SubscribeResponse>, Error> {
        Ok(self.hub.clone().subscribe(request).await?.into_inner().into())
    }

    /// Reads one page of events after a start.
    pub async fn fetch(&self, request: FetchRequest) -> Result<FetchResponse, Error> {
        Ok(self.hub.clone().fetch(request).await?.into_inner())
    }

    /// Reads pages, one for each request and in their order, for less than a call each costs the hub. An error in an
    /// answer concerns its request alone. Hubs older than this answer UNIMPLEMENTED.
    pub async fn fetch_stream(
        &self,
        requests: impl Stream<Item = FetchStreamRequest> + Send + 'static,
    ) -> Result<Responses<FetchStreamResponse>, Error> {
        Ok(self.hub.clone().fetch_stream(requests).await?.into_inner().into())
    }

    /// Reads one page of the newest event of each key.
    pub async fn snapshot(&self, request: SnapshotRequest) -> Result<SnapshotResponse, Error> {
        Ok(self.hub.clone().snapshot(request).await?.into_inner())
    }

    /// Asks what a cursor is worth.
    pub async fn describe_cursor(&self, cursor: &str) -> Result<DescribeCursorResponse, Error> {
        let request = DescribeCursorRequest { cursor: cursor.into() };
        Ok(self.hub.clone().describe_cursor(request).await?.into_inner())
    }

    /// Reads one page of topics.
    pub async fn list_topics(
        &self,
        request: ListTopicsRequest,
    ) -> Result<ListTopicsResponse, Error> {
        Ok(self.hub.clone().list_topics(request).await?.into_inner())
    }

    /// Asks the hub about itself.
    pub async fn get_hub(&self) -> Result<GetHubResponse, Error> {
        Ok(self.hub.clone().get_hub(GetHubRequest {}).await?.into_inner())
    }
}

fn endpoint(url: &str) -> Result<Endpoint, Error> {
    let endpoint = Endpoint::from_shared(url.to_owned()).ok();
    let endpoint =
        endpoint.filter(|endpoint| endpoint.uri().scheme().is_some()).ok_or_else(|| {
            tonic::Status::invalid_argument(format!(
                "`{url}` is not a URL like http://127.0.0.1:7450"
            ))
        })?;
    Ok(endpoint
        .connect_timeout(CONNECT)
        .tcp_nodelay(true)
        .http2_adaptive_window(true)
        .http2_keep_alive_interval(PING.0)
        .keep_alive_timeout(PING.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_not_a_url_is_refused_with_an_example_of_one() {
        for url in ["", "127.0.0.1:7450", "a b"] {
            let error = Client::connect_lazy(url).unwrap_err();
            assert!(error.message().contains("http://127.0.0.1:7450"), "{error}");
        }
    }
}
