//! A backlog whose appends a test lets through, or answers, one by one.

use std::sync::Arc;

use hintwire::backlog::memory::Memory;
use hintwire::backlog::{
    Appended, Backlog, Batch, BoxFuture, Health, Outcome, Page, Read, ReadError, Receipt,
    SnapshotPage, SnapshotRead, Status,
};
use hintwire::cursor::Position;
use hintwire::error::Error;
use hintwire::event::Micros;
use hintwire::lineage::{Extent, Lineage};
use hintwire::topic::table::TopicTable;
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};

/// In front of a backlog in memory.
pub struct Gate {
    memory: Memory,
    waiting: mpsc::UnboundedSender<Waiting>,
    /// If set, the answer to every append, at once.
    refusing: Mutex<Option<Outcome>>,
    health: Mutex<Health>,
}

/// An append that waits for the test.
pub struct Waiting {
    pub batch: Batch,
    answer: oneshot::Sender<Outcome>,
}

impl Waiting {
    pub fn answer(self, outcome: Outcome) {
        let _ = self.answer.send(outcome);
    }

    /// Does what was asked.
    pub async fn pass(self, gate: &Gate) {
        let outcome = gate.memory.append(self.batch).await;
        let _ = self.answer.send(outcome);
    }
}

impl Gate {
    pub fn new() -> (Arc<Self>, mpsc::UnboundedReceiver<Waiting>) {
        let (waiting, arrived) = mpsc::unbounded_channel();
        let (refusing, health) = (Mutex::new(None), Mutex::new(Health::Ok));
        (Arc::new(Self { memory: Memory::default(), waiting, refusing, health }), arrived)
    }

    /// Says from now on that this is all it can do.
    pub fn fare(&self, health: Health) {
        *self.health.lock() = health;
    }

    /// Answers every append with `outcome` from now on.
    pub fn refuse(&self, outcome: Outcome) {
        *self.refusing.lock() = Some(outcome);
    }
}

impl Backlog for Gate {
    fn append(&self, batch: Batch) -> Receipt {
        if let Some(outcome) = self.refusing.lock().clone() {
            return Receipt::resolved(outcome);
        }
        let (answer, receipt) = Receipt::pair();
        let _ = self.waiting.send(Waiting { batch, answer });
        receipt
    }

    fn read(&self, read: Read) -> BoxFuture<'_, Result<Page, ReadError>> {
        self.memory.read(read)
    }

    fn snapshot(&self, read: SnapshotRead) -> BoxFuture<'_, Result<SnapshotPage, ReadError>> {
        self.memory.snapshot(read)
    }

    fn seek(&self, time: Micros) -> BoxFuture<'_, Result<Option<Position>, ReadError>> {
        self.memory.seek(time)
    }

    fn published(&self, at: Position) -> BoxFuture<'_, Result<Option<Micros>, ReadError>> {
        self.memory.published(at)
    }

    fn trim(&self, before: Position) -> BoxFuture<'_, Result<(), ReadError>> {
        self.memory.trim(before)
    }

    fn topics(&self) -> &Arc<TopicTable> {
        self.memory.topics()
    }

    fn extent(&self) -> Extent {
        self.memory.extent()
    }

    fn lineage(&self) -> &Lineage {
        self.memory.lineage()
    }

    fn tail(&self) -> mpsc::Receiver<Appended> {
        self.memory.tail()
    }

    fn status(&self) -> Status {
        Status { health: self.health.lock().clone(), ..self.memory.status() }
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Error>> {
        self.memory.close()
    }
}
