//! Publishes one event after the other, each for the next follower, at a steady rate.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hintwire::v1;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::shared::Shared;
use crate::Result;
use crate::hub::{Client, event};
use crate::load::topic;

/// So many calls at once, so often: 1,000 a second.
const CALLS: usize = 10;
const EVERY: Duration = Duration::from_millis(10);
/// Calls that may be unanswered.
const UNANSWERED: usize = 1000;

/// Publishes until `end`; how many events.
pub(super) async fn publish(
    clients: Vec<Client>,
    shared: Arc<Shared>,
    end: Instant,
) -> Result<usize> {
    let (mut ticks, mut calls) = (interval(EVERY), JoinSet::new());
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut clients = clients.iter().cycle();
    let mut next = 0;
    while Instant::now() < end {
        ticks.tick().await;
        for _ in 0..CALLS {
            let Some(client) = clients.next() else { break };
            calls.spawn(one(client.clone(), shared.clone(), next));
            next += 1;
        }
        while let Some(done) = calls.try_join_next() {
            done??;
        }
        while calls.len() > UNANSWERED
            && let Some(done) = calls.join_next().await
        {
            done??;
        }
    }
    while let Some(done) = calls.join_next().await {
        done??;
    }
    Ok(next)
}

async fn one(mut client: Client, shared: Arc<Shared>, number: usize) -> Result<()> {
    let topic = topic(number % shared.followers(), '/');
    let event = v1::Event { id: number.to_string(), ..event(topic, number) };
    shared.send(number);
    client.publish(v1::PublishRequest { events: vec![event], ..Default::default() }).await?;
    Ok(())
}
