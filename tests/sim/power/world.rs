//! One seed: a log on a simulated disk, the model of it, and what is done to both.

use std::sync::Arc;
use std::time::Duration;

use hintwire::backlog::Health;
use hintwire::backlog::log::{Dice, Log, LogSettings, OpenError};
use hintwire::event::Micros;
use parking_lot::Mutex;

use super::counts::Counts;
use super::explore::Depth;
use super::r#gen::{Gen, Op};
use super::look::Follower;
use super::model::Model;
use super::scribe::Scribe;
use crate::disk::{DiskFaults, SimDisk};

/// A log that an interrupt may reach.
pub type SharedLog = Arc<Mutex<Option<Log<SimDisk>>>>;

/// How a life of the log ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    PowerLost,
    Killed,
}

/// One seed.
pub struct World {
    pub r#gen: Gen,
    pub disk: SimDisk,
    pub settings: LogSettings,
    pub faults: DiskFaults,
    pub log: SharedLog,
    pub model: Model,
    pub scribe: Scribe,
    pub counts: Counts,
    /// How this life is to end, soon.
    pub ending: Option<End>,
    pub squeezed: bool,
    /// How the next recovery is crashed, apart from what happens to the log itself.
    pub last: Option<Depth>,
    pub follower: Option<Follower>,
}

const START: Micros = Micros(1_700_000_000_000_000);

pub fn open(disk: &SimDisk, settings: &LogSettings) -> Result<Log<SimDisk>, OpenError> {
    let dice = Dice { incarnation: 7, salt: 9 };
    Log::open(disk.clone(), settings.clone(), disk.clock(), dice)
}

impl World {
    /// A machine with an empty directory, the power on.
    pub fn new(seed: u64, record: bool) -> Self {
        let mut r#gen = Gen::new(seed);
        let (settings, faults) = (r#gen.settings(), r#gen.faults());
        let disk = SimDisk::new(seed, faults, START);
        if record {
            disk.record();
        }
        Self {
            r#gen,
            model: Model::new(&settings),
            scribe: Scribe::new(&disk, &settings),
            disk,
            settings,
            faults,
            log: SharedLog::default(),
            counts: Counts { seeds: 1, ..Counts::default() },
            ending: None,
            squeezed: false,
            last: None,
            follower: None,
        }
    }

    /// Does the next thing.
    pub fn step(&mut self, op: Op) -> Result<(), String> {
        self.disk.note(|| format!("{op:?}"));
        match op {
            Op::Publish => self.publish(),
            Op::Bulk => self.bulk(),
            Op::Fetch => self.fetch(),
            Op::Follow => self.follow(),
            Op::Snapshot => self.snapshot(),
            Op::Seek => self.seek(),
            Op::Maintain => self.maintain(),
            Op::Trim => self.trim(),
            Op::Tick => self.tick(),
            Op::Pass => self.pass(),
            Op::Squeeze => self.squeeze(),
            Op::Close => self.close(),
            Op::Kill => self.end_soon(End::Killed),
            Op::LosePower => self.end_soon(End::PowerLost),
            Op::Check => self.check(),
        }?;
        if self.disk.is_off() { self.restart() } else { self.watch() }
    }

    /// What the extent says must fit what it said before.
    pub(super) fn watch(&mut self) -> Result<(), String> {
        let (extent, health) = {
            let log = self.log.lock();
            let shared = &log.as_ref().unwrap().shared;
            (shared.extent(), shared.status().health)
        };
        if let Health::Failed(why) = health
            && self.disk.failed() == 0
        {
            return Err(format!("the log failed without a reason: {why}"));
        }
        self.see(extent.earliest.0, extent.head.0)
    }

    /// Takes over how far the log reaches.
    pub fn see(&mut self, earliest: u64, head: u64) -> Result<(), String> {
        self.model.latest = self.model.latest.max((self.disk.clock())());
        let model = &self.model;
        if head < model.head || earliest < model.earliest || earliest > head {
            let (was_earliest, was_head) = (model.earliest, model.head);
            return Err(format!(
                "the log reaches from {earliest} to {head}, and did from {was_earliest} to {was_head}"
            ));
        }
        if earliest > model.earliest {
            self.counts.trims += 1;
            self.scribe.trimmed(earliest);
            self.may_be_trimmed(earliest)?;
        }
        (self.model.earliest, self.model.head) = (earliest, head);
        self.model.ceiling = self.model.ceiling.max(head);
        Ok(())
    }

    /// Whether settings or somebody asked for this trim point.
    fn may_be_trimmed(&self, earliest: u64) -> Result<(), String> {
        let (keep, model) = (&self.settings.retention, &self.model);
        if earliest <= model.trimmed || keep.bytes > 0 {
            return Ok(());
        }
        let enough = keep.events > 0 && model.after(earliest).count() as u64 >= keep.events;
        let dropped = model.events.range(..=earliest).next_back();
        let age = keep.age.as_micros() as u64;
        let aged = dropped.is_none_or(|(_, e)| e.published.0 + age < model.latest.0);
        (enough || (age > 0 && aged))
            .then_some(())
            .ok_or_else(|| format!("{earliest} is the trim point, and nobody asked for that"))
    }

    fn tick(&mut self) -> Result<(), String> {
        self.log.lock().as_mut().unwrap().writer.tick();
        Ok(())
    }

    fn pass(&mut self) -> Result<(), String> {
        let time = [10, 1000, 30_000, 700_000][self.r#gen.rng.usize(..4)];
        self.disk.pass(Duration::from_millis(self.r#gen.rng.u64(..time)));
        Ok(())
    }

    fn squeeze(&mut self) -> Result<(), String> {
        self.squeezed = !self.squeezed;
        if self.squeezed {
            self.disk.set_free_space(self.r#gen.rng.u64(..300 << 10));
        } else {
            self.disk.set_free_space(1 << 40);
            self.disk.pass(Duration::from_secs(2));
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), String> {
        let log = self.log.lock().take().unwrap();
        let closed = log.close();
        self.scribe.crashed();
        if self.disk.is_off() {
            return Ok(());
        }
        match closed {
            Ok(()) => self.rot()?,
            Err(error) => self.excuse(std::io::Error::other(error.to_string()))?,
        }
        self.counts.clean_stops += 1;
        self.disk.note(|| "closed".into());
        self.disk = if self.r#gen.one_in(2) { self.disk.crash() } else { self.disk.kill() };
        self.start()
    }

    /// Everything ends at one of the next calls.
    fn end_soon(&mut self, end: End) -> Result<(), String> {
        let calls = [3, 12, 60][self.r#gen.rng.usize(..3)];
        self.disk.crash_at_call(self.disk.calls() + 1 + self.r#gen.rng.u64(..calls));
        self.ending = Some(end);
        Ok(())
    }

    /// Positions of some events, trimmed ones too.
    pub fn known(&mut self) -> Vec<u64> {
        let all: Vec<u64> = self.model.events.keys().copied().collect();
        let some = self.r#gen.rng.usize(..=all.len());
        all[some.saturating_sub(40)..].to_vec()
    }
}
