//! Durable publishing of 256 B events: unary with a number of callers, and over one PublishStream. What was acknowledged is
//! read back after a kill and compared.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use atomic_waker::AtomicWaker;
use futures_util::stream;
use hintwire::v1;
use hintwire::v1::publish_stream_response::Outcome;

use crate::hub::{Client, Hub, event, report, report_rate};
use crate::{Result, Scale};

const TOPICS: usize = 1000;

pub(crate) async fn run(binary: &Path, scale: Scale) -> Result<()> {
    let data = tempfile::tempdir_in(".")?;
    let hub = Hub::start(binary, data.path()).await?;
    let next = Arc::new(AtomicUsize::new(0));
    for callers in [1, 64, 256] {
        let events = scale.pick(if callers == 1 { 5_000 } else { 100_000 }, 500);
        unary(&hub, callers, events, &next).await?;
    }
    for (in_flight, full) in [(1, 10_000), (256, 500_000), (1024, 1_000_000)] {
        stream(&hub, in_flight, scale.pick(full, 2_000), &next).await?;
    }
    batches(&hub, scale.pick(1_000_000, 2_000) / 100, &next).await?;
    let published = next.load(Ordering::Relaxed);
    hub.kill()?;
    read_back(binary, data.path(), published).await
}

fn numbered(number: usize) -> v1::Event {
    event(format!("bench/t{}", number % TOPICS), number)
}

async fn unary(hub: &Hub, callers: usize, events: usize, next: &Arc<AtomicUsize>) -> Result<()> {
    let clients = hub.clients(callers.min(4)).await?;
    let end = next.load(Ordering::Relaxed) + events;
    let (cpu, start) = (hub.cpu()?, Instant::now());
    let mut tasks = Vec::new();
    for client in clients.iter().cycle().take(callers) {
        tasks.push(tokio::spawn(caller(client.clone(), next.clone(), end)));
    }
    let mut taken: Vec<Duration> = Vec::with_capacity(events);
    for task in tasks {
        taken.extend(task.await??);
    }
    next.store(end, Ordering::Relaxed);
    report_rate(
        &format!("durable publish, unary, {callers} callers"),
        events,
        start.elapsed(),
        hub.cpu()? - cpu,
    );
    taken.sort_unstable();
    let at = |share: usize| taken.get(taken.len() * share / 100).copied().unwrap_or_default();
    report("  latency p50 / p99", format!("{:?} / {:?}", at(50), at(99)));
    Ok(())
}

async fn caller(mut client: Client, next: Arc<AtomicUsize>, end: usize) -> Result<Vec<Duration>> {
    let mut taken = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= end {
            return Ok(taken);
        }
        let start = Instant::now();
        let events = vec![numbered(number)];
        client.publish(v1::PublishRequest { events, expected_cursor: None }).await?;
        taken.push(start.elapsed());
    }
}

async fn stream(hub: &Hub, in_flight: usize, events: usize, next: &AtomicUsize) -> Result<()> {
    let requests = |number| vec![numbered(number)];
    let what = format!("durable publish, PublishStream, {in_flight} in flight");
    pipelined(hub, in_flight, events, next, requests, &what).await
}

async fn batches(hub: &Hub, batches: usize, next: &AtomicUsize) -> Result<()> {
    let first = next.load(Ordering::Relaxed);
    let hundred = move |number: usize| {
        let start = first + (number - first) * 100;
        (start..start + 100).map(numbered).collect()
    };
    let what = "durable publish, PublishStream, batches of 100, 64 in flight";
    pipelined(hub, 64, batches, next, hundred, what).await?;
    next.store(first + batches * 100, Ordering::Relaxed);
    report("  events in each", 100);
    Ok(())
}

async fn pipelined(
    hub: &Hub,
    in_flight: usize,
    requests: usize,
    next: &AtomicUsize,
    events: impl Fn(usize) -> Vec<v1::Event> + Send + Sync + 'static,
    what: &str,
) -> Result<()> {
    let mut client = hub.client().await?;
    let first = next.fetch_add(requests, Ordering::Relaxed);
    let window = Arc::new(Window { answered: AtomicUsize::new(0), sender: AtomicWaker::new() });
    let sending = window.clone();
    let mut sent = 0;
    let stream = stream::poll_fn(move |cx| {
        if sent == requests {
            return Poll::Ready(None);
        }
        ready!(sending.poll_room(sent, in_flight, cx));
        let request = v1::PublishRequest { events: events(first + sent), expected_cursor: None };
        sent += 1;
        Poll::Ready(Some(v1::PublishStreamRequest {
            sequence: sent as i64,
            request: Some(request),
        }))
    });
    let (cpu, start) = (hub.cpu()?, Instant::now());
    let mut answers = client.publish_stream(stream).await?.into_inner();
    while let Some(answer) = answers.message().await? {
        match answer.outcome {
            Some(Outcome::Response(_)) => window.answer(),
            refused => return Err(format!("refused: {refused:?}").into()),
        }
    }
    let answered = window.answered.load(Ordering::Relaxed);
    if answered != requests {
        return Err(format!("{answered} answers to {requests} requests").into());
    }
    report_rate(what, requests, start.elapsed(), hub.cpu()? - cpu);
    Ok(())
}

/// How much of a stream was answered, and who waits for that.
struct Window {
    answered: AtomicUsize,
    sender: AtomicWaker,
}

impl Window {
    fn poll_room(&self, sent: usize, in_flight: usize, cx: &mut Context<'_>) -> Poll<()> {
        let has_room = || sent - self.answered.load(Ordering::Acquire) < in_flight;
        if has_room() {
            return Poll::Ready(());
        }
        self.sender.register(cx.waker());
        if has_room() { Poll::Ready(()) } else { Poll::Pending }
    }

    fn answer(&self) {
        self.answered.fetch_add(1, Ordering::Release);
        self.sender.wake();
    }
}

async fn read_back(binary: &Path, data: &Path, published: usize) -> Result<()> {
    let hub = Hub::start(binary, data).await?;
    let mut client = hub.client().await?;
    let mut seen = vec![0u8; published];
    let mut cursor = String::new();
    loop {
        let page = client.fetch(v1::FetchRequest {
            topics: vec!["**".into()],
            cursor,
            limit: 1000,
            max_bytes: 3 << 20,
            ..Default::default()
        });
        let page = page.await?.into_inner();
        for stored in &page.events {
            let event = stored.event.as_ref().ok_or("a page without an event")?;
            let number = event.data.first_chunk().copied().map(u64::from_be_bytes);
            let number = number.ok_or("an event that was not published")? as usize;
            let slot = seen.get_mut(number).ok_or("an event that was not published")?;
            *slot += 1;
            if *event != numbered(number) {
                return Err(format!("event {number} is not what was published").into());
            }
        }
        cursor = page.next_cursor;
        if !page.has_more {
            break;
        }
    }
    let lost = seen.iter().filter(|&&times| times == 0).count();
    let twice = seen.iter().filter(|&&times| times > 1).count();
    report("read back after kill -9", format!("{published} events, {lost} lost, {twice} twice"));
    if lost + twice > 0 { Err("what was acknowledged is not what is there".into()) } else { Ok(()) }
}
