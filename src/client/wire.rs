//! What the loop needs of a hub: four calls. A test or a tunnel can stand in for [`Client`].

use std::future::Future;

use futures_util::stream::{BoxStream, Stream, StreamExt};
use tonic::Code;

use super::{Client, Error, Responses};
use crate::v1::fetch_stream_response::Outcome;
use crate::v1::{
    FetchRequest, FetchResponse, FetchStreamRequest, FetchStreamResponse, SnapshotRequest,
    SnapshotResponse, SubscribeRequest, SubscribeResponse,
};

/// The calls that [`Follow`](super::Follow) makes.
pub trait Wire: Send + Sync {
    /// A stream of hints; dropping it ends the subscription.
    type Hints: Stream<Item = Result<SubscribeResponse, Error>> + Send + Unpin;
    /// A stream of answers to fetches, in their order; dropping it ends the call. An error is one answer. If the stream
    /// itself fails, it ends.
    type Pages: Stream<Item = Result<FetchResponse, Error>> + Send + Unpin;

    /// Reads one page of events.
    fn fetch(
        &self,
        request: FetchRequest,
    ) -> impl Future<Output = Result<FetchResponse, Error>> + Send;

    /// Opens a stream of fetches. A stand-in that has none refuses: then each is a call of its own.
    fn fetch_stream(
        &self,
        requests: impl Stream<Item = FetchRequest> + Send + 'static,
    ) -> impl Future<Output = Result<Self::Pages, Error>> + Send;

    /// Reads one page of the newest event of each key.
    fn snapshot(
        &self,
        request: SnapshotRequest,
    ) -> impl Future<Output = Result<SnapshotResponse, Error>> + Send;

    /// Opens a stream of hints.
    fn subscribe(
        &self,
        request: SubscribeRequest,
    ) -> impl Future<Output = Result<Self::Hints, Error>> + Send;
}

impl Wire for Client {
    type Hints = Responses<SubscribeResponse>;
    type Pages = BoxStream<'static, Result<FetchResponse, Error>>;

    async fn fetch(&self, request: FetchRequest) -> Result<FetchResponse, Error> {
        Self::fetch(self, request).await
    }

    async fn fetch_stream(
        &self,
        requests: impl Stream<Item = FetchRequest> + Send + 'static,
    ) -> Result<Self::Pages, Error> {
        let requests = requests.map(|request| FetchStreamRequest { request: Some(request) });
        let answers = Self::fetch_stream(self, requests).await?;
        Ok(Box::pin(tokio_stream::StreamExt::map_while(answers, |answer| {
            page(answer.ok()?).filter(|answer| !is_refused(answer))
        })))
    }

    async fn snapshot(&self, request: SnapshotRequest) -> Result<SnapshotResponse, Error> {
        Self::snapshot(self, request).await
    }

    async fn subscribe(&self, request: SubscribeRequest) -> Result<Self::Hints, Error> {
        Self::subscribe(self, request).await
    }
}

/// What an answer says, if it is one.
fn page(answer: FetchStreamResponse) -> Option<Result<FetchResponse, Error>> {
    answer.outcome.map(|outcome| match outcome {
        Outcome::Response(page) => Ok(page),
        Outcome::Error(status) => Err(status.into()),
    })
}

/// Whether the credentials of the stream have ended: a call of its own gets others.
fn is_refused(answer: &Result<FetchResponse, Error>) -> bool {
    answer.as_ref().is_err_and(|error| error.code() == Code::Unauthenticated)
}
