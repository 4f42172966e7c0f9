//! The hub over the engine in memory, in virtual time.

mod describe;
mod fetch;
mod follow;
mod meddled;
mod metrics;
mod pages;
mod subscribe;

use std::sync::Arc;
use std::time::Duration;

use tokio_stream::StreamExt;

use super::*;
use crate::backlog::memory::Memory;
use crate::cursor::Cursor;
use crate::event::Event;
use crate::topic::{Patterns, Selection, Topic};

pub fn hub() -> Arc<Hub> {
    Hub::start(Arc::new(Memory::default()), HubSettings::default())
}

pub fn patterns(texts: &[&str]) -> Patterns {
    Patterns::parse(texts, 1000, "topics").unwrap()
}

pub fn event(topic: &str) -> Event {
    Event::new(Topic::parse(topic, "topic").unwrap(), "data")
}

pub fn of_type(topic: &str, event_type: &str) -> Event {
    Event { event_type: event_type.into(), ..event(topic) }
}

pub fn typed(texts: &[&str], event_type: &str) -> Selection {
    let filter = crate::topic::Filter { types: vec![event_type.into()], ..Default::default() };
    Selection { filter: Arc::new(filter), ..Selection::of(patterns(texts)) }
}

/// Publishes one event; returns its cursor.
pub async fn publish(hub: &Hub, event: Event) -> Cursor {
    hub.publish(vec![event].into(), None).unwrap().await.unwrap()[0].cursor
}

pub async fn subscribe(hub: &Arc<Hub>, texts: &[&str]) -> Subscription {
    subscribe_to(hub, Selection::of(patterns(texts))).await
}

/// A subscription that has been confirmed.
pub async fn subscribe_to(hub: &Arc<Hub>, selection: Selection) -> Subscription {
    let subscribe =
        Subscribe { selection: selection.into(), cursor: None, min_interval: Duration::ZERO };
    let mut subscription = hub.subscribe(subscribe).await.unwrap();
    assert_eq!(next(&mut subscription).await.kind, HintKind::Confirmed);
    subscription
}

pub async fn next(subscription: &mut Subscription) -> Hint {
    subscription.next().await.unwrap()
}

/// The next message, if there is one without waiting for time to pass.
pub async fn at_once(subscription: &mut Subscription) -> Option<Hint> {
    // Fan-out and clock get their turn.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    futures_util::FutureExt::now_or_never(subscription.next()).flatten()
}

pub fn from(start: Start, texts: &[&str]) -> Fetch {
    Fetch {
        selection: Selection::of(patterns(texts)).into(),
        start,
        events: 100,
        bytes: 1 << 20,
        omit_data: false,
        wait: Duration::ZERO,
        at_least: None,
    }
}

pub fn topics_of(fetched: &Fetched) -> Vec<String> {
    fetched.events.iter().map(|event| event.view().unwrap().topic.to_owned()).collect()
}
