//! Following: a hint, the pause that it asks for, and a fetch since one's own cursor.

use std::sync::Arc;
use std::time::Duration;

use hintwire::v1;
use hintwire::v1::subscribe_response::Kind;
use tonic::Streaming;

use crate::Result;
use crate::hub::Client;
use crate::load::number;
use crate::seen::Seen;

/// Hints of a subscription.
pub(crate) type Hints = Streaming<v1::SubscribeResponse>;

/// Subscribes, and waits until the hub has said so; the hints, and the cursor to go on from.
pub(crate) async fn confirmed(mut client: Client, topics: Vec<String>) -> Result<(String, Hints)> {
    let request = v1::SubscribeRequest { topics, ..Default::default() };
    let mut hints = client.subscribe(request).await?.into_inner();
    let first = hints.message().await?.ok_or("a stream that ends before CONFIRMED")?;
    Ok((first.head, hints))
}

/// Notes which events the hints name: each went to a topic of its number.
pub(super) async fn hints((_, mut hints): (String, Hints), seen: Arc<Seen>) -> Result<()> {
    loop {
        let hint = hints.message().await?.ok_or("the hub has ended a stream")?;
        if hint.kind() == Kind::Changed {
            let numbers =
                hint.topics.iter().filter_map(|topic| topic.strip_prefix("bench/t")?.parse().ok());
            seen.hold(numbers);
        }
    }
}

/// Fetches what the hints tell of, and notes what it then holds.
pub(super) async fn follow(
    mut client: Client,
    topics: Vec<String>,
    (mut own, mut hints): (String, Hints),
    seen: Arc<Seen>,
) -> Result<()> {
    loop {
        let hint = hints.message().await?.ok_or("the hub has ended a stream")?;
        if own >= hint.cursor {
            own = own.max(hint.head);
            continue;
        }
        let wait = hint.fetch_after.unwrap_or_default();
        if wait.nanos > 0 || wait.seconds > 0 {
            tokio::time::sleep(Duration::new(wait.seconds as u64, wait.nanos as u32)).await;
        }
        let mut more = true;
        while more {
            seen.fetched();
            let page = client
                .fetch(Page { topics: topics.clone(), cursor: own }.request())
                .await?
                .into_inner();
            let numbers =
                page.events.iter().filter_map(|stored| number(&stored.event.as_ref()?.data).ok());
            seen.hold(numbers);
            (own, more) = (page.next_cursor, page.has_more);
        }
    }
}

/// A page to read.
pub(crate) struct Page {
    pub topics: Vec<String>,
    pub cursor: String,
}

impl Page {
    pub(crate) fn request(self) -> v1::FetchRequest {
        let Self { topics, cursor } = self;
        v1::FetchRequest { topics, cursor, limit: 1000, max_bytes: 3 << 20, ..Default::default() }
    }
}

/// Reads all that matches; how many events that is.
pub(crate) async fn read_all(
    client: &mut Client,
    pattern: &str,
    mut each: impl FnMut(&v1::Event) -> Result<()>,
) -> Result<usize> {
    let (mut read, mut cursor) = (0, String::new());
    loop {
        let page = client.fetch(Page { topics: vec![pattern.to_owned()], cursor }.request());
        let page = page.await?.into_inner();
        for stored in &page.events {
            each(stored.event.as_ref().ok_or("a page without an event")?)?;
        }
        read += page.events.len();
        cursor = page.next_cursor;
        if !page.has_more {
            return Ok(read);
        }
    }
}
