//! A hub of a few lines that obeys the contract, but for the faults it is told to have.

use std::collections::HashMap;
use std::future::pending;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::stream::{BoxStream, Stream, StreamExt, pending as never, unfold};
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::client::{DOMAIN, Error, Wire};
use crate::v1::fetch_request::{Seek, Start};
use crate::v1::subscribe_response::Kind;
use crate::v1::{
    FetchRequest, FetchResponse, SnapshotRequest, SnapshotResponse, StoredEvent, SubscribeRequest,
    SubscribeResponse,
};

pub const HEARTBEAT: Duration = Duration::from_secs(15);
pub const RECONNECT: Duration = Duration::from_secs(7);

/// Clones share one backlog, in which event n lies just before place n.
#[derive(Clone)]
pub struct Hub {
    head: Arc<watch::Sender<u64>>,
    pub state: Arc<Mutex<State>>,
}

/// What comes of a stream of fetches.
#[derive(Clone, Copy)]
pub enum OnFetchStream {
    Serve,
    /// As an older hub does.
    Refuse,
    /// Nothing is ever answered, as behind a proxy that waits for the end of the requests.
    Swallow,
    /// It ends after so many answers.
    End(usize),
}

/// What was asked of the hub, and how it is to behave.
pub struct State {
    pub fetches: Vec<FetchRequest>,
    /// How many of them over a stream of fetches.
    pub streamed: usize,
    /// All that were opened; those that are open still are alive.
    pub fetch_streams: Vec<Weak<()>>,
    pub on_fetch_streams: OnFetchStream,
    pub snapshots: usize,
    pub streams: Vec<SubscribeRequest>,
    pub hints: usize,
    /// Events up to this one match nobody's patterns.
    pub unmatched: u64,
    pub earliest: u64,
    pub action: &'static str,
    pub fetches_fail_until: Option<Instant>,
    pub fails_with: Code,
    pub retry_after: Option<Duration>,
    /// Streams end right after the first message.
    pub ends_streams: bool,
    /// The next second page of a snapshot is refused.
    pub snapshot_overtaken: bool,
    /// The next fetch gets no answer.
    pub fetch_hangs: bool,
    /// The next fetch is told that its cursor is of another life.
    pub foreign: bool,
    pub refuse_streams: bool,
    pub drop_every_second_hint: bool,
    /// The first so many streams say nothing any more.
    pub mute: usize,
    /// The next message of a stream is its last.
    pub reconnect: bool,
    pub fetch_after: Duration,
    pub poll_after: Option<Duration>,
}

pub fn place(number: u64) -> String {
    format!("{number:08}")
}

pub fn number(event: &StoredEvent) -> u64 {
    event.cursor.parse().unwrap()
}

impl Hub {
    pub fn new() -> Self {
        let state = State {
            fetches: Vec::new(),
            streamed: 0,
            fetch_streams: Vec::new(),
            on_fetch_streams: OnFetchStream::Serve,
            snapshots: 0,
            streams: Vec::new(),
            hints: 0,
            unmatched: 0,
            earliest: 0,
            action: "SNAPSHOT",
            fetches_fail_until: None,
            fails_with: Code::Unavailable,
            retry_after: None,
            ends_streams: false,
            snapshot_overtaken: false,
            fetch_hangs: false,
            foreign: false,
            refuse_streams: false,
            drop_every_second_hint: false,
            mute: 0,
            reconnect: false,
            fetch_after: Duration::ZERO,
            poll_after: None,
        };
        Self { head: Arc::new(watch::Sender::new(0)), state: Arc::new(Mutex::new(state)) }
    }

    pub fn publish(&self) {
        self.head.send_modify(|head| *head += 1);
    }

    /// Publishes what matches no pattern of a follower that has read everything else.
    pub fn publish_unmatched(&self) {
        self.state.lock().unmatched = *self.head.borrow() + 1;
        self.publish();
    }

    pub fn fetches(&self) -> usize {
        self.state.lock().fetches.len()
    }

    /// How many fetches and streams were asked for.
    pub fn calls(&self) -> (usize, usize) {
        (self.fetches(), self.state.lock().streams.len())
    }

    /// Open streams of fetches, those ever opened, and the fetches over them.
    pub fn fetch_streams(&self) -> (usize, usize, usize) {
        let state = self.state.lock();
        let open = state.fetch_streams.iter().filter(|stream| stream.strong_count() > 0);
        (open.count(), state.fetch_streams.len(), state.streamed)
    }

    pub fn fail_fetches_for(&self, time: Duration) {
        self.state.lock().fetches_fail_until = Some(Instant::now() + time);
    }

    fn head(&self) -> u64 {
        *self.head.borrow()
    }

    fn events(&self, after: u64) -> impl Iterator<Item = StoredEvent> {
        let first = after.max(self.state.lock().unmatched) + 1;
        (first..=self.head()).map(|n| StoredEvent { cursor: place(n), ..StoredEvent::default() })
    }

    fn hint(&self, kind: Kind, newest: u64) -> SubscribeResponse {
        let state = self.state.lock();
        let matching = if newest > state.unmatched { newest } else { state.earliest };
        SubscribeResponse {
            kind: kind.into(),
            cursor: place(matching),
            head: place(newest),
            fetch_after: Some(state.fetch_after.try_into().unwrap()),
            heartbeat_interval: Some(HEARTBEAT.try_into().unwrap()),
            reconnect_after: Some(RECONNECT.try_into().unwrap()),
            ..SubscribeResponse::default()
        }
    }

    fn check(&self, cursor: &str) -> Result<u64, Error> {
        let state = self.state.lock();
        let after = if cursor.is_empty() { state.earliest } else { cursor.parse().unwrap() };
        if after < state.earliest {
            return Err(refusal("CURSOR_TRIMMED", state.action));
        }
        if after > self.head() { Err(refusal("CURSOR_AHEAD", "FAIL")) } else { Ok(after) }
    }

    async fn page(&self, request: FetchRequest) -> Result<FetchResponse, Error> {
        self.state.lock().fetches.push(request.clone());
        sleep(Duration::from_millis(5)).await;
        self.fault().await?;
        let latest = Seek::FromStart(Start::Latest.into());
        let head = self.head();
        let after = if request.seek == Some(latest) { head } else { self.check(&request.cursor)? };
        let mut events: Vec<_> = self.events(after).collect();
        let has_more = events.len() > request.limit as usize;
        events.truncate(request.limit as usize);
        let next = if has_more { events.last().map(number) } else { Some(head.max(after)) };
        Ok(FetchResponse {
            events,
            next_cursor: place(next.unwrap()),
            head: place(head),
            has_more,
            poll_after: self.state.lock().poll_after.map(|after| after.try_into().unwrap()),
        })
    }

    /// The fault that the present fetch is to have.
    async fn fault(&self) -> Result<(), Error> {
        if std::mem::take(&mut self.state.lock().fetch_hangs) {
            pending::<()>().await;
        }
        if std::mem::take(&mut self.state.lock().foreign) {
            return Err(refusal("CURSOR_FOREIGN", "EARLIEST"));
        }
        let until = self.state.lock().fetches_fail_until;
        match until {
            Some(until) if Instant::now() < until => Err(self.unavailable()),
            _ => Ok(()),
        }
    }

    fn unavailable(&self) -> Error {
        let mut details = ErrorDetails::new();
        let state = self.state.lock();
        details.set_retry_info(state.retry_after);
        Status::with_error_details(state.fails_with, "no", details).into()
    }

    /// Why the next message of a stream is sent, when it is.
    async fn message(&self, stream: usize, head: &mut watch::Receiver<u64>) -> Kind {
        if std::mem::take(&mut self.state.lock().reconnect) {
            return Kind::Reconnect;
        }
        loop {
            let mute = stream <= self.state.lock().mute;
            tokio::select! {
                _ = head.changed() => {
                    let mut state = self.state.lock();
                    state.hints += 1;
                    let dropped = state.drop_every_second_hint && state.hints.is_multiple_of(2);
                    if !mute && !dropped {
                        return Kind::Changed;
                    }
                }
                () = sleep(HEARTBEAT), if !mute => return Kind::Heartbeat,
            }
        }
    }
}

pub fn refusal(reason: &str, action: &str) -> Error {
    let metadata = HashMap::from([("action".to_owned(), action.to_owned())]);
    let details = ErrorDetails::with_error_info(reason, DOMAIN, metadata);
    Status::with_error_details(Code::OutOfRange, "cannot be used", details).into()
}

impl Wire for Hub {
    type Hints = BoxStream<'static, Result<SubscribeResponse, Error>>;
    type Pages = BoxStream<'static, Result<FetchResponse, Error>>;

    async fn fetch(&self, request: FetchRequest) -> Result<FetchResponse, Error> {
        self.page(request).await
    }

    async fn fetch_stream(
        &self,
        requests: impl Stream<Item = FetchRequest> + Send + 'static,
    ) -> Result<Self::Pages, Error> {
        let open = Arc::new(());
        self.state.lock().fetch_streams.push(Arc::downgrade(&open));
        let how = self.state.lock().on_fetch_streams;
        let answers = match how {
            OnFetchStream::Refuse => return Err(Status::unimplemented("what is that?").into()),
            OnFetchStream::Swallow => return Ok(never().boxed()),
            OnFetchStream::Serve => usize::MAX,
            OnFetchStream::End(answers) => answers,
        };
        let hub = self.clone();
        let answer = move |request| {
            let (hub, open) = (hub.clone(), Arc::clone(&open));
            async move {
                let _open = open;
                hub.state.lock().streamed += 1;
                hub.page(request).await
            }
        };
        Ok(requests.then(answer).take(answers).boxed())
    }

    async fn snapshot(&self, request: SnapshotRequest) -> Result<SnapshotResponse, Error> {
        self.state.lock().snapshots += 1;
        let first = request.page_token.is_empty();
        if !first && std::mem::take(&mut self.state.lock().snapshot_overtaken) {
            return Err(refusal("CURSOR_TRIMMED", "SNAPSHOT"));
        }
        Ok(SnapshotResponse {
            events: if first { self.events(0).collect() } else { Vec::new() },
            next_page_token: if first { "2".into() } else { String::new() },
            cursor: place(self.head()),
        })
    }

    async fn subscribe(&self, request: SubscribeRequest) -> Result<Self::Hints, Error> {
        self.state.lock().streams.push(request.clone());
        if self.state.lock().refuse_streams {
            return Err(self.unavailable());
        }
        self.check(&request.cursor)?;
        let number = self.state.lock().streams.len();
        let head = self.head.subscribe();
        let confirmed = (self.clone(), Some(Kind::Confirmed), head);
        let stream = unfold(confirmed, move |(hub, first, mut head)| async move {
            if first.is_none() && hub.state.lock().ends_streams {
                return None;
            }
            let kind = match first {
                Some(kind) => kind,
                None => hub.message(number, &mut head).await,
            };
            let message = hub.hint(kind, *head.borrow_and_update());
            Some((Ok(message), (hub, None, head)))
        });
        Ok(stream.boxed())
    }
}
