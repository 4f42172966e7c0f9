//! The client: thin typed calls, and the push-to-poll loop that nobody should have to write.
//!
//! [`Client`] has one method for each call of the API, over the generated types of [`crate::v1`].
//! [`Follow`] is the loop: it hands every matching event to a handler, at least once and in order.

mod backoff;
mod breaker;
mod connect;
mod error;
mod follow;
mod handler;
mod metrics;
mod notice;
mod options;
mod responses;
mod seen;
mod store;
mod token;
mod wire;

use std::sync::Arc;

use futures_util::Stream;
use tonic::transport::Channel;
use tonic::{Code, Request, Response, Status};

pub use backoff::Backoff;
pub use breaker::Breaker;
pub use error::{DOMAIN, Error};
pub use follow::{Follow, FollowError, OnCursorError, Start};
pub use handler::{Batch, Handler, HandlerError, Origin};
pub use notice::Notice;
pub use options::Options;
pub use responses::Responses;
pub use store::{CursorStore, FileStore, MemoryStore};
pub use wire::Wire;

use self::token::{Token, Tokens};
use crate::limits;
use crate::v1::hub_service_client::HubServiceClient;
use crate::v1::{
    DescribeCursorRequest, DescribeCursorResponse, FetchRequest, FetchResponse, FetchStreamRequest,
    FetchStreamResponse, GetHubRequest, GetHubResponse, ListTopicsRequest, ListTopicsResponse,
    PublishRequest, PublishResponse, PublishStreamRequest, PublishStreamResponse, SnapshotRequest,
    SnapshotResponse, SubscribeRequest, SubscribeResponse,
};

/// The header of a token.
const AUTHORIZATION: &str = "authorization";
/// Largest answer taken: one maximal event, and room for its frame.
const ANSWER_BYTES: usize = limits::CONFIGURABLE_BYTES + (1 << 20);

/// A hub, over one connection that is made anew when it is lost. Clones share it.
#[derive(Debug, Clone)]
pub struct Client {
    hub: HubServiceClient<Channel>,
    channel: Channel,
    tokens: Option<Arc<Tokens>>,
}

impl Client {
    /// Connects to `url`, e.g. `http://127.0.0.1:7450`.
    ///
    /// # Errors
    /// The URL is none, or nobody answers within 10 s.
    pub async fn connect(url: &str) -> Result<Self, Error> {
        Self::connect_with(url, &Options::default()).await
    }

    /// The same with authorities, a certificate or tokens.
    ///
    /// # Errors
    /// The URL or a file is none, or nobody answers within 10 s.
    pub async fn connect_with(url: &str, options: &Options) -> Result<Self, Error> {
        Ok(Self { tokens: options.tokens.clone(), ..Self::new(connect::now(url, options).await?) })
    }

    /// Like [`Client::connect`], but connects with the first call: the hub may be down still.
    ///
    /// # Errors
    /// The URL is none.
    pub fn connect_lazy(url: &str) -> Result<Self, Error> {
        Self::connect_lazy_with(url, &Options::default())
    }

    /// The same with authorities, a certificate or tokens.
    ///
    /// # Errors
    /// The URL or a file is none.
    pub fn connect_lazy_with(url: &str, options: &Options) -> Result<Self, Error> {
        Ok(Self { tokens: options.tokens.clone(), ..Self::new(connect::lazily(url, options)?) })
    }

    /// A client on a channel of your own making.
    pub fn new(channel: Channel) -> Self {
        let hub = HubServiceClient::new(channel.clone()).max_decoding_message_size(ANSWER_BYTES);
        Self { hub, channel, tokens: None }
    }

    /// Appends a batch, all or none; answers when it is durable. After a lost answer it may have been
    /// written: send it again, with ids.
    pub async fn publish(&self, request: PublishRequest) -> Result<PublishResponse, Error> {
        self.call(request, async |mut hub, request| hub.publish(request).await).await
    }

    /// Appends batches in order, pipelined; answers come in the same order.
    pub async fn publish_stream(
        &self,
        requests: impl Stream<Item = PublishStreamRequest> + Send + 'static,
    ) -> Result<Responses<PublishStreamResponse>, Error> {
        let (request, token) = self.signed(requests).await?;
        let answers = self.hub.clone().publish_stream(request).await;
        Ok(self.judged(answers, token.as_ref()).await?.into_inner().into())
    }

    /// Opens a stream of hints.
    pub async fn subscribe(
        &self,
        request: SubscribeRequest,
    ) -> Result<Responses<SubscribeResponse>, Error> {
        let hints =
            self.call(request, async |mut hub, request| hub.subscribe(request).await).await?;
        Ok(Responses::from(hints).watched(self.tokens.clone()))
    }

    /// Reads one page of events after a start.
    pub async fn fetch(&self, request: FetchRequest) -> Result<FetchResponse, Error> {
        self.call(request, async |mut hub, request| hub.fetch(request).await).await
    }

    /// Reads pages, one for each request and in their order, for less than a call each costs the hub. An error in an
    /// answer concerns its request alone. Hubs older than this answer UNIMPLEMENTED.
    pub async fn fetch_stream(
        &self,
        requests: impl Stream<Item = FetchStreamRequest> + Send + 'static,
    ) -> Result<Responses<FetchStreamResponse>, Error> {
        let (request, token) = self.signed(requests).await?;
        let answers = self.hub.clone().fetch_stream(request).await;
        Ok(self.judged(answers, token.as_ref()).await?.into_inner().into())
    }

    /// Reads one page of the newest event of each key.
    pub async fn snapshot(&self, request: SnapshotRequest) -> Result<SnapshotResponse, Error> {
        self.call(request, async |mut hub, request| hub.snapshot(request).await).await
    }

    /// Asks what a cursor is worth.
    pub async fn describe_cursor(&self, cursor: &str) -> Result<DescribeCursorResponse, Error> {
        let request = DescribeCursorRequest { cursor: cursor.into() };
        self.call(request, async |mut hub, request| hub.describe_cursor(request).await).await
    }

    /// Reads one page of topics.
    pub async fn list_topics(
        &self,
        request: ListTopicsRequest,
    ) -> Result<ListTopicsResponse, Error> {
        self.call(request, async |mut hub, request| hub.list_topics(request).await).await
    }

    /// Asks the hub about itself.
    pub async fn get_hub(&self) -> Result<GetHubResponse, Error> {
        self.call(GetHubRequest {}, async |mut hub, request| hub.get_hub(request).await).await
    }

    /// A request with the token of the moment, if there are any.
    async fn signed<T>(&self, message: T) -> Result<(Request<T>, Option<Token>), Error> {
        let mut request = Request::new(message);
        let Some(tokens) = &self.tokens else { return Ok((request, None)) };
        let token = tokens.current().await?;
        request.metadata_mut().insert(AUTHORIZATION, token.clone());
        Ok((request, Some(token)))
    }

    /// An answer; a token that was refused is forgotten.
    async fn judged<T>(
        &self,
        answer: Result<T, Status>,
        token: Option<&Token>,
    ) -> Result<T, Error> {
        if let (Err(refused), Some(tokens), Some(token)) = (&answer, &self.tokens, token)
            && refused.code() == Code::Unauthenticated
        {
            tokens.forget(token).await;
        }
        Ok(answer?)
    }

    /// Makes a call, and makes it once more if a token does not hold any more and there may be another.
    async fn call<M: Clone, A>(
        &self,
        message: M,
        call: impl AsyncFn(HubServiceClient<Channel>, Request<M>) -> Result<Response<A>, Status>,
    ) -> Result<A, Error> {
        if self.tokens.is_none() {
            return Ok(call(self.hub.clone(), Request::new(message)).await?.into_inner());
        }
        let (request, token) = self.signed(message.clone()).await?;
        let answer = self.judged(call(self.hub.clone(), request).await, token.as_ref()).await;
        match answer {
            Err(error) if error.code() == Code::Unauthenticated => {
                let (request, token) = self.signed(message).await?;
                let answer = call(self.hub.clone(), request).await;
                Ok(self.judged(answer, token.as_ref()).await?.into_inner())
            }
            answer => Ok(answer?.into_inner()),
        }
    }
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
