//! Between a follower and its hub: counts what is asked, and loses some of it when told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use futures_util::stream::{BoxStream, Stream, StreamExt};
use hintwire::client::{Client, Error, Wire};
use hintwire::v1::subscribe_response::Kind;
use hintwire::v1::{
    FetchRequest, FetchResponse, SnapshotRequest, SnapshotResponse, SubscribeRequest,
    SubscribeResponse,
};
use tonic::Status;

/// A client that may lose things. Clones share their counts and faults.
#[derive(Clone)]
pub struct Flaky {
    client: Client,
    pub counts: Arc<Counts>,
}

/// What was asked, and what is to go wrong.
#[derive(Default)]
pub struct Counts {
    pub fetches: AtomicUsize,
    /// How many of them over streams.
    pub streamed_fetches: AtomicUsize,
    /// Hints that the hub sent, lost ones too.
    pub hints: AtomicUsize,
    pub failing_fetches: AtomicUsize,
    pub drops_every_second_hint: AtomicBool,
    pub refuses_streams: AtomicBool,
}

impl Flaky {
    pub fn new(client: Client) -> Self {
        Self { client, counts: Arc::default() }
    }
}

impl Counts {
    fn fails_this_fetch(&self) -> bool {
        let less = |left: usize| left.checked_sub(1);
        self.failing_fetches.fetch_update(Relaxed, Relaxed, less).is_ok()
    }

    fn loses(&self, message: &Result<SubscribeResponse, Error>) -> bool {
        let is_hint = message.as_ref().is_ok_and(|message| message.kind() == Kind::Changed);
        let is_second = is_hint && !self.hints.fetch_add(1, Relaxed).is_multiple_of(2);
        is_second && self.drops_every_second_hint.load(Relaxed)
    }
}

impl Wire for Flaky {
    type Hints = BoxStream<'static, Result<SubscribeResponse, Error>>;
    type Pages = BoxStream<'static, Result<FetchResponse, Error>>;

    async fn fetch(&self, request: FetchRequest) -> Result<FetchResponse, Error> {
        self.counts.fetches.fetch_add(1, Relaxed);
        if self.counts.fails_this_fetch() {
            return Err(Status::unavailable("lost on the way").into());
        }
        self.client.fetch(request).await
    }

    async fn fetch_stream(
        &self,
        requests: impl Stream<Item = FetchRequest> + Send + 'static,
    ) -> Result<Self::Pages, Error> {
        let (asked, told) = (Arc::clone(&self.counts), Arc::clone(&self.counts));
        let requests = requests.inspect(move |_| {
            asked.fetches.fetch_add(1, Relaxed);
            asked.streamed_fetches.fetch_add(1, Relaxed);
        });
        let pages = Wire::fetch_stream(&self.client, requests).await?;
        Ok(pages.take_while(move |_| std::future::ready(!told.fails_this_fetch())).boxed())
    }

    async fn snapshot(&self, request: SnapshotRequest) -> Result<SnapshotResponse, Error> {
        self.client.snapshot(request).await
    }

    async fn subscribe(&self, request: SubscribeRequest) -> Result<Self::Hints, Error> {
        if self.counts.refuses_streams.load(Relaxed) {
            return Err(Status::unimplemented("a proxy without streams").into());
        }
        let counts = Arc::clone(&self.counts);
        let hints = self.client.subscribe(request).await?;
        Ok(hints.filter(move |hint| std::future::ready(!counts.loses(hint))).boxed())
    }
}
