//! SIGTERM with thousands of streams open and publishers at work.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use hintwire::v1;
use hintwire::v1::subscribe_response::{Kind, ReconnectReason};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tonic::{Code, Streaming};

use super::Stage;
use super::report::Report;
use crate::Result;
use crate::hub::{Client, Hub, event};
use crate::load::number;

const CONNECTIONS: usize = 10;
const PUBLISHERS: usize = 64;
const STOPPED_WITHIN: Duration = Duration::from_secs(10);
/// How a publish may end once the hub stops.
const ENDS: [Code; 3] = [Code::Unavailable, Code::Unknown, Code::Cancelled];
const PATIENCE: Duration = Duration::from_secs(30);

/// How a stream ended.
#[derive(Debug, Default)]
struct End {
    /// The advice of its RECONNECT, if that was its last message.
    advice: Option<Duration>,
    ok: bool,
}

pub(crate) async fn run(stage: Stage<'_>, report: &mut Report) -> Result<()> {
    let data = tempfile::tempdir_in(".")?;
    let mut hub = Hub::start(stage.binary, data.path()).await?;
    let streams = stage.scale.pick(5_000, 500);
    let mut open = JoinSet::new();
    for (nth, client) in (0..streams).zip(hub.clients(CONNECTIONS).await?.iter().cycle()) {
        // One in a hundred hears of everything, the others of one topic of their own.
        let topic = if nth % 100 == 0 { "**".into() } else { format!("drain/t{nth}") };
        let request = v1::SubscribeRequest { topics: vec![topic], ..Default::default() };
        open.spawn(ended(client.clone().subscribe(request).await?.into_inner()));
    }
    let (next, begun) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let mut publishers = JoinSet::new();
    for client in hub.clients(4).await?.iter().cycle().take(PUBLISHERS) {
        publishers.spawn(publish(client.clone(), next.clone(), begun.clone(), streams));
    }
    begun.notified().await;
    tokio::time::sleep(Duration::from_secs(stage.scale.pick(5, 1) as u64)).await;

    let asked = Instant::now();
    hub.terminate()?;
    let code = hub.ended(PATIENCE).await?;
    let took = asked.elapsed();
    judge_ends(report, &open.join_all().await);
    report.fact("the hub ends by itself", format!("{code:?}"), code == Some(0));
    report.figure("within 10 s", format!("{:.2} s", took.as_secs_f64()), took <= STOPPED_WITHIN);
    let mut acked = BTreeSet::new();
    for numbers in publishers.join_all().await {
        acked.extend(numbers?);
    }
    let there = read(&Hub::start(stage.binary, data.path()).await?).await?;
    let lost = acked.difference(&there).count();
    report.fact("0 acknowledged are lost", format!("{lost} of {}", acked.len()), lost == 0);
    Ok(())
}

fn judge_ends(report: &mut Report, ends: &[End]) {
    let told = ends.iter().filter(|end| end.advice.is_some() && end.ok).count();
    let text = format!("{told} of {}", ends.len());
    report.fact("every stream ends with RECONNECT, then OK", text, told == ends.len());
    let advice: BTreeSet<Duration> = ends.iter().filter_map(|end| end.advice).collect();
    let (first, last) = (advice.first().copied(), advice.last().copied());
    let width = last.unwrap_or_default() - first.unwrap_or_default();
    // Uniform over a second at the least: so many leave no wide gap at either end.
    let spread = advice.len() > ends.len() / 2 && width > Duration::from_millis(800);
    let text = format!("{} values, {first:?} to {last:?}", advice.len());
    report.fact("`reconnect_after` is spread", text, spread);
}

/// Listens to the end.
async fn ended(mut hints: Streaming<v1::SubscribeResponse>) -> End {
    let mut end = End::default();
    loop {
        match hints.message().await {
            Ok(Some(hint)) => {
                let told = hint.kind() == Kind::Reconnect
                    && hint.reconnect_reason() == ReconnectReason::Drain;
                let advice = hint.reconnect_after.unwrap_or_default();
                end.advice = told.then(|| advice.try_into().unwrap_or_default());
            }
            Ok(None) => return End { ok: true, ..end },
            Err(_) => return end,
        }
    }
}

/// Publishes until the hub refuses; the numbers that were acknowledged.
async fn publish(
    mut client: Client,
    next: Arc<AtomicUsize>,
    begun: Arc<Notify>,
    topics: usize,
) -> Result<Vec<usize>> {
    let mut acked = Vec::new();
    loop {
        let number = next.fetch_add(1, Relaxed);
        let events = vec![event(format!("drain/t{}", number % topics), number)];
        match client.publish(v1::PublishRequest { events, ..Default::default() }).await {
            Ok(_) => acked.push(number),
            // Refused; or the connection had its GOAWAY, or was gone, before the call.
            Err(status) if ENDS.contains(&status.code()) => return Ok(acked),
            Err(status) => return Err(status.into()),
        }
        begun.notify_one();
    }
}

/// The numbers of all events that are there.
async fn read(hub: &Hub) -> Result<BTreeSet<usize>> {
    let (mut client, mut numbers, mut cursor) =
        (hub.client().await?, BTreeSet::new(), String::new());
    loop {
        let topics = vec!["**".to_owned()];
        let request = v1::FetchRequest { topics, cursor, limit: 1000, ..Default::default() };
        let page = client.fetch(request).await?.into_inner();
        for event in page.events.iter().filter_map(|stored| stored.event.as_ref()) {
            numbers.insert(number(&event.data)?);
        }
        cursor = page.next_cursor;
        if !page.has_more {
            return Ok(numbers);
        }
    }
}
