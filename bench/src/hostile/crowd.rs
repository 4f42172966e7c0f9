//! A thousand streams on one connection, most of them on everything.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use hintwire::v1;
use hintwire::v1::subscribe_response::Kind;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tonic::Streaming;

use super::Stage;
use super::report::Report;
use crate::Result;
use crate::hub::{Client, Hub, event};

const LATE: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(30);
/// The shortest that can be set, so that a short run sees heartbeats too.
const HEARTBEAT: Duration = Duration::from_secs(1);
const PER_SECOND: u32 = 500;

/// What all streams have seen.
#[derive(Default)]
struct Seen {
    slowest_micros: AtomicU64,
    hints: AtomicUsize,
    /// Streams that had a heartbeat while nothing was published.
    beaten: AtomicUsize,
    quiet: AtomicBool,
}

/// An event, and when its publication was answered.
type Newest = Option<(String, Instant)>;

pub(crate) async fn run(stage: Stage<'_>, report: &mut Report) -> Result<()> {
    let data = tempfile::tempdir_in(".")?;
    let beat = format!("{}s", HEARTBEAT.as_secs());
    let settings = ["--heartbeat-interval", &beat];
    let hub = Hub::start_after("", stage.binary, data.path(), &settings).await?;
    let streams = stage.scale.pick(1_000, 200);
    let seen = Arc::new(Seen::default());
    let (newest, watched) = watch::channel(None);
    let (mut tasks, client) = (JoinSet::new(), hub.client().await?);
    for nth in 0..streams {
        // Eight of ten want everything, the others one topic each.
        let pattern = if nth % 5 < 4 { "**".to_owned() } else { format!("crowd/t{nth}") };
        let hints = subscribe(client.clone(), pattern).await?;
        tasks.spawn(listen(hints, nth % 5 < 4, Arc::clone(&seen), watched.clone()));
    }
    let published = Duration::from_secs(stage.scale.pick(60, 2) as u64);
    publish(hub.client().await?, streams, published, &newest).await?;

    // The last hint is never dropped: everybody reaches the last event, or its own last one.
    seen.quiet.store(true, Relaxed);
    let all_beaten = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        while seen.beaten.load(Relaxed) < streams {
            ticks.tick().await;
        }
    };
    let quiet = Instant::now();
    let beaten = tokio::time::timeout(PATIENCE, all_beaten).await.is_ok();
    let count = format!("{} of {streams}", seen.beaten.load(Relaxed));
    report.fact("each stream gets the last hint and then heartbeats", count, beaten);
    report.note("time until all had one", format!("{:.2} s", quiet.elapsed().as_secs_f64()));
    let slowest = Duration::from_micros(seen.slowest_micros.load(Relaxed));
    report.figure("no stream is late by more than 1 s", format!("{slowest:?}"), slowest <= LATE);
    report.note("hints received", seen.hints.load(Relaxed));
    if let Some(failed) = tasks.try_join_next() {
        failed??;
    }
    Ok(())
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

/// Publishes at a steady rate to the topics of the narrow streams.
async fn publish(
    mut client: Client,
    streams: usize,
    time: Duration,
    newest: &watch::Sender<Newest>,
) -> Result<()> {
    let (mut ticks, start) =
        (tokio::time::interval(Duration::from_secs(1) / PER_SECOND), Instant::now());
    for number in 0.. {
        ticks.tick().await;
        let topic = format!("crowd/t{}", number * 5 % streams + 4);
        let events = vec![event(topic, number)];
        let answer = client.publish(v1::PublishRequest { events, ..Default::default() }).await?;
        let placed = answer.into_inner().results.pop().ok_or("an answer without a result")?;
        newest.send_replace(Some((placed.cursor, Instant::now())));
        if start.elapsed() > time {
            break;
        }
    }
    Ok(())
}

/// Measures how far a stream lags: whenever an event was answered, a hint at or past it is due.
async fn listen(
    mut hints: Streaming<v1::SubscribeResponse>,
    wants_all: bool,
    seen: Arc<Seen>,
    newest: watch::Receiver<Newest>,
) -> Result<()> {
    let (mut due, mut beaten): (Newest, bool) = (None, false);
    loop {
        let hint = hints.message().await?.ok_or("a stream of the crowd ended")?;
        if hint.kind() == Kind::Changed {
            seen.hints.fetch_add(1, Relaxed);
        }
        // The oldest event that was known at the hint before, and that this one reaches.
        if let Some((_, since)) = due.take_if(|(cursor, _)| *cursor <= hint.head) {
            seen.slowest_micros.fetch_max(since.elapsed().as_micros() as u64, Relaxed);
        }
        let known = newest.borrow().clone();
        if wants_all && due.is_none() {
            due = known.clone().filter(|(cursor, _)| *cursor > hint.cursor);
        }
        let reached = known.is_none_or(|(cursor, _)| !wants_all || cursor <= hint.cursor);
        if !beaten && reached && hint.kind() == Kind::Heartbeat && seen.quiet.load(Relaxed) {
            beaten = true;
            seen.beaten.fetch_add(1, Relaxed);
        }
    }
}
