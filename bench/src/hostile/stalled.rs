//! Readers that stop reading while thousands of events a second are published: some have granted no HTTP/2 window, some a
//! huge one and leave the TCP connection unread.

use std::sync::Arc;
use std::time::Duration;

use hintwire::v1;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tonic::Streaming;

use super::Stage;
use super::proxy::{Fault, Plan, Proxy};
use super::report::Report;
use super::victim::Victim;
use crate::Result;
use crate::hub::{Client, Hub, endpoint, event};

/// What a connection may hold above its idle state.
const HELD: u64 = 64 << 10;
const PATIENCE: Duration = Duration::from_secs(30);
/// Batches a second, and events in each: 5,000 events a second.
const BATCHES: u32 = 100;
const BATCH: usize = 50;
const TOPICS: usize = 100;
/// The least window that a stream can begin with and still be confirmed.
const SMALL_WINDOW: u32 = 512;

/// The connection by which all readers fetch, one at a time: the hub bounds what one connection may ask for at once.
type Other = Arc<Mutex<Client>>;

/// How many events there are, once all are published.
type Last = watch::Receiver<usize>;

pub(crate) async fn run(stage: Stage<'_>, report: &mut Report) -> Result<()> {
    let data = tempfile::tempdir_in(".")?;
    // Small segments: the index of the one that is written to is in memory, and would grow by what is published.
    let settings = ["--segment-bytes", "1MiB"];
    let hub = Hub::start_after("", stage.binary, data.path(), &settings).await?;
    let proxy = Proxy::start(hub.address(), || Plan::QUIET).await;
    let seconds = |full, smoke| Duration::from_secs(stage.scale.pick(full, smoke) as u64);
    let (wide, narrow) = (stage.scale.pick(10, 2), stage.scale.pick(40, 4));
    let (reading, go_on) = watch::channel(true);
    let (last, published) = watch::channel(0);
    let mut readers = JoinSet::new();
    // What a reader asks for besides its hints, and after it was cut, goes another way.
    let other = Other::new(hub.client().await?.into());
    for _ in 0..wide {
        let client = Client::new(endpoint(proxy.address())?.connect().await?);
        for nth in 0..TOPICS {
            let hints = subscribe(client.clone(), topic(nth)).await?;
            readers.spawn(read(hints, other.clone(), nth, go_on.clone(), published.clone()));
        }
    }
    for _ in 0..narrow {
        let small = hub.endpoint()?.initial_stream_window_size(SMALL_WINDOW);
        let client = Client::new(small.connect().await?);
        let hints = subscribe(client.clone(), "**".into()).await?;
        readers.spawn(read(hints, other.clone(), 0, go_on.clone(), published.clone()));
    }
    let mut victim = Victim::start(&hub).await?;

    // The log's caches fill first, and nobody has anything to hear when memory is measured.
    let number = publish(&hub, 0, seconds(30, 1)).await?;
    tokio::time::sleep(seconds(3, 1)).await;
    let idle = hub.memory()?;
    let before = victim.lap().await?;

    proxy.set(Fault::Stall);
    reading.send_replace(false);
    // Before the hub's pings have found out whom it may cut.
    let number = publish(&hub, number, seconds(20, 1)).await?;
    tokio::time::sleep(seconds(3, 1)).await;
    let connections = (wide + narrow) as u64;
    let (held, unsent) =
        (hub.memory()?.saturating_sub(idle) / connections, hub.unsent()? / connections);
    let text = format!("{held} B in the hub + {unsent} B in the kernel, {connections} connections");
    report.figure("at most 64 KiB a connection above idle", text, held + unsent <= HELD);
    let number = publish(&hub, number, seconds(40, 1)).await?;
    report.compare(&before, &victim.lap().await?, 1.2);

    proxy.set(Fault::None);
    reading.send_replace(true);
    last.send_replace(finish(&hub, number).await?);
    let (mut caught_up, all) = (0, readers.len());
    while let Ok(Some(read)) = timeout(PATIENCE, readers.join_next()).await {
        read??;
        caught_up += 1;
    }
    let text = format!("{caught_up} of {all} streams");
    report.fact("each catches up with nothing missed", text, caught_up == all);
    Ok(())
}

fn topic(nth: usize) -> String {
    format!("stalled/t{}", nth % TOPICS)
}

async fn subscribe(
    mut client: Client,
    pattern: String,
) -> Result<Streaming<v1::SubscribeResponse>> {
    let request = v1::SubscribeRequest { topics: vec![pattern], ..Default::default() };
    let mut hints = client.subscribe(request).await?.into_inner();
    hints.message().await?.ok_or("a stream that ends before CONFIRMED")?;
    Ok(hints)
}

/// Publishes numbered events at a steady rate, to each topic in turn; the next number.
async fn publish(hub: &Hub, first: usize, time: Duration) -> Result<usize> {
    let mut client = hub.client().await?;
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / BATCHES);
    let batches = (time.as_secs_f64() * f64::from(BATCHES)) as usize;
    for batch in 0..batches {
        ticks.tick().await;
        let start = first + batch * BATCH;
        let events = (start..start + BATCH).map(|number| event(topic(number), number)).collect();
        client.publish(v1::PublishRequest { events, ..Default::default() }).await?;
    }
    Ok(first + batches * BATCH)
}

/// Publishes one more event to each topic; how many there are in all.
async fn finish(hub: &Hub, first: usize) -> Result<usize> {
    let events = (first..first + TOPICS).map(|number| event(topic(number), number)).collect();
    hub.client().await?.publish(v1::PublishRequest { events, ..Default::default() }).await?;
    Ok(first + TOPICS)
}

/// Reads hints while it may; in the end it must hear of the last event of its topic, and fetch every event of it. A hub
/// may cut who answers no ping for as long; whoever was cut comes again.
async fn read(
    mut hints: Streaming<v1::SubscribeResponse>,
    other: Other,
    nth: usize,
    mut go_on: watch::Receiver<bool>,
    mut last: Last,
) -> Result<()> {
    let mut heard = String::new();
    loop {
        go_on.wait_for(|go_on| *go_on).await?;
        tokio::select! {
            heard_next = hear(&mut hints, &other, nth) => heard = heard_next?,
            _ = go_on.changed() => {}
            count = published(&mut last) => {
                let count = count?;
                let reached = fetch_all(&other, nth, count).await?;
                while heard < reached {
                    heard = hear(&mut hints, &other, nth).await?;
                }
                return Ok(());
            }
        }
    }
}

/// The cursor of the next message, on this stream or, if that was cut, on another in its place.
async fn hear(
    hints: &mut Streaming<v1::SubscribeResponse>,
    other: &Other,
    nth: usize,
) -> Result<String> {
    if let Ok(Some(hint)) = hints.message().await {
        return Ok(hint.cursor);
    }
    let request = v1::SubscribeRequest { topics: vec![topic(nth)], ..Default::default() };
    *hints = other.lock().await.subscribe(request).await?.into_inner();
    let confirmed = hints.message().await?.ok_or("a stream that ends before CONFIRMED")?;
    Ok(confirmed.cursor)
}

/// Waits for the end; how many events there are.
async fn published(last: &mut Last) -> Result<usize> {
    let known = last.wait_for(|last| *last > 0).await?;
    Ok(*known)
}

/// Fetches all events of a topic, of which there are so many; the place of the last.
async fn fetch_all(other: &Other, nth: usize, count: usize) -> Result<String> {
    let mut client = other.lock().await;
    let (mut due, mut cursor, mut reached) = (nth, String::new(), String::new());
    while due < count {
        let (topics, limit) = (vec![topic(nth)], 1000);
        let request = v1::FetchRequest { topics, cursor, limit, ..Default::default() };
        let page = client.fetch(request).await?.into_inner();
        for stored in page.events {
            let event = stored.event.ok_or("a page without an event")?;
            if event != crate::hub::event(topic(nth), due) {
                return Err(format!("event {due} was missed").into());
            }
            (due, reached) = (due + TOPICS, stored.cursor);
        }
        cursor = page.next_cursor;
    }
    Ok(reached)
}
