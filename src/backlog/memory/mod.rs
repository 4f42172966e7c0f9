//! The engine that keeps everything in memory: for tests, and for hubs whose events need not outlive them.
//!
//! Durable means here: in the one state, behind its lock. Everything else an engine owes, it owes too.

mod append;
mod ids;
mod read;
mod retain;
mod state;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use tokio::sync::{Notify, mpsc};

use self::state::State;
use super::{
    Appended, Backlog, Batch, BoxFuture, Health, Outcome, Page, Read, ReadError, Receipt,
    SnapshotPage, SnapshotRead, Status,
};
use crate::cursor::{Incarnation, Position};
use crate::error::Error;
use crate::event::Micros;
use crate::limits::TAIL_GROUPS;
use crate::lineage::{Extent, Lineage};
use crate::topic::table::TopicTable;

/// What is kept. Limits are looked at when something is appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemorySettings {
    /// Events older than this go. Default: none does.
    pub retention_age: Duration,
    /// Bytes of encoded events, without survivors. Default: no limit.
    pub retention_bytes: u64,
    /// Number of events, without survivors. Default: no limit.
    pub retention_events: u64,
    /// The newest event of each key outlives its retention. Default on.
    pub keep_latest: bool,
    /// How long ids are known. Default 10 minutes.
    pub id_window: Duration,
    /// How many newest ids are known. Default 1,000,000.
    pub id_window_events: u64,
}

impl Default for MemorySettings {
    fn default() -> Self {
        Self {
            retention_age: Duration::MAX,
            retention_bytes: u64::MAX,
            retention_events: u64::MAX,
            keep_latest: true,
            id_window: Duration::from_secs(600),
            id_window_events: 1_000_000,
        }
    }
}

/// A backlog in memory.
#[derive(Debug)]
pub struct Memory {
    shared: Arc<Shared>,
    lineage: Lineage,
}

#[derive(Debug)]
struct Shared {
    settings: MemorySettings,
    topics: Arc<TopicTable>,
    state: RwLock<State>,
    /// Something was appended, for the one who tells the tail.
    appended: Notify,
}

impl Memory {
    /// An empty backlog; its incarnation should be random.
    pub fn new(incarnation: Incarnation, settings: MemorySettings) -> Self {
        let shared = Shared {
            settings,
            topics: Arc::default(),
            state: RwLock::default(),
            appended: Notify::new(),
        };
        Self { shared: Arc::new(shared), lineage: Lineage::new(incarnation) }
    }

    fn append_at(&self, batch: Batch, now: Micros) -> Outcome {
        let Shared { settings, topics, state, appended } = &*self.shared;
        let outcome = state.write().append(batch, now, settings, topics);
        appended.notify_one();
        outcome
    }
}

impl Default for Memory {
    /// An empty backlog of a random incarnation.
    fn default() -> Self {
        Self::new(Incarnation(fastrand::u64(..)), MemorySettings::default())
    }
}

impl Backlog for Memory {
    fn append(&self, batch: Batch) -> Receipt {
        Receipt::resolved(self.append_at(batch, Micros::now()))
    }

    fn read(&self, read: Read) -> BoxFuture<'_, Result<Page, ReadError>> {
        let page = self.shared.state.read().page(&read);
        Box::pin(std::future::ready(page))
    }

    fn snapshot(&self, read: SnapshotRead) -> BoxFuture<'_, Result<SnapshotPage, ReadError>> {
        let page = self.shared.state.read().snapshot(&read, &self.shared.topics);
        Box::pin(std::future::ready(Ok(page)))
    }

    fn seek(&self, time: Micros) -> BoxFuture<'_, Result<Option<Position>, ReadError>> {
        let place = self.shared.state.read().seek(time);
        Box::pin(std::future::ready(Ok(place)))
    }

    fn published(&self, at: Position) -> BoxFuture<'_, Result<Option<Micros>, ReadError>> {
        let published = self.shared.state.read().published(at);
        Box::pin(std::future::ready(Ok(published)))
    }

    fn trim(&self, before: Position) -> BoxFuture<'_, Result<(), ReadError>> {
        let Shared { settings, topics, state, .. } = &*self.shared;
        state.write().trim(before, settings, topics);
        Box::pin(std::future::ready(Ok(())))
    }

    fn topics(&self) -> &Arc<TopicTable> {
        &self.shared.topics
    }

    fn extent(&self) -> Extent {
        self.shared.state.read().extent
    }

    fn lineage(&self) -> &Lineage {
        &self.lineage
    }

    fn tail(&self) -> mpsc::Receiver<Appended> {
        let (sender, receiver) = mpsc::channel(TAIL_GROUPS);
        let from = self.shared.state.write().begin_telling();
        tokio::spawn(tell(Arc::clone(&self.shared), from, sender));
        receiver
    }

    fn status(&self) -> Status {
        let state = self.shared.state.read();
        Status {
            engine: "memory",
            health: Health::Ok,
            bytes: 0,
            events: state.len(),
            segments: 0,
            last_cut: None,
            snapshot_covers: self.shared.settings.keep_latest,
        }
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Error>> {
        self.shared.state.write().closed = true;
        self.shared.appended.notify_one();
        Box::pin(std::future::ready(Ok(())))
    }
}

/// Tells the tail, at its own pace: the writer never waits for it, and what it has not heard of yet is not trimmed.
async fn tell(shared: Arc<Shared>, mut told: Position, tail: mpsc::Sender<Appended>) {
    while let Ok(permit) = tail.reserve().await {
        match shared.state.write().after(told) {
            Some(appended) => {
                told = appended.head;
                permit.send(appended);
            }
            None => drop(permit),
        }
        if shared.state.read().extent.head > told {
            continue;
        }
        if shared.state.read().closed {
            break;
        }
        tokio::select! {
            () = shared.appended.notified() => {}
            () = tail.closed() => break,
        }
    }
    shared.state.write().stop_telling();
}
