//! The hub: where backlog and index meet.
//!
//! Publishing goes to the backlog and waits for nobody else. What the backlog then tells of goes through one
//! fan-out into the [index](crate::index), which wakes [subscriptions](Subscription) and long polls; these read
//! the backlog for themselves. No call holds a lock across an await, and no task belongs to a single stream.

mod describe;
mod fanout;
mod fetch;
mod hint;
mod judge;
mod long_poll;
mod news;
mod pace;
mod page_token;
mod publish;
mod readings;
mod snapshot;
mod subscribe;
#[cfg(test)]
mod tests;
mod timeline;
mod topics;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinSet;

pub use describe::{CursorDescription, CursorState, HubDescription};
pub use fetch::{Fetch, Fetched, Start, View};
pub use hint::{Hint, HintKind, ReconnectReason};
pub use long_poll::LongPoll;
pub use news::News;
pub use publish::{Published, Publishing};
pub use snapshot::{Snapshot, Snapshotted};
pub use subscribe::{Subscribe, Subscription};
pub use topics::{ListTopics, TopicInfo, TopicPage};

use crate::backlog::{Backlog, Health};
use crate::error::Error;
use crate::index::Index;
use crate::limits::Limits;
use crate::lineage::Lineage;
use crate::metrics::Metrics;
use news::Told;
use pace::{Meter, Turns};
use timeline::Timeline;

/// What an operator may set; `Default` is what the API documents.
#[derive(Debug, Clone, PartialEq)]
pub struct HubSettings {
    /// Limits on what callers may ask.
    pub limits: Limits,
    /// Least time between two hints of a stream. Default 10 ms.
    pub min_interval: Duration,
    /// How often an idle stream gets a heartbeat while there are few. Default 15 s.
    pub heartbeat_interval: Duration,
    /// Greatest age of a stream. Default 30 min.
    pub stream_age: Duration,
    /// Fetches a second that a woken crowd is spread to. Default 20,000.
    pub fetch_rate: f64,
}

impl Default for HubSettings {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            min_interval: Duration::from_millis(10),
            heartbeat_interval: Duration::from_secs(15),
            stream_age: Duration::from_secs(30 * 60),
            fetch_rate: 20_000.0,
        }
    }
}

/// One hub on one backlog.
pub struct Hub {
    backlog: Arc<dyn Backlog>,
    index: Arc<Index>,
    timeline: Arc<Timeline>,
    settings: HubSettings,
    streams: Arc<AtomicUsize>,
    draining: AtomicBool,
    /// Streams that were open when the drain began.
    drained: AtomicUsize,
    /// Rings after the watermark has moved, and when a drain begins.
    moved: Arc<Notify>,
    fetches: Meter,
    told: Told,
    /// Of those whose publication finds no room.
    turns: Arc<Turns>,
    metrics: Arc<Metrics>,
    /// Fan-out and clock; they end with the hub.
    _tasks: JoinSet<()>,
}

impl Hub {
    /// Starts a hub, within a tokio runtime.
    pub fn start(backlog: Arc<dyn Backlog>, settings: HubSettings) -> Arc<Self> {
        // What is appended after the tail was taken is told; what was before lies before this head.
        let tail = backlog.tail();
        let head = backlog.extent().head;
        let index = Arc::new(Index::new(head, settings.heartbeat_interval));
        let timeline = Arc::new(Timeline::default());
        let moved = Arc::new(Notify::new());
        let metrics = Arc::new(Metrics::default());
        let mut tasks = JoinSet::new();
        let fanout = fanout::Fanout {
            backlog: Arc::clone(&backlog),
            index: Arc::clone(&index),
            timeline: Arc::clone(&timeline),
            moved: Arc::clone(&moved),
            metrics: Arc::clone(&metrics),
        };
        tasks.spawn(fanout.run(tail, head));
        let pacing = Arc::clone(&index);
        tasks.spawn(async move { pacing.pace().await });
        let beating = Arc::clone(&index);
        tasks.spawn(async move { beating.beat().await });
        Arc::new(Self {
            backlog,
            index,
            timeline,
            settings,
            streams: Arc::default(),
            draining: AtomicBool::new(false),
            drained: AtomicUsize::new(0),
            moved,
            fetches: Meter::default(),
            told: Told::default(),
            turns: Arc::default(),
            metrics,
            _tasks: tasks,
        })
    }

    /// The lives of the backlog; they make the tokens of places.
    pub fn lineage(&self) -> &Lineage {
        self.backlog.lineage()
    }

    /// What the backlog can still do.
    pub fn health(&self) -> Health {
        self.backlog.status().health
    }

    /// What it counts of itself.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Open streams.
    pub fn streams(&self) -> usize {
        self.streams.load(Ordering::Relaxed)
    }

    /// Ends all streams, with advice that spreads the crowd, and all waits; refuses publishes from now on. What was taken
    /// is finished.
    pub fn drain(&self) {
        self.drained.store(self.streams(), Ordering::SeqCst);
        self.draining.store(true, Ordering::SeqCst);
        self.index.wake_all();
        self.moved.notify_waiters();
    }

    fn is_draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }

    /// Stops the backlog: what it has taken is durable, and it takes no more.
    ///
    /// # Errors
    ///
    /// [`Error::BacklogFailed`] if the last sync fails.
    pub async fn close(&self) -> Result<(), Error> {
        self.backlog.close().await
    }
}
