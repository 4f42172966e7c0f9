//! Follows a topic: subscribes, is told, fetches.

use std::sync::Arc;
use std::time::Duration;

use hintwire::v1;
use hintwire::v1::subscribe_response::Kind;
use tonic::transport::Endpoint;

use super::shared::Shared;
use crate::Result;
use crate::hub::Client;
use crate::load::{number, topic};

/// One of many.
pub(super) struct Follower {
    pub number: usize,
    pub client: Client,
    /// Where it reconnects, if its connection is its own.
    pub endpoint: Option<Endpoint>,
    pub cursor: String,
}

/// Follows until it is dropped, or something fails.
pub(super) async fn follow(mut own: Follower, shared: Arc<Shared>) -> Result<usize> {
    let mut due = own.number;
    loop {
        let topics = vec![topic(own.number, '/')];
        let cursor = own.cursor.clone();
        let request = v1::SubscribeRequest { topics, cursor, ..Default::default() };
        let mut hints = own.client.subscribe(request).await?.into_inner();
        loop {
            let hint = tokio::select! {
                biased;
                () = shared.moved(own.number) => break,
                hint = hints.message() => hint?,
            };
            let Some(hint) = hint else { break };
            if hint.cursor > own.cursor {
                tokio::time::sleep(wait(hint.fetch_after.as_ref())).await;
                due = fetch(&mut own, &shared, due).await?;
            } else if hint.head > own.cursor {
                own.cursor = hint.head.clone();
            }
            if hint.kind() == Kind::Reconnect {
                tokio::time::sleep(wait(hint.reconnect_after.as_ref())).await;
                break;
            }
        }
        drop(hints);
        if let Some(endpoint) = &own.endpoint {
            own.client = Client::new(endpoint.connect().await?);
        }
    }
}

fn wait(advice: Option<&prost_types::Duration>) -> Duration {
    advice.copied().unwrap_or_default().try_into().unwrap_or_default()
}

/// Fetches what is new; the number of the event that is due next.
async fn fetch(own: &mut Follower, shared: &Shared, mut due: usize) -> Result<usize> {
    loop {
        let topics = vec![topic(own.number, '/')];
        let request = v1::FetchRequest { topics, cursor: own.cursor.clone(), ..Default::default() };
        let page = own.client.fetch(request).await?.into_inner();
        for event in page.events.iter().filter_map(|stored| stored.event.as_ref()) {
            let number = number(&event.data)?;
            shared.arrive(number, number == due);
            due = number + shared.followers();
        }
        own.cursor = page.next_cursor;
        if !page.has_more {
            return Ok(due);
        }
    }
}
