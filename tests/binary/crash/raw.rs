//! A follower without the client library: Subscribe and Fetch by the contract's rule, in as few lines as it takes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use hintwire::client::{Client, Error};
use hintwire::cursor::{Cursor, Position};
use hintwire::v1;
use tokio::time::interval;
use tokio_stream::StreamExt;

use super::followers::selection;
use super::progress::Progress;
use crate::validate::convert::{message_on_wire, page_on_wire};
use crate::validate::{Recorder, Refusal, Start, What};

/// Numbers of streams.
static STREAMS: AtomicU64 = AtomicU64::new(0);
const LIMIT: usize = 500;

/// Follows until it is dropped.
pub async fn follow(follower: u64, client: Client, recorder: Recorder, progress: Arc<Progress>) {
    let mut raw = Raw { follower, client, recorder, progress, own: None };
    let (selection, from) = (selection(follower), None);
    raw.recorder.note(What::FollowerStarted { follower, selection, from });
    let mut again = interval(Duration::from_millis(20));
    loop {
        // A hub that is down, or goes down, ends a round; what is its own stays.
        let _ = raw.round().await;
        again.tick().await;
    }
}

struct Raw {
    follower: u64,
    client: Client,
    recorder: Recorder,
    progress: Arc<Progress>,
    own: Option<Cursor>,
}

impl Raw {
    /// Fetches, subscribes, and heeds the messages until the stream ends.
    async fn round(&mut self) -> Result<(), Error> {
        self.fetch().await?;
        self.progress.runs.fetch_add(1, Relaxed);
        let stream = STREAMS.fetch_add(1, Relaxed);
        let (selection, own) = (selection(self.follower), self.own);
        let request = v1::SubscribeRequest {
            topics: self.topics(),
            cursor: self.token(),
            ..Default::default()
        };
        self.progress.reached(self.follower, Position::INCEPTION);
        let began = self.recorder.began();
        let mut messages = self.client.subscribe(request).await?;
        self.recorder.record(began, What::StreamOpened { stream, selection, own });
        let ended = self.heed(stream, &mut messages).await;
        self.recorder.note(What::StreamEnded { stream, orderly: ended.is_ok() });
        ended
    }

    async fn heed(
        &mut self,
        stream: u64,
        messages: &mut hintwire::client::Responses<v1::SubscribeResponse>,
    ) -> Result<(), Error> {
        while let Some(message) = messages.next().await {
            let message = message_on_wire(stream, &message?);
            self.recorder.note(What::Message(message));
            let own = self.own.map(|own| own.position).unwrap_or_default();
            if own < message.cursor.position {
                self.fetch().await?;
            } else if own < message.head.position {
                self.own = Some(message.head);
            }
            // It has what it has heard of; what it fetched before may be further.
            self.progress.reached(self.follower, message.cursor.position);
        }
        Ok(())
    }

    async fn fetch(&mut self) -> Result<(), Error> {
        loop {
            let request = v1::FetchRequest {
                topics: self.topics(),
                cursor: self.token(),
                limit: LIMIT as i32,
                ..Default::default()
            };
            let (began, start) = (self.recorder.began(), Start::Cursor(self.own));
            let answer = self.client.fetch(request).await;
            let result = answer.as_ref().map(page_on_wire).map_err(Refusal::from);
            let selection = selection(self.follower);
            let what = What::Fetch { selection, start, limit: LIMIT, result };
            self.recorder.record(began, what);
            let page = page_on_wire(&answer?);
            self.own = Some(page.next);
            let (follower, selection) = (self.follower, self::selection(self.follower));
            let handled =
                What::Handled { follower, selection, events: page.events, cursor: page.next };
            self.recorder.note(handled);
            if !page.has_more {
                return Ok(());
            }
        }
    }

    fn topics(&self) -> Vec<String> {
        selection(self.follower).patterns.iter().map(ToString::to_string).collect()
    }

    fn token(&self) -> String {
        self.own.map(|own| own.to_string()).unwrap_or_default()
    }
}
