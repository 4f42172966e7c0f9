//! The backlog: one durable, totally ordered sequence of events.
//!
//! [`Backlog`] is what the hub asks of an engine. What every engine owes: an append is answered after it is durable;
//! nobody reads what a crash could take back; the topic table is updated before the head moves, and the head before the
//! append is answered and the tail told; a future that is dropped takes nothing with it.

pub mod log;
pub mod memory;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::sync::{mpsc, oneshot};

use crate::cursor::Position;
use crate::error::{Error, WriteOutcome};
use crate::event::{EncodedEvent, EventHead, Micros, StoredEvent};
use crate::lineage::{Extent, Lineage};
use crate::metrics::LogMetrics;
use crate::topic::table::TopicTable;
use crate::topic::{Patterns, Selection, Topic};

/// A future of a backlog.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// An engine that keeps events.
pub trait Backlog: Send + Sync + 'static {
    /// Takes a batch, in call order. The call returns at once; the receipt resolves when the batch is durable or refused.
    /// A dropped receipt changes nothing: the batch goes its way.
    fn append(&self, batch: Batch) -> Receipt;

    /// A page of events after a place. The place is at or after inception and judged by the caller; if retention has
    /// passed it meanwhile, or has by now, the answer is [`ReadError::Trimmed`].
    fn read(&self, read: Read) -> BoxFuture<'_, Result<Page, ReadError>>;

    /// Newest events of the matching keys after a (topic, key), in that order, tombstones left out.
    fn snapshot(&self, read: SnapshotRead) -> BoxFuture<'_, Result<SnapshotPage, ReadError>>;

    /// The place before the first event published at or after a time; `None` if that lies before what is retained and
    /// something was trimmed. A time after the newest event gives the head.
    fn seek(&self, time: Micros) -> BoxFuture<'_, Result<Option<Position>, ReadError>>;

    /// When the newest event at or before a place was published; at earliest or before it, where that event is gone,
    /// when the first retained one was. `None` if there is no such event.
    fn published(&self, at: Position) -> BoxFuture<'_, Result<Option<Micros>, ReadError>>;

    /// Drops what lies before a place, in whole segments: `earliest` moves to that place or before it.
    fn trim(&self, before: Position) -> BoxFuture<'_, Result<(), ReadError>>;

    /// All topics, with the newest place of each and of each prefix. May be ahead of the head, never behind it.
    fn topics(&self) -> &Arc<TopicTable>;

    /// How far the backlog reaches now.
    fn extent(&self) -> Extent;

    /// The lives of the backlog.
    fn lineage(&self) -> &Lineage;

    /// What was appended from now on, by any node, after it became readable; it may begin a little earlier. One receiver
    /// at a time.
    fn tail(&self) -> mpsc::Receiver<Appended>;

    /// What it is and how it fares.
    fn status(&self) -> Status;

    /// What it counts of itself, if it has a log.
    fn metrics(&self) -> Option<&LogMetrics> {
        None
    }

    /// Bytes that its file system has left, if it is on one. Asks the system.
    fn free_space(&self) -> Option<u64> {
        None
    }

    /// Stops: finishes what it has taken, syncs, leaves the clean-stop mark. Later appends are refused as draining.
    fn close(&self) -> BoxFuture<'_, Result<(), Error>>;
}

/// Events to append, all or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// 1 to 1,000 events.
    pub events: Vec<EncodedEvent>,
    /// What must hold for the keys of this batch.
    pub expected: Option<Expected>,
}

impl Batch {
    /// Bytes of its events.
    pub fn bytes(&self) -> usize {
        self.events.iter().map(|event| event.wire.len()).sum()
    }
}

/// What must hold for the keys of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// None of them is live.
    Absent,
    /// The newest event of none of them is after this place.
    NotAfter(Position),
}

/// What became of one event of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// The place just after it.
    pub position: Position,
    /// It had been published before, with the same id and content.
    pub duplicate: bool,
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Durable: one place for each event, in order.
    Appended(Vec<Placed>),
    /// An id was used before with other content.
    Conflict {
        /// Of the event within the batch.
        index: usize,
    },
    /// The expectation does not hold, or cannot be judged any more.
    Expectation {
        /// Of the event within the batch.
        index: usize,
        /// The newest event of its key, if known.
        newest: Option<Position>,
    },
    /// The queue is full.
    Busy,
    /// No space: nothing of it was written.
    NoSpace,
    /// The backlog has failed.
    Failed(WriteOutcome),
    /// The backlog is closing.
    Closing,
}

/// Resolves to what became of a batch.
#[derive(Debug)]
pub struct Receipt(oneshot::Receiver<Outcome>);

impl Receipt {
    /// A receipt and the end that resolves it. If that end is dropped, the outcome is unknown.
    pub fn pair() -> (oneshot::Sender<Outcome>, Self) {
        let (sender, receiver) = oneshot::channel();
        (sender, Self(receiver))
    }

    /// A receipt that is resolved already.
    pub fn resolved(outcome: Outcome) -> Self {
        let (sender, receipt) = Self::pair();
        let _ = sender.send(outcome);
        receipt
    }
}

impl Future for Receipt {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        Pin::new(&mut self.0)
            .poll(cx)
            .map(|sent| sent.unwrap_or(Outcome::Failed(WriteOutcome::Unknown)))
    }
}

/// What to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// Events strictly after this place.
    pub after: Position,
    /// Which.
    pub selection: Selection,
    /// Most events; at least 1.
    pub events: usize,
    /// Most bytes of encoded events, but at least one event.
    pub bytes: usize,
    /// Events are returned without their data, which then does not count.
    pub omit_data: bool,
}

/// Events in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The matching events after the start. Their `wire` holds the data even if it is omitted from the answer.
    pub events: Vec<StoredEvent>,
    /// Up to where the backlog was examined; equals `head` unless there is more.
    pub next: Position,
    /// The head as read before the scan.
    pub head: Position,
    /// There is more to examine.
    pub has_more: bool,
}

/// What to read of the newest events of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotRead {
    /// Topics.
    pub patterns: Patterns,
    /// Only these keys, sorted, unless empty.
    pub keys: Vec<String>,
    /// Only what comes after this topic and key.
    pub after: Option<(Topic, String)>,
    /// Most events; at least 1.
    pub events: usize,
    /// Most bytes of encoded events, but at least one event.
    pub bytes: usize,
    /// Events are returned without their data, which then does not count.
    pub omit_data: bool,
}

/// Newest events of keys, in order of topic and key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SnapshotPage {
    /// The events.
    pub events: Vec<StoredEvent>,
    /// Where the next page goes on; `None` on the last.
    pub next: Option<(Topic, String)>,
}

/// What was appended, once it can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The events, in order, without their data.
    pub events: Vec<(Position, EventHead)>,
    /// When they were published.
    pub published: Micros,
    /// The head that they moved the backlog to.
    pub head: Position,
}

/// Why something could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadError {
    /// Retention has passed the place.
    Trimmed,
    /// Stored bytes are not what was written, or cannot be read.
    Damaged {
        /// Where.
        file: String,
        /// At which byte.
        offset: u64,
        /// What is wrong there.
        what: String,
    },
}

/// What a backlog is and how it fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// `log` or `memory`.
    pub engine: &'static str,
    /// What it can still do.
    pub health: Health,
    /// Bytes on disk.
    pub bytes: u64,
    /// Retained events.
    pub events: u64,
    /// Segments on disk.
    pub segments: usize,
    /// What the last start cut from an unsynced end.
    pub last_cut: Option<String>,
    /// Whether snapshots hold every live key.
    pub snapshot_covers: bool,
}

/// What a backlog can still do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// Everything.
    Ok,
    /// Read; publishing resumes when there is space.
    NoSpace,
    /// Read, until a restart; why.
    Failed(String),
}
