//! Followers over plain HTTP: by long poll, or by the events of Server-Sent Events, each with a cursor that it keeps.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use hintwire::cursor::Cursor;
use hintwire::json::{NewEvent, Object, read};
use hintwire::v1;
use reqwest::{Client, Response};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::time::interval;
use tokio_stream::StreamExt;

use super::followers::selection;
use super::progress::Progress;
use crate::validate::convert::{cursor, page_on_wire, seen_on_wire};
use crate::validate::{Recorder, Start, What};

const LIMIT: usize = 500;

/// Follows until it is dropped: every other one by long poll.
pub async fn follow(follower: u64, url: String, recorder: Recorder, progress: Arc<Progress>) {
    let mut reader = Reader { follower, url, http: Client::new(), recorder, progress, own: None };
    let (selection, from) = (selection(follower), None);
    reader.recorder.note(What::FollowerStarted { follower, selection, from });
    let mut again = interval(Duration::from_millis(20));
    loop {
        // A hub that is down, or goes down, ends a round; what is its own stays.
        let _ = if follower % 8 == 2 { reader.poll().await } else { reader.listen().await };
        again.tick().await;
    }
}

type Done = Result<(), Box<dyn Error + Send + Sync>>;

struct Reader {
    follower: u64,
    url: String,
    http: Client,
    recorder: Recorder,
    progress: Arc<Progress>,
    own: Option<Cursor>,
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    events: Vec<&'a RawValue>,
    next_cursor: String,
    head: String,
    has_more: bool,
}

#[derive(Deserialize)]
struct Placed {
    cursor: String,
}

impl Reader {
    async fn get(&self, path: &str, more: &str) -> reqwest::Result<Response> {
        let topics = selection(self.follower).patterns;
        let topics: String = topics.iter().map(|topic| format!("&topic={topic}")).collect();
        let since = self.own.map(|own| own.to_string()).unwrap_or_default();
        let url = format!("{}{path}?since={since}{topics}{more}", self.url);
        let answer = self.http.get(url).send().await?;
        assert!(!answer.status().is_client_error(), "{answer:?}");
        answer.error_for_status()
    }

    /// One long poll.
    async fn poll(&mut self) -> Done {
        let (began, start) = (self.recorder.began(), Start::Cursor(self.own));
        let answer = self.get("/v1/events", &format!("&limit={LIMIT}&wait=5s")).await?;
        let next = answer.headers()["hintwire-next-cursor"].to_str()?.to_owned();
        let body = answer.text().await?;
        self.progress.runs.fetch_add(1, Relaxed);
        if body.is_empty() {
            self.handled(Vec::new(), &next);
            return Ok(());
        }
        let page: Page<'_> = serde_json::from_str(&body)?;
        let events = page.events.iter().map(|event| stored(event.get())).collect();
        let fetched = v1::FetchResponse {
            events,
            next_cursor: page.next_cursor,
            head: page.head,
            has_more: page.has_more,
            poll_after: None,
        };
        let selection = selection(self.follower);
        let result = Ok(page_on_wire(&fetched));
        self.recorder.record(began, What::Fetch { selection, start, limit: LIMIT, result });
        self.handled(fetched.events, &next);
        Ok(())
    }

    /// One stream of events, until it ends.
    async fn listen(&mut self) -> Done {
        let mut chunks = self.get("/v1/hints", "&mode=events").await?.bytes_stream();
        self.progress.runs.fetch_add(1, Relaxed);
        let mut text = Vec::new();
        while let Some(chunk) = chunks.next().await {
            text.extend_from_slice(&chunk?);
            while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = text.drain(..=end).collect();
                let Some(data) = line.strip_prefix(b"data: ") else { continue };
                let event = stored(std::str::from_utf8(data)?.trim_end());
                let place = event.cursor.clone();
                self.handled(vec![event], &place);
            }
        }
        Ok(())
    }

    fn handled(&mut self, events: Vec<v1::StoredEvent>, place: &str) {
        let (follower, cursor) = (self.follower, cursor(place));
        let events = events.iter().map(seen_on_wire).collect();
        let selection = selection(follower);
        self.recorder.note(What::Handled { follower, selection, events, cursor });
        self.own = Some(cursor);
        self.progress.reached(follower, cursor.position);
    }
}

/// An event as JSON gives it: what was fetched can be read as what was published, and has a place besides.
fn stored(json: &str) -> v1::StoredEvent {
    let event = read::<Object<NewEvent<'_>>>(json, "event").unwrap().0.event().unwrap();
    let placed: Placed = serde_json::from_str(json).unwrap();
    v1::StoredEvent { cursor: placed.cursor, event: Some(event), ..Default::default() }
}
