//! The ways of reading. Each goes on from the reader's cursor and leaves it at the place to which it came, also when the
//! hub is lost on the way.

use std::error::Error;

use hintwire::client::{Batch, Follow, MemoryStore};
use hintwire::v1;
use prost::Message;
use reqwest::{Client, Response};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio_stream::StreamExt;

use crate::ORIGIN;
use crate::hub::Hub;
use crate::reader::Reader;

/// How to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Fetch,
    LongPoll,
    Feed,
    Sse,
    GrpcWeb,
    GrpcStream,
}

impl Way {
    pub const ALL: [Self; 6] =
        [Self::Fetch, Self::LongPoll, Self::Feed, Self::Sse, Self::GrpcWeb, Self::GrpcStream];
}

type Done = Result<(), Box<dyn Error + Send + Sync>>;

/// Reads something, or waits a little for it; streams go on until the reader has seen `until` events.
pub async fn some(way: Way, hub: &Hub, reader: &mut Reader, until: usize) -> Done {
    match way {
        Way::Fetch => fetch(hub, reader).await,
        Way::LongPoll => long_poll(hub, reader).await,
        Way::Feed => feed(hub, reader).await,
        Way::Sse => sse(hub, reader, until).await,
        Way::GrpcWeb => grpc_web(hub, reader).await,
        Way::GrpcStream => grpc_stream(hub, reader, until).await,
    }
}

fn request(reader: &Reader) -> v1::FetchRequest {
    v1::FetchRequest {
        topics: vec!["**".into()],
        cursor: reader.cursor().to_owned(),
        limit: 1000,
        wait: Some(prost_types::Duration { seconds: 0, nanos: 100_000_000 }),
        ..Default::default()
    }
}

fn take(reader: &mut Reader, page: v1::FetchResponse) {
    page.events.into_iter().for_each(|stored| take_event(reader, stored));
    reader.is_at(&page.next_cursor);
}

fn take_event(reader: &mut Reader, stored: v1::StoredEvent) {
    let event = stored.event.unwrap();
    let data = (!event.deleted).then(|| std::str::from_utf8(&event.data).unwrap());
    reader.gets(&event.topic, &event.key, data);
}

async fn fetch(hub: &Hub, reader: &mut Reader) -> Done {
    let page = hub.client().fetch(request(reader)).await?;
    take(reader, page);
    Ok(())
}

/// An event in JSON.
#[derive(Deserialize)]
struct Json<'a> {
    topic: String,
    key: String,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    cursor: String,
}

impl Json<'_> {
    fn take(&self, reader: &mut Reader) {
        reader.gets(&self.topic, &self.key, self.data.map(RawValue::get));
        reader.is_at(&self.cursor);
    }
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    events: Vec<Json<'a>>,
    next_cursor: String,
}

async fn get(hub: &Hub, path: &str) -> reqwest::Result<Response> {
    taken(Client::new().get(format!("{}{path}", hub.url())).send().await?)
}

/// A hub that is away or stops is asked again; one that refuses will refuse again.
fn taken(answer: Response) -> reqwest::Result<Response> {
    assert!(!answer.status().is_client_error(), "{answer:?}");
    answer.error_for_status()
}

async fn long_poll(hub: &Hub, reader: &mut Reader) -> Done {
    let cursor = reader.cursor();
    let path = format!("/v1/events?topic=**&limit=1000&wait=100ms&since={cursor}");
    let answer = get(hub, &path).await?;
    let next = answer.headers()["hintwire-next-cursor"].to_str()?.to_owned();
    let body = answer.text().await?;
    if !body.is_empty() {
        let page: Page<'_> = serde_json::from_str(&body)?;
        page.events.iter().for_each(|event| event.take(reader));
        assert_eq!(page.next_cursor, next);
    }
    reader.is_at(&next);
    Ok(())
}

/// An event of a feed.
#[derive(Deserialize)]
struct CloudEvent<'a> {
    id: String,
    source: String,
    subject: String,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

async fn feed(hub: &Hub, reader: &mut Reader) -> Done {
    let cursor = reader.cursor();
    let path = format!("/v1/feed?topic=**&limit=1000&timeout=100&lastEventId={cursor}");
    let body = get(hub, &path).await?.text().await?;
    for event in serde_json::from_str::<Vec<CloudEvent<'_>>>(&body)? {
        let topic = event.source.trim_start_matches('/');
        reader.gets(topic, &event.subject, event.data.map(RawValue::get));
        reader.is_at(&event.id);
    }
    Ok(())
}

async fn sse(hub: &Hub, reader: &mut Reader, until: usize) -> Done {
    let url = format!("{}/v1/hints?topic=**&mode=events", hub.url());
    let request = Client::new().get(url).header("last-event-id", reader.cursor());
    let mut chunks = taken(request.send().await?)?.bytes_stream();
    let mut rest = Vec::new();
    while reader.seen() < until {
        let Some(chunk) = chunks.next().await else { break };
        rest.extend_from_slice(&chunk?);
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = rest.drain(..=end).collect();
            line_of_events(reader, std::str::from_utf8(&line)?.trim_end(), until)?;
        }
    }
    Ok(())
}

/// The data of a message carries its cursor too, so the other lines need no look.
fn line_of_events(reader: &mut Reader, line: &str, until: usize) -> Done {
    if let (Some(data), true) = (line.strip_prefix("data: "), reader.seen() < until) {
        serde_json::from_str::<Json<'_>>(data)?.take(reader);
    }
    Ok(())
}

async fn grpc_web(hub: &Hub, reader: &mut Reader) -> Done {
    let message = request(reader).encode_to_vec();
    let mut framed = vec![0];
    framed.extend_from_slice(&u32::try_from(message.len())?.to_be_bytes());
    framed.extend_from_slice(&message);
    let url = format!("{}/hintwire.v1.HubService/Fetch", hub.url());
    let request = Client::new().post(url).header("origin", ORIGIN);
    let request = request.header("content-type", "application/grpc-web+proto");
    let answer = taken(request.body(framed).send().await?)?;
    let body = answer.bytes().await?;
    let length = u32::from_be_bytes(body[1..5].try_into()?) as usize;
    assert_eq!(body[0], 0, "a message comes before the trailers");
    take(reader, v1::FetchResponse::decode(&body[5..5 + length])?);
    Ok(())
}

async fn grpc_stream(hub: &Hub, reader: &mut Reader, until: usize) -> Done {
    let (batches, mut read) = tokio::sync::mpsc::channel(1);
    let follow = Follow::new(hub.client(), ["**"]).store(MemoryStore::at(reader.cursor()));
    let following = tokio::spawn(follow.run(move |batch: Batch| {
        let batches = batches.clone();
        async move { Ok(batches.send(batch).await?) }
    }));
    while reader.seen() < until {
        let batch = read.recv().await.ok_or("the follower has ended")?;
        batch.events.into_iter().for_each(|stored| take_event(reader, stored));
        reader.is_at(&batch.cursor);
    }
    following.abort();
    Ok(())
}
