//! A backlog whose appends a test lets through, or answers, one by one, and whose reads it counts, holds or fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

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
use tokio::sync::{mpsc, oneshot, watch};

/// In front of a backlog in memory.
pub struct Gate {
    memory: Memory,
    waiting: mpsc::UnboundedSender<Waiting>,
    /// If set, the answer to every append, at once.
    refusing: Mutex<Option<Outcome>>,
    health: Mutex<Health>,
    /// Appends pass by themselves.
    open: AtomicBool,
    reads: watch::Sender<usize>,
    /// How often somebody has looked up what is newest.
    looks: watch::Sender<usize>,
    /// Reads wait while it is set.
    held: watch::Sender<bool>,
    /// The answer to the next read.
    failing: Mutex<Option<ReadError>>,
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
        let gate = Self {
            memory: Memory::default(),
            waiting,
            refusing: Mutex::new(None),
            health: Mutex::new(Health::Ok),
            open: AtomicBool::new(false),
            reads: watch::Sender::new(0),
            looks: watch::Sender::new(0),
            held: watch::Sender::new(false),
            failing: Mutex::new(None),
        };
        (Arc::new(gate), arrived)
    }

    /// One that lets every append through.
    pub fn open() -> Arc<Self> {
        let gate = Self::new().0;
        gate.open.store(true, SeqCst);
        gate
    }

    /// Says from now on that this is all it can do.
    pub fn fare(&self, health: Health) {
        *self.health.lock() = health;
    }

    /// Answers every append with `outcome` from now on.
    pub fn refuse(&self, outcome: Outcome) {
        *self.refusing.lock() = Some(outcome);
    }

    /// How many reads have begun.
    pub fn reads(&self) -> usize {
        *self.reads.borrow()
    }

    /// Holds reads, or lets them go.
    pub fn hold_reads(&self, held: bool) {
        self.held.send_replace(held);
    }

    /// Answers the next read so.
    pub fn fail_next_read(&self, error: ReadError) {
        *self.failing.lock() = Some(error);
    }

    /// How often somebody has looked up what is newest.
    pub fn looks(&self) -> usize {
        *self.looks.borrow()
    }

    /// Waits until that was done so often.
    pub async fn looked(&self, times: usize) {
        reached(&self.looks, times).await;
    }

    /// Waits until so many reads have begun.
    pub async fn read_begun(&self, times: usize) {
        reached(&self.reads, times).await;
    }
}

async fn reached(count: &watch::Sender<usize>, times: usize) {
    let mut count = count.subscribe();
    let reached = count.wait_for(|count| *count >= times);
    let reached = tokio::time::timeout(std::time::Duration::from_secs(30), reached).await;
    reached.expect("it does not come to that").unwrap();
}

impl Backlog for Gate {
    fn append(&self, batch: Batch) -> Receipt {
        if let Some(outcome) = self.refusing.lock().clone() {
            return Receipt::resolved(outcome);
        }
        if self.open.load(SeqCst) {
            return self.memory.append(batch);
        }
        let (answer, receipt) = Receipt::pair();
        let _ = self.waiting.send(Waiting { batch, answer });
        receipt
    }

    fn read(&self, read: Read) -> BoxFuture<'_, Result<Page, ReadError>> {
        self.reads.send_modify(|reads| *reads += 1);
        let mut held = self.held.subscribe();
        Box::pin(async move {
            held.wait_for(|held| !held).await.unwrap();
            let failing = self.failing.lock().take();
            match failing {
                Some(error) => Err(error),
                None => self.memory.read(read).await,
            }
        })
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
        self.looks.send_modify(|looks| *looks += 1);
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
