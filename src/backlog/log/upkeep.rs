//! The thread that drives maintenance.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::Mutex;

use super::disk::Disk;
use super::maintenance::Maintenance;
use super::state::Shared;

/// How often maintenance looks around when nothing wakes it.
const TICK: Duration = Duration::from_secs(1);

/// The running thread.
pub(super) struct Upkeep<D: Disk> {
    shared: Arc<Shared<D>>,
    stopping: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl<D: Disk> Upkeep<D> {
    /// Starts it.
    pub fn start(
        shared: &Arc<Shared<D>>,
        maintenance: &Arc<Mutex<Maintenance<D>>>,
    ) -> io::Result<Self> {
        let stopping = Arc::<AtomicBool>::default();
        let (its_shared, its_maintenance) = (Arc::clone(shared), Arc::clone(maintenance));
        let its_stopping = Arc::clone(&stopping);
        let work = move || {
            while !its_stopping.load(Ordering::Acquire) {
                step(&its_maintenance);
                its_shared.work.wait(TICK);
            }
        };
        let thread = std::thread::Builder::new().name("log-upkeep".into()).spawn(work)?;
        Ok(Self { shared: Arc::clone(shared), stopping, thread })
    }

    /// Stops it after what it is at.
    pub fn stop(self) {
        self.stopping.store(true, Ordering::Release);
        self.shared.work.raise();
        let _ = self.thread.join();
    }
}

fn step<D: Disk>(maintenance: &Mutex<Maintenance<D>>) {
    if let Err(error) = maintenance.lock().step() {
        tracing::warn!(%error, "maintenance of the backlog failed; it is tried again");
    }
}
