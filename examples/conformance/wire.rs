//! A client whose every fetch is a call of its own, so that the hub's log counts them.

use futures_util::Stream;
use hintwire::client::{Client, Error, Wire};
use hintwire::v1::{
    FetchRequest, FetchResponse, SnapshotRequest, SnapshotResponse, SubscribeRequest,
};

pub struct CallsAlone(pub Client);

impl Wire for CallsAlone {
    type Hints = <Client as Wire>::Hints;
    type Pages = <Client as Wire>::Pages;

    async fn fetch(&self, request: FetchRequest) -> Result<FetchResponse, Error> {
        self.0.fetch(request).await
    }

    async fn fetch_stream(
        &self,
        _: impl Stream<Item = FetchRequest> + Send + 'static,
    ) -> Result<Self::Pages, Error> {
        Err(tonic::Status::unimplemented("fetches are counted by the call").into())
    }

    async fn snapshot(&self, request: SnapshotRequest) -> Result<SnapshotResponse, Error> {
        self.0.snapshot(request).await
    }

    async fn subscribe(&self, request: SubscribeRequest) -> Result<Self::Hints, Error> {
        Wire::subscribe(&self.0, request).await
    }
}
