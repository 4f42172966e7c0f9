//! A publisher that sends a batch, with ids, until it is acknowledged.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use hintwire::client::Client;
use hintwire::v1;
use tokio::time::{MissedTickBehavior, interval};

use super::progress::Progress;
use crate::validate::convert::{cursor, event_on_wire};
use crate::validate::{Recorder, Refusal, What};

/// How often one sends: together about a thousand batches a second, which a history can hold for half an hour.
const PACE: Duration = Duration::from_millis(60);

/// Publishes until it is told to stop.
pub async fn publish(
    number: usize,
    client: Client,
    recorder: Recorder,
    progress: Arc<Progress>,
    seed: u64,
) {
    let mut rng = fastrand::Rng::with_seed(seed ^ (number as u64) << 32);
    let mut pace = interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for batch in 0.. {
        if *progress.stop.borrow() {
            return;
        }
        let events: Vec<_> =
            (0..rng.usize(1..4)).map(|rank| event(number, batch, rank, rng.u8(..))).collect();
        loop {
            pace.tick().await;
            if attempt(&client, &events, &recorder, &progress).await {
                break;
            }
        }
    }
}

fn event(number: usize, batch: usize, rank: usize, byte: u8) -> v1::Event {
    v1::Event {
        topic: format!("crash/{}/{}", number % 8, number % 3),
        key: format!("{}", batch % 50),
        id: format!("{number} {batch} {rank}"),
        data: vec![byte; usize::from(byte)].into(),
        ..Default::default()
    }
}

/// Sends a batch; whether it was acknowledged.
async fn attempt(
    client: &Client,
    events: &[v1::Event],
    recorder: &Recorder,
    progress: &Progress,
) -> bool {
    let began = recorder.began();
    let request = v1::PublishRequest { events: events.to_vec(), expected_cursor: None };
    let answer = client.publish(request).await;
    let published = events.iter().map(|event| Arc::new(event_on_wire(event))).collect();
    let result = match &answer {
        Ok(answer) => {
            Ok(answer.results.iter().map(|r| (cursor(&r.cursor), r.duplicate)).collect::<Vec<_>>())
        }
        Err(error) => Err(Refusal::from(error)),
    };
    match &result {
        Ok(placed) => {
            progress.acks.fetch_add(placed.len(), Relaxed);
            progress.repeats.fetch_add(placed.iter().filter(|placed| placed.1).count(), Relaxed);
            let last = placed.iter().map(|(cursor, _)| cursor.position).max().unwrap();
            progress.acknowledged(&events[0].topic, last);
        }
        Err(refusal) => _ = progress.unknown.fetch_add(usize::from(refusal.unknown), Relaxed),
    }
    let acknowledged = result.is_ok();
    recorder.record(began, What::Publish { events: published, result });
    acknowledged
}
