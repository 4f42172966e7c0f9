//! One reader, in each way.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use hintwire::v1;
use http_body_util::BodyExt;
use serde::Deserialize;
use tokio::time::{Instant, interval_at, sleep};

use super::TOPIC;
use super::http::{Http, body, header};
use crate::Result;
use crate::hub::{Client, Hub};
use crate::seen::Seen;
use crate::target::hintwire::confirmed;

/// How a reader gets its news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Poll,
    Conditional,
    LongPoll,
    Feed,
    SseEvents,
    GrpcHints,
}

impl Way {
    pub(super) const ALL: [Self; 6] = [
        Self::Poll,
        Self::Conditional,
        Self::LongPoll,
        Self::Feed,
        Self::SseEvents,
        Self::GrpcHints,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Poll => "poll each second",
            Self::Conditional => "the same, conditional",
            Self::LongPoll => "long poll",
            Self::Feed => "feed, long poll",
            Self::SseEvents => "SSE, events",
            Self::GrpcHints => "gRPC hints and fetch",
        }
    }
}

/// Requests of all readers.
#[derive(Default)]
pub(super) struct Asked(AtomicUsize);

impl Asked {
    pub(super) fn count(&self) -> usize {
        self.0.load(Relaxed)
    }
}

#[derive(Deserialize)]
struct Event {
    #[serde(alias = "subject")]
    key: String,
    #[serde(default)]
    id: String,
}

#[derive(Deserialize)]
struct Page {
    events: Vec<Event>,
    next_cursor: String,
}

enum Wire {
    Http(Http),
    Grpc(Client),
}

pub(super) struct Reader {
    way: Way,
    wire: Wire,
    cursor: String,
    tag: String,
    seen: Arc<Seen>,
    asked: Arc<Asked>,
}

impl Reader {
    pub(super) async fn new(
        hub: &Hub,
        way: Way,
        cursor: String,
        seen: Arc<Seen>,
        asked: Arc<Asked>,
    ) -> Result<Self> {
        let wire = match way {
            Way::GrpcHints => Wire::Grpc(hub.client().await?),
            _ => Wire::Http(Http::open(hub).await?),
        };
        Ok(Self { way, wire, cursor, tag: String::new(), seen, asked })
    }

    pub(super) async fn read(self, first: Instant) -> Result<()> {
        match self.way {
            Way::Poll | Way::Conditional => self.poll(first).await,
            Way::LongPoll => self.long_poll().await,
            Way::Feed => self.feed().await,
            Way::SseEvents => self.sse().await,
            Way::GrpcHints => self.hints().await,
        }
    }

    fn http(&mut self) -> Result<&mut Http> {
        match &mut self.wire {
            Wire::Http(http) => Ok(http),
            Wire::Grpc(_) => Err("not a reader of HTTP".into()),
        }
    }

    fn asks(&self) {
        self.asked.0.fetch_add(1, Relaxed);
    }

    fn holds<'a>(&self, keys: impl Iterator<Item = &'a String>) {
        self.seen.hold(keys.filter_map(|key| key.parse().ok()));
    }

    async fn poll(mut self, first: Instant) -> Result<()> {
        let mut ticks = interval_at(first, Duration::from_secs(1));
        loop {
            ticks.tick().await;
            self.ask("").await?;
        }
    }

    async fn long_poll(mut self) -> Result<()> {
        loop {
            self.ask("&wait=30s").await?;
        }
    }

    async fn ask(&mut self, more: &str) -> Result<()> {
        self.asks();
        let path = format!("/v1/events?topic={TOPIC}&since={}{more}", self.cursor);
        let tag = if self.way == Way::Conditional { self.tag.clone() } else { String::new() };
        let answer = self.http()?.get(&path, &tag).await?;
        self.tag = header(&answer, "etag");
        self.cursor = header(&answer, "hintwire-next-cursor");
        let body = body(answer).await?;
        if !body.is_empty() {
            let page: Page = serde_json::from_slice(&body)?;
            self.holds(page.events.iter().map(|event| &event.key));
            self.cursor = page.next_cursor;
        }
        Ok(())
    }

    async fn feed(mut self) -> Result<()> {
        loop {
            self.asks();
            let path = format!("/v1/feed?topic={TOPIC}&timeout=30000&lastEventId={}", self.cursor);
            let answer = self.http()?.get(&path, "").await?;
            let events: Vec<Event> = serde_json::from_slice(&body(answer).await?)?;
            self.holds(events.iter().map(|event| &event.key));
            if let Some(last) = events.into_iter().next_back() {
                self.cursor = last.id;
            }
        }
    }

    async fn sse(mut self) -> Result<()> {
        self.asks();
        let path = format!("/v1/hints?topic={TOPIC}&mode=events&since={}", self.cursor);
        let mut stream = self.http()?.get(&path, "").await?.into_body();
        let mut text = Vec::new();
        while let Some(frame) = stream.frame().await {
            text.extend_from_slice(&frame?.into_data().unwrap_or_default());
            while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = text.drain(..=end).collect();
                if let Some(data) = line.strip_prefix(b"data: ") {
                    let event: Event = serde_json::from_slice(data)?;
                    self.holds(std::iter::once(&event.key));
                }
            }
        }
        Err("the hub has ended a stream".into())
    }

    async fn hints(mut self) -> Result<()> {
        self.asks();
        let Wire::Grpc(client) = &self.wire else { return Err("not a reader of gRPC".into()) };
        let mut client = client.clone();
        let (_, mut hints) = confirmed(client.clone(), vec![TOPIC.to_owned()]).await?;
        loop {
            let hint = hints.message().await?.ok_or("the hub has ended a stream")?;
            if hint.cursor <= self.cursor {
                self.cursor = self.cursor.max(hint.head);
                continue;
            }
            let wait = hint.fetch_after.unwrap_or_default();
            sleep(Duration::new(wait.seconds as u64, wait.nanos as u32)).await;
            self.asks();
            let (topics, cursor) = (vec![TOPIC.to_owned()], self.cursor.clone());
            let request = v1::FetchRequest { topics, cursor, ..Default::default() };
            let page = client.fetch(request).await?.into_inner();
            self.holds(page.events.iter().filter_map(|stored| Some(&stored.event.as_ref()?.key)));
            self.cursor = page.next_cursor;
        }
    }
}
