//! How pages are fetched: by a call of its own, or over a stream when one fetch soon follows another.
//!
//! A call costs the hub far more than an empty page, and an open stream costs it memory: so a follower that fetches again
//! and again has a stream, and a quiet one has none. Whatever goes wrong with a stream, a call is tried at once.

use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tokio_stream::wrappers::UnboundedReceiverStream;

use crate::client::{Error, Wire};
use crate::v1::{FetchRequest, FetchResponse};

/// A fetch that comes within this time of another goes over a stream, which is closed when none does.
const SOON: Duration = Duration::from_secs(10);
/// How long a stream may take to bring an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long streams are left alone after one that brought no answer at all: the hub may not know them, or a proxy may
/// hold them up.
const AGAIN: Duration = Duration::from_secs(300);

type Answer = Result<FetchResponse, Error>;

pub(super) struct Fetcher<'a, W: Wire> {
    wire: &'a W,
    /// The stream, which has brought an answer before.
    stream: Option<Open<W::Pages>>,
    /// When the hub answered last.
    answered: Option<Instant>,
    /// No stream is opened before.
    streams_from: Instant,
}

struct Open<P> {
    requests: mpsc::UnboundedSender<FetchRequest>,
    pages: P,
}

impl<'a, W: Wire> Fetcher<'a, W> {
    pub(super) fn new(wire: &'a W) -> Self {
        Self { wire, stream: None, answered: None, streams_from: Instant::now() }
    }

    /// Reads one page.
    pub(super) async fn fetch(&mut self, request: FetchRequest) -> Answer {
        if let Some(answer) = self.over_stream(&request).await {
            self.answered = Some(Instant::now());
            return answer;
        }
        let answer = self.wire.fetch(request).await;
        self.answered = answer.is_ok().then(Instant::now);
        answer
    }

    /// When the stream is of no use any more, unless there is another fetch.
    pub(super) fn idle_at(&self) -> Option<Instant> {
        self.stream.as_ref().and(self.soon())
    }

    /// Closes the stream if it is of no use any more.
    pub(super) fn rest(&mut self) {
        if self.idle_at().is_some_and(|idle| idle <= Instant::now()) {
            self.stream = None;
        }
    }

    /// Until when a fetch is one that soon follows another.
    fn soon(&self) -> Option<Instant> {
        self.answered.map(|answered| answered + SOON)
    }

    /// The answer that a stream brings, if there is to be one and it does.
    async fn over_stream(&mut self, request: &FetchRequest) -> Option<Answer> {
        let now = Instant::now();
        if now < self.streams_from || self.soon().is_none_or(|soon| soon < now) {
            return None;
        }
        let open = self.stream.take();
        let is_new = open.is_none();
        let asked = timeout(PATIENCE, ask(self.wire, open, request.clone())).await;
        let Ok(Some((answer, open))) = asked else {
            if is_new {
                self.streams_from = Instant::now() + AGAIN;
            }
            return None;
        };
        self.stream = Some(open);
        Some(answer)
    }
}

/// Asks over a stream, which is opened if there is none; nothing if it breaks.
async fn ask<W: Wire>(
    wire: &W,
    open: Option<Open<W::Pages>>,
    request: FetchRequest,
) -> Option<(Answer, Open<W::Pages>)> {
    let mut open = match open {
        Some(open) => {
            open.requests.send(request).ok()?;
            open
        }
        None => opened(wire, request).await?,
    };
    let answer = open.pages.next().await?;
    Some((answer, open))
}

/// The first request goes along: some proxies open a call only when something is said.
async fn opened<W: Wire>(wire: &W, request: FetchRequest) -> Option<Open<W::Pages>> {
    let (requests, sent) = mpsc::unbounded_channel();
    requests.send(request).ok()?;
    let pages = wire.fetch_stream(UnboundedReceiverStream::new(sent)).await.ok()?;
    Some(Open { requests, pages })
}
