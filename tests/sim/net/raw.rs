//! A subscriber that keeps the contract's rule for `cursor` and `head` to the letter, and never fetches for another
//! reason: what the hub does not say, it does not learn.

use std::time::Duration;

use hintwire::client::{Client, Error, Responses};
use hintwire::v1::subscribe_response::{Kind, ReconnectReason};
use hintwire::v1::{FetchRequest, SubscribeRequest, SubscribeResponse};
use tokio::time::timeout;
use tokio_stream::StreamExt as _;

use super::pages::Fetches;
use super::place::{Place, start};
use super::scene::{Act, chance, pass, up_to};
use crate::validate::convert::{message_on_wire, page_on_wire};
use crate::validate::{Moment, Start, What};

/// Longest pause after something failed.
const BACKOFF: Duration = Duration::from_millis(600);
/// How long a call may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// How a raw subscriber differs from others.
#[derive(Debug, Clone, Copy)]
pub struct Habits {
    /// Longest time that handling a page takes.
    pub slow: Duration,
    pub min_interval: Duration,
    /// Most events of a page; 0 is the hub's default.
    pub limit: i32,
}

/// One subscriber.
pub struct Raw {
    pub place: Place,
    pub client: Client,
    pub habits: Habits,
}

/// A stream, recorded from its opening to its end, however it ends.
struct Stream {
    place: Place,
    number: u64,
    /// Its messages were sent after this moment: how long each was under way nobody knows.
    began: Moment,
    messages: Responses<SubscribeResponse>,
    orderly: bool,
}

impl Raw {
    /// Goes on for ever.
    pub async fn run(self) {
        self.place.begin();
        let mut connected = 0;
        loop {
            if self.place.own().is_empty() && self.catch_up().await.is_err() {
                pass(up_to(BACKOFF)).await;
                continue;
            }
            match self.open().await {
                Ok(stream) => {
                    connected += 1;
                    if connected > 1 {
                        self.place.scene.saw("reconnect");
                    }
                    pass(self.listen(stream).await).await;
                }
                Err(error) => self.refused(&error),
            }
            pass(up_to(BACKOFF)).await;
        }
    }

    /// Fetches until there is no more.
    async fn catch_up(&self) -> Result<(), Error> {
        loop {
            let request = FetchRequest {
                limit: self.habits.limit,
                ..self.place.interest.fetch(&self.place.own())
            };
            let calls = &mut Fetches::Calls(self.client.clone());
            let page = match timeout(PATIENCE, self.place.fetch(calls, request)).await {
                Ok(Ok(page)) => page,
                Ok(Err(error)) => {
                    self.refused(&error);
                    return Err(error);
                }
                Err(_) => return Err(tonic::Status::deadline_exceeded("no page").into()),
            };
            pass(up_to(self.habits.slow)).await;
            self.place.handled(page_on_wire(&page).events, &page.next_cursor);
            if page.events.is_empty() && page.has_more {
                self.place.scene.saw("empty page with more");
            }
            if !page.has_more {
                return Ok(());
            }
        }
    }

    async fn open(&self) -> Result<Stream, Error> {
        let own = self.place.own();
        let request = SubscribeRequest {
            min_interval: self.habits.min_interval.try_into().ok(),
            ..self.place.interest.subscribe(&own)
        };
        let began = self.place.scene.recorder.began();
        let opened = match timeout(PATIENCE, self.client.subscribe(request)).await {
            Ok(opened) => opened,
            Err(_) => Err(tonic::Status::deadline_exceeded("no stream").into()),
        };
        let (selection, start) = (self.place.selection.clone(), start(&own));
        match opened {
            Ok(messages) => {
                let Start::Cursor(own) = start else { panic!("a stored cursor is malformed") };
                let number = self.place.scene.number();
                let opened = What::StreamOpened { stream: number, selection, own };
                self.place.scene.recorder.record(began, opened);
                Ok(Stream { place: self.place.clone(), number, began, messages, orderly: false })
            }
            Err(error) => {
                let refusal = (&error).into();
                let refused = What::StreamRefused { selection, own: start, refusal };
                self.place.scene.recorder.record(began, refused);
                Err(error)
            }
        }
    }

    /// Keeps the rule until the stream ends; returns how long the hub asks to wait.
    async fn listen(&self, mut stream: Stream) -> Duration {
        let mut patience = PATIENCE;
        loop {
            let Ok(Some(Ok(hint))) = timeout(patience, stream.messages.next()).await else {
                return Duration::ZERO;
            };
            let message = message_on_wire(stream.number, &hint);
            self.place.scene.recorder.record(stream.began, What::Message(message));
            self.place.streaming(true);
            if hint.kind() == Kind::Reconnect {
                stream.ends_in_order(&hint).await;
                return stated(hint.reconnect_after);
            }
            patience = 3 * stated(hint.heartbeat_interval);
            if self.heard(&hint).await.is_err() {
                return Duration::ZERO;
            }
        }
    }

    /// Own < `cursor`: fetch; else own = max(own, `head`).
    async fn heard(&self, hint: &SubscribeResponse) -> Result<(), Error> {
        let own = self.place.own();
        if own < hint.cursor {
            pass(stated(hint.fetch_after)).await;
            return self.catch_up().await;
        }
        if own < hint.head {
            self.place.handled(Vec::new(), &hint.head);
            self.place.scene.saw("cursor moved by head");
        }
        Ok(())
    }

    fn refused(&self, error: &Error) {
        match error.reason() {
            "CURSOR_TRIMMED" => self.place.start_over(""),
            reason if reason.starts_with("CURSOR_") || reason == "BACKLOG_DAMAGED" => {
                self.place.scene.wrong(format!("a subscriber was refused: {error:?}"));
            }
            _ => {}
        }
    }
}

impl Stream {
    /// After RECONNECT comes OK, unless the connection is lost meanwhile.
    async fn ends_in_order(&mut self, hint: &SubscribeResponse) {
        self.place.scene.saw(match hint.reconnect_reason() {
            ReconnectReason::Drain => "stream ended by drain",
            ReconnectReason::Age => "stream ended by age",
            _ => "stream ended otherwise",
        });
        match timeout(PATIENCE, self.messages.next()).await {
            Ok(None) => self.orderly = true,
            Ok(Some(Ok(more))) => self.place.scene.wrong(format!("after RECONNECT: {more:?}")),
            Ok(Some(Err(_))) | Err(_) => {}
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.place.streaming(false);
        if self.place.scene.act() == Act::Over {
            // It was open to the end.
            return;
        }
        let (stream, orderly) = (self.number, self.orderly);
        self.place.scene.recorder.note(What::StreamEnded { stream, orderly });
    }
}

/// What the hub states.
pub fn stated(duration: Option<prost_types::Duration>) -> Duration {
    duration.and_then(|duration| duration.try_into().ok()).unwrap_or_default()
}

/// The habits of one of several subscribers.
pub fn habits() -> Habits {
    Habits {
        slow: Duration::from_millis(if chance(30) { 200 } else { 0 }),
        min_interval: Duration::from_millis(if chance(40) { fastrand::u64(20..600) } else { 0 }),
        limit: if chance(30) { fastrand::i32(1..10) } else { 0 },
    }
}
