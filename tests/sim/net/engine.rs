//! The log as a backlog without threads: tasks drive it in virtual time, so that a run can be repeated.

use std::sync::Arc;
use std::time::Duration;

use hintwire::backlog::log::Log;
use hintwire::backlog::log::maintenance::Maintenance;
use hintwire::backlog::log::queue::Queue;
use hintwire::backlog::log::read;
use hintwire::backlog::log::state::Shared;
use hintwire::backlog::log::writer::Committed;
use hintwire::backlog::{
    Appended, Backlog, Batch, BoxFuture, Page, Read, ReadError, Receipt, SnapshotPage,
    SnapshotRead, Status,
};
use hintwire::cursor::Position;
use hintwire::error::{Error, WriteOutcome};
use hintwire::event::Micros;
use hintwire::limits::TAIL_GROUPS;
use hintwire::lineage::{Extent, Lineage};
use hintwire::topic::table::TopicTable;
use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc, watch};

use super::scene::{Scene, pass, up_to};
use crate::disk::SimDisk;
use crate::validate::What;

/// Longest time that a write with its sync, and a read, takes.
const WRITE: Duration = Duration::from_millis(12);
const READ: Duration = Duration::from_millis(6);
/// Longest time between two things that threads do one after the other.
const SWITCH: Duration = Duration::from_millis(4);
/// How often maintenance looks around, at the longest.
const UPKEEP: Duration = Duration::from_millis(120);

/// The segmented log, driven by two tasks.
pub struct SimBacklog {
    log: Arc<Shared<SimDisk>>,
    maintenance: Arc<Mutex<Maintenance<SimDisk>>>,
    queue: Arc<Queue>,
    filled: Arc<Notify>,
    tail: Tail,
    /// Whether it closed well, once it has.
    closed: watch::Receiver<Option<bool>>,
    scene: Scene,
}

type Tail = Arc<Mutex<Option<mpsc::Sender<Appended>>>>;

impl SimBacklog {
    /// Gives an open log its tasks.
    pub fn start(log: Log<SimDisk>, scene: Scene) -> Arc<Self> {
        let (closing, closed) = watch::channel(None);
        let backlog = Arc::new(Self {
            log: Arc::clone(&log.shared),
            maintenance: Arc::clone(&log.maintenance),
            queue: Arc::default(),
            filled: Arc::default(),
            tail: Tail::default(),
            closed,
            scene,
        });
        tokio::spawn(Arc::clone(&backlog).upkeep());
        tokio::spawn(Arc::clone(&backlog).write(log, closing));
        backlog
    }

    /// Moves the trim point, as an operator may.
    pub fn trim_now(&self, before: Position) {
        let _ = self.maintain(|maintenance| maintenance.trim(before));
    }

    /// What the writer's thread does.
    async fn write(self: Arc<Self>, mut log: Log<SimDisk>, closed: watch::Sender<Option<bool>>) {
        while let Some(group) = self.queue.take(Duration::ZERO) {
            if group.is_empty() {
                log.writer.tick();
                let _ = tokio::time::timeout(Duration::from_secs(1), self.filled.notified()).await;
                continue;
            }
            pass(up_to(WRITE)).await;
            let (batches, waiting): (Vec<Batch>, Vec<_>) = group.into_iter().unzip();
            let Committed { outcomes, appended } = log.writer.commit(batches);
            pass(up_to(SWITCH)).await;
            for (waiting, outcome) in waiting.into_iter().zip(outcomes).rev() {
                if waiting.send(outcome).is_err() {
                    self.scene.saw("waiter dropped");
                }
            }
            pass(up_to(SWITCH)).await;
            self.tell(appended).await;
        }
        closed.send_replace(Some(log.close().is_ok()));
    }

    async fn tell(&self, appended: Vec<Appended>) {
        let Some(tail) = self.tail.lock().clone() else { return };
        for group in appended {
            let _ = tail.send(group).await;
        }
    }

    /// What the maintenance thread does.
    async fn upkeep(self: Arc<Self>) {
        while self.closed.borrow().is_none() {
            let _ = self.maintain(|maintenance| maintenance.step());
            pass(up_to(UPKEEP)).await;
        }
    }

    /// Does something that may move the trim point, and records where it then is.
    fn maintain<T>(&self, work: impl FnOnce(&mut Maintenance<SimDisk>) -> T) -> T {
        let before = self.extent().earliest;
        let done = work(&mut self.maintenance.lock());
        let earliest = self.extent().earliest;
        if earliest > before {
            self.scene.recorder.note(What::Trimmed { earliest: self.lineage().cursor(earliest) });
        }
        done
    }

    /// Reads when the disk gets to it.
    fn later<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Shared<SimDisk>) -> T + Send + 'static,
    ) -> BoxFuture<'_, T> {
        Box::pin(async move {
            pass(up_to(READ)).await;
            read(&self.log)
        })
    }
}

impl Backlog for SimBacklog {
    fn append(&self, batch: Batch) -> Receipt {
        let receipt = self.queue.push(batch);
        self.filled.notify_one();
        receipt
    }

    fn read(&self, read: Read) -> BoxFuture<'_, Result<Page, ReadError>> {
        if read::is_hot(&self.log, &read) {
            return Box::pin(async move { read::read(&self.log, &read) });
        }
        self.later(move |log| read::read(log, &read))
    }

    fn snapshot(&self, read: SnapshotRead) -> BoxFuture<'_, Result<SnapshotPage, ReadError>> {
        self.later(move |log| read::snapshot(log, &read))
    }

    fn seek(&self, time: Micros) -> BoxFuture<'_, Result<Option<Position>, ReadError>> {
        self.later(move |log| read::seek(log, time))
    }

    fn published(&self, at: Position) -> BoxFuture<'_, Result<Option<Micros>, ReadError>> {
        self.later(move |log| read::published(log, at))
    }

    fn trim(&self, before: Position) -> BoxFuture<'_, Result<(), ReadError>> {
        Box::pin(async move {
            pass(up_to(READ)).await;
            let _ = self.maintain(|maintenance| maintenance.trim(before));
            Ok(())
        })
    }

    fn topics(&self) -> &Arc<TopicTable> {
        &self.log.topics
    }

    fn extent(&self) -> Extent {
        self.log.extent()
    }

    fn lineage(&self) -> &Lineage {
        &self.log.lineage
    }

    fn tail(&self) -> mpsc::Receiver<Appended> {
        let (sender, receiver) = mpsc::channel(TAIL_GROUPS);
        *self.tail.lock() = Some(sender);
        receiver
    }

    fn status(&self) -> Status {
        self.log.status()
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Error>> {
        self.queue.close();
        self.filled.notify_one();
        Box::pin(async move {
            let mut closed = self.closed.clone();
            let outcome = WriteOutcome::NotWritten;
            match closed.wait_for(Option::is_some).await.map(|closed| *closed) {
                Ok(Some(true)) => Ok(()),
                _ => Err(Error::BacklogFailed { outcome }),
            }
        })
    }
}
