//! Publishes a feed over PublishStream, and goes on after the hub was killed: by id, from the first batch without an
//! answer.

use std::sync::Arc;

use hintwire::client::{Client, Error};
use hintwire::v1;
use hintwire::v1::publish_stream_response::Outcome;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;

use crate::input::{self, Change};

/// Batches that are unanswered at a time.
const IN_FLIGHT: usize = 64;

/// Publishes all changes; `progress` tells how many have been acknowledged.
pub async fn publish(client: Client, changes: Arc<[Change]>, progress: watch::Sender<usize>) {
    let batches = input::batches(&changes);
    let mut acked = 0;
    while acked < batches.len() {
        let before = acked;
        let ended = stream(&client, &changes, &batches, &mut acked, &progress).await;
        // Without a hub there is no answer; a later attempt connects when it is back.
        assert!(ended.is_err() || acked > before, "a stream that ends without an answer");
        tokio::task::yield_now().await;
    }
}

async fn stream(
    client: &Client,
    changes: &Arc<[Change]>,
    batches: &[std::ops::Range<usize>],
    acked: &mut usize,
    progress: &watch::Sender<usize>,
) -> Result<(), Error> {
    let window = Arc::new(Semaphore::new(IN_FLIGHT));
    let (sender, receiver) = mpsc::channel(IN_FLIGHT);
    let (ranges, all, permits) = (batches[*acked..].to_vec(), changes.clone(), window.clone());
    let first = *acked;
    let sending = tokio::spawn(async move {
        for (number, range) in ranges.into_iter().enumerate() {
            permits.acquire().await.unwrap().forget();
            let sequence = (first + number) as i64;
            let events = range.map(|n| event(&all[n], n)).collect();
            let request = Some(v1::PublishRequest { events, expected_cursor: None });
            if sender.send(v1::PublishStreamRequest { sequence, request }).await.is_err() {
                break;
            }
        }
    });
    let answered = answers(client, receiver, batches, acked, progress, &window).await;
    sending.abort();
    answered
}

async fn answers(
    client: &Client,
    requests: mpsc::Receiver<v1::PublishStreamRequest>,
    batches: &[std::ops::Range<usize>],
    acked: &mut usize,
    progress: &watch::Sender<usize>,
    window: &Semaphore,
) -> Result<(), Error> {
    let mut answers = client.publish_stream(ReceiverStream::new(requests)).await?;
    while let Some(answer) = answers.next().await.transpose()? {
        assert_eq!(answer.sequence, *acked as i64, "answers come in order");
        match answer.outcome {
            Some(Outcome::Response(response)) => {
                assert_eq!(response.results.len(), batches[*acked].len());
                *acked += 1;
                progress.send_replace(batches[*acked - 1].end);
                window.add_permits(1);
            }
            // Draining, or a failed write: what follows is answered alike; go on from here.
            _ => return Ok(()),
        }
    }
    Ok(())
}

fn event(change: &Change, number: usize) -> v1::Event {
    v1::Event {
        topic: change.topic.clone(),
        key: change.key.clone(),
        id: format!("feed-{number}"),
        time: Some(prost_types::Timestamp { seconds: change.time, nanos: 0 }),
        content_type: if change.data.is_some() { "application/json".into() } else { String::new() },
        deleted: change.data.is_none(),
        data: change.data.clone().unwrap_or_default().into(),
        ..Default::default()
    }
}
