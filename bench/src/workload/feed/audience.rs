//! Clients that want everything: by asking every second, or by following hints.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use hintwire::v1;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval_at};

use crate::Result;
use crate::hub::{Client, Hub};
use crate::seen::{Times, times};
use crate::target::hintwire::{Page, confirmed};

const EVERY: Duration = Duration::from_secs(1);

/// How clients get their news.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    Polls,
    Follows,
}

impl Manner {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Polls => "polling every 1 s",
            Self::Follows => "hints and fetch",
        }
    }
}

/// What a crowd has asked for, and how old its news were.
pub(super) struct Audience {
    manner: Manner,
    asked: AtomicUsize,
    hints: AtomicUsize,
    ages: Mutex<Times>,
}

impl Audience {
    pub(super) fn new(manner: Manner) -> Self {
        let (asked, hints) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { manner, asked, hints, ages: Mutex::new(times()) }
    }

    pub(super) fn asked(&self) -> usize {
        self.asked.load(Relaxed)
    }

    pub(super) fn hints(&self) -> usize {
        self.hints.load(Relaxed)
    }

    pub(super) fn ages(&self) -> Result<Times> {
        Ok(self.ages.lock().map_err(|_| "a client failed")?.clone())
    }

    /// Brings so many clients to a hub, each on a connection of its own.
    pub(super) async fn gather(
        self: &Arc<Self>,
        hub: &Hub,
        clients: usize,
    ) -> Result<JoinSet<Result<()>>> {
        let mut tasks = JoinSet::new();
        let own = hub.client().await?.get_hub(v1::GetHubRequest {}).await?.into_inner().head;
        let start = tokio::time::Instant::now() + EVERY;
        for nth in 0..clients {
            let (audience, mut client, own) = (Arc::clone(self), hub.client().await?, own.clone());
            if self.manner == Manner::Follows {
                let (_, hints) = confirmed(client.clone(), everything()).await?;
                tasks.spawn(async move { audience.follow(client, own, hints).await });
                continue;
            }
            // The connection is there before the first question, whose moment is evenly spread.
            client.get_hub(v1::GetHubRequest {}).await?;
            let first = start + EVERY * nth as u32 / clients as u32;
            tasks.spawn(async move { audience.poll(client, own, first).await });
        }
        tokio::time::sleep_until(start + EVERY).await;
        Ok(tasks)
    }

    async fn poll(
        &self,
        mut client: Client,
        mut own: String,
        first: tokio::time::Instant,
    ) -> Result<()> {
        let mut ticks = interval_at(first, EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            own = self.fetch(&mut client, own).await?;
        }
    }

    async fn follow(
        &self,
        mut client: Client,
        mut own: String,
        mut hints: tonic::Streaming<v1::SubscribeResponse>,
    ) -> Result<()> {
        loop {
            let hint = hints.message().await?.ok_or("the hub has ended a stream")?;
            self.hints.fetch_add(1, Relaxed);
            if own < hint.cursor {
                let wait = hint.fetch_after.unwrap_or_default();
                tokio::time::sleep(Duration::new(wait.seconds as u64, wait.nanos as u32)).await;
                own = self.fetch(&mut client, own).await?;
            } else {
                own = own.max(hint.head);
            }
        }
    }

    /// Fetches all there is after a cursor; the cursor to go on from.
    async fn fetch(&self, client: &mut Client, mut own: String) -> Result<String> {
        loop {
            self.asked.fetch_add(1, Relaxed);
            let page = client
                .fetch(Page { topics: everything(), cursor: own }.request())
                .await?
                .into_inner();
            let now = SystemTime::now();
            let mut ages = self.ages.lock().map_err(|_| "a client failed")?;
            for stored in page.events {
                let published = SystemTime::try_from(stored.publish_time.unwrap_or_default())?;
                let age = now.duration_since(published).unwrap_or_default();
                ages.saturating_record(age.as_micros() as u64);
            }
            own = page.next_cursor;
            if !page.has_more {
                return Ok(own);
            }
        }
    }
}

fn everything() -> Vec<String> {
    vec!["**".to_owned()]
}
