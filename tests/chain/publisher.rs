//! Publishes a part of the feed; what finds no hub is sent again, and told apart by its ids.

use std::ops::Range;
use std::sync::Arc;

use hintwire::client::Client;
use hintwire::v1;

use crate::input::Change;

/// Events of one batch.
const BATCH: usize = 500;

pub async fn publish(client: Client, feed: Arc<[Change]>, part: Range<usize>) {
    for from in part.clone().step_by(BATCH) {
        let events = (from..part.end.min(from + BATCH)).map(|n| event(&feed[n], n)).collect();
        let request = v1::PublishRequest { events, expected_cursor: None };
        while client.publish(request.clone()).await.is_err() {
            tokio::task::yield_now().await;
        }
    }
}

fn event(change: &Change, number: usize) -> v1::Event {
    let content_type = if change.data.is_some() { "application/json" } else { "" };
    v1::Event {
        topic: change.topic.clone(),
        key: change.key.clone(),
        id: format!("chain-{number}"),
        content_type: content_type.into(),
        deleted: change.data.is_none(),
        data: change.data.clone().unwrap_or_default().into(),
        ..Default::default()
    }
}
