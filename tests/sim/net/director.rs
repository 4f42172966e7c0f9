//! Makes happen what the plan says, and mends it again.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use hintwire::backlog::Backlog;
use hintwire::cursor::Position;
use turmoil::Sim;

use super::cast::{HUB, host};
use super::hub::Machine;
use super::plan::Fault;
use super::scene::{Scene, chance, up_to};
use crate::disk::{Call, SimDisk};
use crate::validate::What;

/// Longest time until somebody restarts a hub, or a host.
const RESTART: Duration = Duration::from_millis(1_500);

/// Plays the faults of a plan.
pub struct Director {
    scene: Scene,
    machine: Arc<Machine>,
    /// Faults still to come, the next one last.
    faults: Vec<(Duration, Fault)>,
    /// What is to be mended, and when.
    mends: Vec<(Duration, Mend)>,
    restarting: bool,
    closing: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mend {
    Restart,
    Space,
    Link(usize),
    Release(usize),
    Reader(usize),
    Replace,
}

impl Director {
    /// For a scene.
    pub fn new(scene: &Scene, machine: &Arc<Machine>) -> Self {
        let faults = scene.plan.faults.iter().rev().copied().collect();
        let (scene, machine) = (scene.clone(), Arc::clone(machine));
        Self { scene, machine, faults, mends: Vec::new(), restarting: false, closing: false }
    }

    /// Does what is due after a step.
    pub fn step(&mut self, sim: &mut Sim<'_>) {
        let now = self.scene.elapsed();
        while let Some((_, fault)) = self.faults.pop_if(|(at, _)| *at <= now) {
            self.befall(sim, fault);
        }
        self.look_after_the_hub(sim);
        for (_, mend) in self.mends.extract_if(.., |(at, _)| *at <= now).collect::<Vec<_>>() {
            self.mend(sim, mend);
        }
    }

    /// Whether nothing is broken any more, and nothing will be.
    pub fn is_done(&self) -> bool {
        self.faults.is_empty() && self.mends.is_empty()
    }

    /// Stops the hub for good.
    pub fn close_the_hub(&mut self) {
        self.closing = true;
        self.machine.drain();
    }

    /// Whether it has stopped.
    pub fn is_closed(&self, sim: &mut Sim<'_>) -> bool {
        !sim.is_host_running(HUB)
    }

    fn later(&mut self, time: Duration, mend: Mend) {
        self.mends.push((self.scene.elapsed() + time, mend));
    }

    fn befall(&mut self, sim: &mut Sim<'_>, fault: Fault) {
        match fault {
            Fault::PowerLoss => self.crash(sim, true),
            Fault::Kill => self.crash(sim, false),
            Fault::Drain => self.machine.drain(),
            Fault::PowerLossAt(call, skip) => {
                self.spoil(call, skip, |disk| disk.crash_at_call(disk.calls() + 1));
            }
            Fault::Fails(call, skip) => {
                let other = std::io::ErrorKind::Other;
                self.spoil(call, skip, move |disk| disk.fail_call(disk.calls() + 1, other));
            }
            Fault::Full(time) => {
                // Others have taken what was free, and some of the reserve.
                let reserve = self.scene.plan.log.reserve_bytes;
                self.machine.disk().set_free_space(fastrand::u64(reserve / 2..reserve));
                self.later(time, Mend::Space);
            }
            Fault::Trim(hundredths) => self.trim(hundredths),
            Fault::Partition(nth, time) => {
                sim.partition(HUB, host(nth));
                self.later(time, Mend::Link(nth));
            }
            Fault::Hold(nth, time) => {
                sim.hold(HUB, host(nth));
                self.later(time, Mend::Release(nth));
            }
            Fault::ReaderCrash(nth, time) => {
                self.die(sim, host(nth + 1), nth + 1..=nth + 1);
                self.later(time, Mend::Reader(nth + 1));
            }
        }
    }

    /// Does something to the disk just before a call.
    fn spoil(&self, call: Call, skip: u64, how: impl FnOnce(&SimDisk) + Send + 'static) {
        self.machine.expect_failure();
        let disk = self.machine.disk();
        let its_disk = disk.clone();
        disk.interrupt(call, skip, move || how(&its_disk));
    }

    fn trim(&self, hundredths: u64) {
        let Some(backlog) = self.machine.backlog() else { return };
        let extent = backlog.extent();
        let length = extent.head.0 - extent.earliest.0;
        backlog.trim_now(Position(extent.earliest.0 + length * hundredths / 100));
    }

    fn mend(&mut self, sim: &mut Sim<'_>, mend: Mend) {
        match mend {
            Mend::Restart => {
                self.restarting = false;
                sim.bounce(HUB);
            }
            Mend::Space => self.machine.disk().set_free_space(u64::MAX / 4),
            Mend::Link(nth) => sim.repair(HUB, host(nth)),
            Mend::Release(nth) => sim.release(HUB, host(nth)),
            Mend::Reader(nth) => sim.bounce(host(nth)),
            Mend::Replace if self.machine.has_failed() => match chance(50) {
                true => self.crash(sim, chance(50)),
                false => self.machine.drain(),
            },
            Mend::Replace => {}
        }
    }

    /// The hub is gone from one moment to the next.
    fn crash(&mut self, sim: &mut Sim<'_>, power_lost: bool) {
        if self.restarting {
            return;
        }
        self.die(sim, HUB, 0..=self.scene.plan.readers);
        self.scene.recorder.note(What::Crashed);
        self.gone(power_lost);
    }

    /// A machine that dies says no goodbye: what its software would send when it is torn down is lost, and with it what is
    /// under way. (The order in which a runtime drops its tasks is also the one thing that no seed decides.)
    fn die(&self, sim: &mut Sim<'_>, name: &'static str, links: RangeInclusive<usize>) {
        links.clone().for_each(|nth| sim.partition(HUB, host(nth)));
        sim.crash(name);
        let is_due = |mend| self.mends.iter().any(|(_, due)| *due == mend);
        for nth in links.filter(|nth| !is_due(Mend::Link(*nth))) {
            sim.repair(HUB, host(nth));
            if is_due(Mend::Release(nth)) {
                sim.hold(HUB, host(nth));
            }
        }
    }

    fn gone(&mut self, power_lost: bool) {
        self.machine.ended(power_lost);
        self.restarting = true;
        self.later(up_to(RESTART), Mend::Restart);
    }

    /// Crashes a hub whose machine is off, and has one restarted that has failed or stopped.
    fn look_after_the_hub(&mut self, sim: &mut Sim<'_>) {
        if self.restarting || self.closing {
            return;
        }
        if self.machine.disk().is_off() {
            self.crash(sim, true);
        } else if !sim.is_host_running(HUB) {
            self.gone(false);
        } else if self.machine.has_failed() && !self.mends.iter().any(|(_, m)| *m == Mend::Replace)
        {
            self.later(up_to(RESTART), Mend::Replace);
        }
    }
}
