//! The half of the loop that fetches, hands events over and saves the cursor: one thing at a time.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::course::{Next, Page, duration};
use super::fetcher::Fetcher;
use super::recover::Retry;
use super::{FollowError, OnCursorError, Selection, Shared, Start};
use crate::client::seen::Seen;
use crate::client::{Batch, CursorStore, Error, Handler, Notice, Origin, Wire};
use crate::v1::fetch_request::{self, Seek};
use crate::v1::{FetchRequest, FetchResponse, StoredEvent};

/// How long one fetch may take.
const FETCH: Duration = Duration::from_secs(30);

pub(super) struct Worker<'a, W: Wire, S, H> {
    pub wire: &'a W,
    pub fetcher: Fetcher<'a, W>,
    pub shared: &'a Shared,
    pub selection: &'a Selection,
    pub store: S,
    pub handler: H,
    pub seen: Seen,
    pub retry: Retry,
    pub on_cursor_error: OnCursorError,
    pub reading: Reading,
}

/// What is read next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reading {
    /// Events after the cursor.
    Tail,
    /// The head: its place becomes the cursor.
    Latest,
    /// A page of the snapshot.
    Snapshot { page_token: String },
}

impl From<Start> for Reading {
    fn from(start: Start) -> Self {
        match start {
            Start::Earliest => Self::Tail,
            Start::Latest => Self::Latest,
            Start::Snapshot => Self::snapshot(),
        }
    }
}

impl Reading {
    pub(super) fn snapshot() -> Self {
        Self::Snapshot { page_token: String::new() }
    }
}

impl<W, S, H> Worker<'_, W, S, H>
where
    W: Wire,
    S: CursorStore,
    H: Handler,
{
    /// Works until something ends the loop.
    pub(super) async fn run(mut self) -> FollowError {
        loop {
            if let Err(end) = self.step().await {
                return end;
            }
        }
    }

    async fn step(&mut self) -> Result<(), FollowError> {
        let next = self.shared.course.lock().next(Instant::now());
        match next {
            Next::Wait(until) => {
                self.shared.wait(until.into_iter().chain(self.fetcher.idle_at()).min()).await;
                self.fetcher.rest();
                Ok(())
            }
            Next::Save(cursor) => self.save(&cursor).await,
            Next::Fetch { at_least } => self.read(at_least).await,
        }
    }

    async fn read(&mut self, at_least: String) -> Result<(), FollowError> {
        let outcome = match self.reading.clone() {
            Reading::Snapshot { page_token } => self.read_snapshot(&page_token).await,
            _ => self.read_tail(at_least.clone()).await,
        };
        match outcome {
            Err(FollowError::Hub(error)) => self.failed(error, &at_least),
            outcome => outcome,
        }
    }

    async fn read_tail(&mut self, at_least: String) -> Result<(), FollowError> {
        let request = self.fetch_request(at_least);
        let page = in_time(self.fetcher.fetch(request)).await?;
        self.answered();
        self.take_page(page).await
    }

    fn fetch_request(&self, at_least: String) -> FetchRequest {
        let mut request = FetchRequest { at_least, ..self.selection.fetch.clone() };
        if self.reading == Reading::Latest {
            request.seek = Some(Seek::FromStart(fetch_request::Start::Latest.into()));
        } else {
            request.cursor = self.shared.course.lock().own().into();
        }
        request
    }

    async fn take_page(&mut self, page: FetchResponse) -> Result<(), FollowError> {
        let summary = Page {
            any: !page.events.is_empty(),
            has_more: page.has_more,
            poll_after: page.poll_after.as_ref().map(|stated| duration(Some(stated))),
            next: page.next_cursor,
        };
        let mut events = page.events;
        self.seen.sift(&mut events);
        if !events.is_empty() {
            self.hand_over(events, summary.next.clone(), Origin::Tail).await?;
        }
        self.reading = Reading::Tail;
        let save = self.shared.change(|course| {
            course.fetched(&summary, Instant::now());
            course.saves_after(&summary).then(|| course.own().to_owned())
        });
        match save {
            Some(cursor) => self.save(&cursor).await,
            None => Ok(()),
        }
    }

    async fn read_snapshot(&mut self, page_token: &str) -> Result<(), FollowError> {
        let page = in_time(self.wire.snapshot(self.selection.snapshot(page_token))).await?;
        self.answered();
        let last = page.next_page_token.is_empty();
        let origin = Origin::Snapshot { first: page_token.is_empty(), last };
        self.hand_over(page.events, page.cursor.clone(), origin).await?;
        if last {
            self.reading = Reading::Tail;
            self.shared.change(|course| course.jump(&page.cursor, Instant::now()));
            return self.save(&page.cursor).await;
        }
        self.reading = Reading::Snapshot { page_token: page.next_page_token };
        self.shared.change(|course| course.next_page(Instant::now()));
        Ok(())
    }

    async fn hand_over(
        &mut self,
        events: Vec<StoredEvent>,
        cursor: String,
        origin: Origin,
    ) -> Result<(), FollowError> {
        let names = self.seen.names(&events);
        let batch = Batch { events, cursor, origin };
        self.handler.handle(batch).await.map_err(FollowError::Handler)?;
        self.seen.add(names);
        Ok(())
    }

    async fn save(&mut self, cursor: &str) -> Result<(), FollowError> {
        self.store.save(cursor).await.map_err(FollowError::Store)?;
        self.shared.change(|course| course.saved(cursor, Instant::now()));
        Ok(())
    }

    fn answered(&mut self) {
        if self.retry.succeeded() {
            self.shared.tell(&Notice::BreakerClosed);
        }
        self.shared.change(|course| course.trust(true));
    }
}

async fn in_time<T>(call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let late = |_| Err(tonic::Status::deadline_exceeded("no answer in 30 s").into());
    timeout(FETCH, call).await.unwrap_or_else(late)
}
