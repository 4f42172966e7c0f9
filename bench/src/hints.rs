//! Publish → hint: 50 events a second to 1,000 subscribers on 10 connections.

use std::path::Path;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use hintwire::v1;
use hintwire::v1::subscribe_response::Kind;
use tokio::sync::mpsc;

use crate::hub::{Client, Hub, event, report};
use crate::{Result, Scale};

const PER_SECOND: usize = 50;

/// A hint: the cursor that it reaches, and when it was there.
type Seen = (String, Instant);

pub(crate) async fn run(binary: &Path, scale: Scale) -> Result<()> {
    let data = tempfile::tempdir_in(".")?;
    let hub = Hub::start(binary, data.path()).await?;
    let subscribers = scale.pick(1000, 20);
    let events = scale.pick(500, 10);
    let (sender, mut seen) = mpsc::unbounded_channel();
    for client in hub.clients(10).await?.iter().cycle().take(subscribers) {
        subscribe(client.clone(), sender.clone()).await?;
    }
    let (cpu, published) = (hub.cpu()?, publish(&hub, events).await?);
    let mut latencies = Histogram::<u64>::new(3)?;
    let mut hints = 0;
    while let Ok(Some((cursor, at))) =
        tokio::time::timeout(Duration::from_secs(1), seen.recv()).await
    {
        hints += 1;
        let newest = published.partition_point(|(placed, _)| *placed <= cursor);
        if let Some((_, sent)) = newest.checked_sub(1).and_then(|i| published.get(i)) {
            latencies.record(at.saturating_duration_since(*sent).as_micros() as u64)?;
        }
    }
    let ms = |q: f64| latencies.value_at_quantile(q) as f64 / 1000.0;
    let what = format!("publish → hint, {subscribers} subscribers, {PER_SECOND}/s");
    report(&what, format!("p50 {:.2} ms  p99 {:.2} ms", ms(0.5), ms(0.99)));
    let each = (hub.cpu()? - cpu).as_secs_f64() * 1e6 / f64::from(hints.max(1));
    report("  hints received, server CPU each", format!("{hints}, {each:.2} µs"));
    Ok(())
}

async fn subscribe(mut client: Client, seen: mpsc::UnboundedSender<Seen>) -> Result<()> {
    let topics = vec!["**".to_owned()];
    let request = v1::SubscribeRequest { topics, ..Default::default() };
    let mut hints = client.subscribe(request).await?.into_inner();
    hints.message().await?.ok_or("a stream that ends before CONFIRMED")?;
    tokio::spawn(async move {
        while let Ok(Some(hint)) = hints.message().await {
            if hint.kind() == Kind::Changed && seen.send((hint.cursor, Instant::now())).is_err() {
                break;
            }
        }
    });
    Ok(())
}

/// Publishes at a steady rate; each event's cursor with the time when it was sent.
async fn publish(hub: &Hub, events: usize) -> Result<Vec<(String, Instant)>> {
    let mut client = hub.client().await?;
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / PER_SECOND as u32);
    let mut published = Vec::with_capacity(events);
    for number in 0..events {
        ticks.tick().await;
        let sent = Instant::now();
        let events = vec![event(format!("bench/t{number}"), number)];
        let request = v1::PublishRequest { events, ..Default::default() };
        let answer = client.publish(request).await?.into_inner();
        let placed = answer.results.into_iter().next().ok_or("an answer without a result")?;
        published.push((placed.cursor, sent));
    }
    Ok(published)
}
