//! The log as a [`Backlog`]: the queue, the threads, and the way from async callers to synchronous code.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::mpsc;

use super::dir::Dir;
use super::disk::Disk;
use super::error::{InFile, OpenError};
use super::maintenance::Maintenance;
use super::manifest::MANIFEST;
use super::open::{Dice, Log};
use super::queue::Queue;
use super::read;
use super::settings::LogSettings;
use super::state::Shared;
use super::upkeep::Upkeep;
use super::writer::Committed;
use crate::backlog::{
    Appended, Backlog, Batch, BoxFuture, Page, Read, ReadError, Receipt, SnapshotPage,
    SnapshotRead, Status,
};
use crate::cursor::Position;
use crate::error::{Error, WriteOutcome};
use crate::event::Micros;
use crate::limits::TAIL_GROUPS;
use crate::lineage::{Extent, Lineage};
use crate::metrics::LogMetrics;
use crate::topic::table::TopicTable;
use crate::wake::together;

/// How often the writer looks at what is due without a batch.
const TICK: Duration = Duration::from_secs(1);

/// The segmented log behind its threads.
pub struct LogBacklog<D: Disk = Dir> {
    shared: Arc<Shared<D>>,
    queue: Arc<Queue>,
    tail: Tail,
    maintenance: Arc<Mutex<Maintenance<D>>>,
    running: Arc<Mutex<Option<Running>>>,
}

type Tail = Arc<Mutex<Option<mpsc::Sender<Appended>>>>;

/// Ends with the log closed.
type Running = JoinHandle<Result<(), OpenError>>;

impl LogBacklog {
    /// Opens the backlog in a directory, or creates one if the directory is empty or absent.
    pub fn open(path: &Path, settings: LogSettings) -> Result<Self, OpenError> {
        let dir = Dir::create(path).in_file(&path.display().to_string())?;
        let random =
            || getrandom::u64().map_err(io::Error::other).in_file("the system's randomness");
        let dice = Dice { incarnation: random()?, salt: random()? };
        Self::start(Log::open(dir, settings, Arc::new(Micros::now), dice)?)
    }
}

impl<D: Disk> LogBacklog<D> {
    /// Gives an open log its threads.
    pub fn start(mut log: Log<D>) -> Result<Self, OpenError> {
        let (queue, tail) = (Arc::<Queue>::default(), Tail::default());
        let (shared, maintenance) = (Arc::clone(&log.shared), Arc::clone(&log.maintenance));
        let upkeep = Upkeep::start(&shared, &maintenance).in_file("the maintenance thread")?;
        let (its_queue, its_tail) = (Arc::clone(&queue), Arc::clone(&tail));
        let work = move || {
            run(&mut log, &its_queue, &its_tail);
            upkeep.stop();
            log.close()
        };
        let thread = std::thread::Builder::new().name("log-writer".into()).spawn(work);
        let running = Arc::new(Mutex::new(Some(thread.in_file("the writer's thread")?)));
        Ok(Self { shared, queue, tail, maintenance, running })
    }

    /// Runs a read where it may block.
    fn blocking<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Shared<D>) -> Result<T, ReadError> + Send + 'static,
    ) -> BoxFuture<'_, Result<T, ReadError>> {
        let shared = Arc::clone(&self.shared);
        Box::pin(async move {
            let read = tokio::task::spawn_blocking(move || read(&shared));
            read.await.unwrap_or_else(|error| {
                let (file, what) = (String::from("the log"), error.to_string());
                Err(ReadError::Damaged { file, offset: 0, what })
            })
        })
    }
}

/// The writer's thread.
fn run<D: Disk>(log: &mut Log<D>, queue: &Queue, tail: &Tail) {
    let _ended = Ended(queue);
    while let Some(group) = queue.take(TICK) {
        if group.is_empty() {
            log.writer.tick();
            continue;
        }
        let (batches, waiting): (Vec<Batch>, Vec<_>) = group.into_iter().unzip();
        let Committed { outcomes, appended } = log.writer.commit(batches);
        // Last first: who waits for many in order is woken by its first, and then finds them all answered. Who does
        // not wait any more is told nothing.
        together(|| {
            for (waiting, outcome) in waiting.into_iter().zip(outcomes).rev() {
                let _ = waiting.send(outcome);
            }
        });
        tell(tail, appended);
    }
}

/// However the writer's thread ends, nobody waits for it any more.
struct Ended<'q>(&'q Queue);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

/// Tells the tail, and waits if it is far behind: fan-out never waits for a subscriber, so this is short.
fn tell(tail: &Tail, appended: Vec<Appended>) {
    let Some(sender) = tail.lock().clone() else { return };
    for group in appended {
        if sender.blocking_send(group).is_err() {
            return;
        }
    }
}

impl<D: Disk> Drop for LogBacklog<D> {
    fn drop(&mut self) {
        self.queue.close();
        if let Some(running) = self.running.lock().take() {
            let _ = running.join();
        }
    }
}

impl<D: Disk> Backlog for LogBacklog<D> {
    fn append(&self, batch: Batch) -> Receipt {
        self.queue.push(batch)
    }

    fn read(&self, read: Read) -> BoxFuture<'_, Result<Page, ReadError>> {
        if read::is_hot(&self.shared, &read) {
            return Box::pin(async move { read::read(&self.shared, &read) });
        }
        self.blocking(move |shared| read::read(shared, &read))
    }

    fn snapshot(&self, read: SnapshotRead) -> BoxFuture<'_, Result<SnapshotPage, ReadError>> {
        self.blocking(move |shared| read::snapshot(shared, &read))
    }

    fn seek(&self, time: Micros) -> BoxFuture<'_, Result<Option<Position>, ReadError>> {
        self.blocking(move |shared| read::seek(shared, time))
    }

    fn published(&self, at: Position) -> BoxFuture<'_, Result<Option<Micros>, ReadError>> {
        self.blocking(move |shared| read::published(shared, at))
    }

    fn trim(&self, before: Position) -> BoxFuture<'_, Result<(), ReadError>> {
        let maintenance = Arc::clone(&self.maintenance);
        self.blocking(move |_| {
            maintenance.lock().trim(before).map_err(|error| ReadError::Damaged {
                file: MANIFEST.to_owned(),
                offset: 0,
                what: error.to_string(),
            })
        })
    }

    fn topics(&self) -> &Arc<TopicTable> {
        &self.shared.topics
    }

    fn extent(&self) -> Extent {
        self.shared.extent()
    }

    fn lineage(&self) -> &Lineage {
        &self.shared.lineage
    }

    fn tail(&self) -> mpsc::Receiver<Appended> {
        let (sender, receiver) = mpsc::channel(TAIL_GROUPS);
        *self.tail.lock() = Some(sender);
        receiver
    }

    fn status(&self) -> Status {
        self.shared.status()
    }

    fn metrics(&self) -> Option<&LogMetrics> {
        Some(&self.shared.metrics)
    }

    fn free_space(&self) -> Option<u64> {
        self.shared.disk.free_space().ok()
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Error>> {
        self.queue.close();
        let running = Arc::clone(&self.running);
        Box::pin(async move {
            let join = tokio::task::spawn_blocking(move || match running.lock().take() {
                Some(running) => running.join().is_ok_and(|closed| closed.is_ok()),
                None => true,
            });
            let closed = join.await.unwrap_or(false);
            let outcome = WriteOutcome::NotWritten;
            closed.then_some(()).ok_or(Error::BacklogFailed { outcome })
        })
    }
}
