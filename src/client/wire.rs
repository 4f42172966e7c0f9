//! What the loop needs of a hub: three calls. A test or a tunnel can stand in for [`Client`].

use std::future::Future;

use futures_util::Stream;

use super::{Client, Error, Responses};
use crate::v1::{
    FetchRequest, FetchResponse, SnapshotRequest, SnapshotResponse, SubscribeRequest,
    SubscribeResponse,
};

/// The calls that [`Follow`](super::Follow) makes.
pub trait Wire: Send + Sync {
    /// A stream of hints; dropping it ends the subscription.
    type Hints: Stream<Item = Result<SubscribeResponse, Error>> + Send + Unpin;

    /// Reads one page of events.
    fn fetch(
        &self,
        request: FetchRequest,
    ) -> impl Future<Output = Result<FetchResponse, Error>> + Send;

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

    async fn fetch(&self, request: FetchRequest) -> Result<FetchResponse, Error> {
        Self::fetch(self, request).await
    }

    async fn snapshot(&self, request: SnapshotRequest) -> Result<SnapshotResponse, Error> {
        Self::snapshot(self, request).await
    }

    async fn subscribe(&self, request: SubscribeRequest) -> Result<Self::Hints, Error> {
        Self::subscribe(self, request).await
    }
}
