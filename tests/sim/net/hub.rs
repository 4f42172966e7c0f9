//! The hub's host: the real server, on a log on a simulated disk that outlives it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hintwire::backlog::log::{Dice, Log};
use hintwire::backlog::{Backlog, Health};
use hintwire::event::Micros;
use hintwire::server;
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use super::engine::SimBacklog;
use super::port::Port;
use super::scene::Scene;
use crate::disk::{DiskFaults, SimDisk};
use crate::validate::What;

/// The machine that the hub runs on.
pub struct Machine {
    scene: Scene,
    disk: Mutex<SimDisk>,
    /// The hub that runs now.
    life: Mutex<Life>,
    /// The disk was told to fail, so that a start may fail, too.
    bad_disk: AtomicBool,
}

#[derive(Default)]
struct Life {
    backlog: Option<Arc<SimBacklog>>,
    stop: CancellationToken,
}

impl Machine {
    /// A machine with an empty disk.
    pub fn new(scene: &Scene) -> Arc<Self> {
        let disk = SimDisk::new(scene.plan.seed, DiskFaults::default(), Micros::default());
        Arc::new(Self {
            scene: scene.clone(),
            disk: Mutex::new(disk),
            life: Mutex::default(),
            bad_disk: AtomicBool::new(false),
        })
    }

    /// One life of the hub.
    pub async fn run(self: Arc<Self>) -> turmoil::Result {
        let Some(log) = self.open() else { return Ok(()) };
        let backlog = SimBacklog::start(log, self.scene.clone());
        let stop = CancellationToken::new();
        *self.life.lock() = Life { backlog: Some(Arc::clone(&backlog)), stop: stop.clone() };
        let port = Port::open().await?;
        let served =
            server::serve(port, backlog, &self.scene.plan.config, stop.cancelled_owned()).await;
        if let Err(error) = served
            && !self.bad_disk.load(Ordering::SeqCst)
        {
            self.scene.wrong(format!("the hub did not stop well: {error:?}"));
        }
        Ok(())
    }

    /// Opens the log that is on the disk.
    fn open(&self) -> Option<Log<SimDisk>> {
        let dice = Dice { incarnation: self.scene.plan.seed, salt: !self.scene.plan.seed };
        let settings = self.scene.plan.log.clone();
        match Log::open(self.disk(), settings, self.scene.clock(), dice) {
            Ok(log) => {
                let (extent, lineage) = (log.shared.extent(), &log.shared.lineage);
                let [earliest, head] = [extent.earliest, extent.head].map(|at| lineage.cursor(at));
                self.scene.recorder.note(What::Started { earliest, head });
                Some(log)
            }
            Err(error) => {
                if !self.bad_disk.load(Ordering::SeqCst) {
                    self.scene.wrong(format!("the backlog does not open: {error:?}"));
                }
                None
            }
        }
    }

    /// The disk, as the present life has it.
    pub fn disk(&self) -> SimDisk {
        self.disk.lock().clone()
    }

    /// The disk will fail.
    pub fn expect_failure(&self) {
        self.bad_disk.store(true, Ordering::SeqCst);
    }

    /// Stops the hub in an orderly way.
    pub fn drain(&self) {
        self.life.lock().stop.cancel();
    }

    /// The log has failed, so that somebody must restart the hub.
    pub fn has_failed(&self) -> bool {
        let health = self.life.lock().backlog.as_ref().map(|backlog| backlog.status().health);
        matches!(health, Some(Health::Failed(_)))
    }

    /// The log of the present life.
    pub fn backlog(&self) -> Option<Arc<SimBacklog>> {
        self.life.lock().backlog.clone()
    }

    /// The hub is no more; its disk is as a power loss left it, or as the hub did.
    pub fn ended(&self, power_lost: bool) {
        *self.life.lock() = Life::default();
        let mut disk = self.disk.lock();
        disk.clear_interrupt();
        *disk = if power_lost || disk.is_off() { disk.crash() } else { disk.kill() };
        disk.set_free_space(u64::MAX / 4);
        self.bad_disk.store(false, Ordering::SeqCst);
    }
}
