//! A recovery that is crashed at each of its calls: whatever that leaves, the next start finds the same.

use hintwire::backlog::Outcome;
use hintwire::event::Event;
use hintwire::topic::Topic;

use super::r#gen::Op;
use super::look;
use super::restart::{Found, found};
use super::world::{World, open};
use crate::disk::{DiskFaults, SimDisk};

/// How thoroughly the last recovery of a seed is crashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// At one call.
    Sampled,
    /// At each call.
    EveryCall,
    /// At each call, and what follows at each call again.
    TwoDeep,
}

impl World {
    /// Loses the power once more, in the middle of something, and crashes the recovery.
    pub fn finish(&mut self, depth: Depth) -> Result<(), String> {
        self.last = Some(depth);
        self.step(Op::LosePower)?;
        for _ in 0..60 {
            if self.last.is_none() {
                break;
            }
            let op = [Op::Publish, Op::Publish, Op::Maintain, Op::Trim][self.r#gen.rng.usize(..4)];
            self.step(op)?;
        }
        // A log that does nothing any more may never come to that call.
        self.disk.crash_at_call(0);
        self.step(Op::Check)?;
        self.disk.set_faults(DiskFaults::default());
        self.step(Op::Follow)?;
        let events = look::all_events(self.log.lock().as_ref().unwrap())?;
        self.scribe.log(self.model.earliest, self.model.head, &events);
        Ok(())
    }

    /// Crashes the recovery of what a power loss left, on copies of it.
    pub(super) fn explore(&mut self, depth: Depth) -> Result<(), String> {
        let disk = self.copy(&self.disk);
        let direct = self.direct(&disk)?;
        let calls = self.copy_calls()?;
        let sampled = 1 + self.r#gen.rng.u64(..calls);
        let explored = if depth == Depth::Sampled { sampled..=sampled } else { 1..=calls };
        for call in explored {
            let crashed =
                self.crashed_at(&self.copy(&self.disk), call).ok_or("it came to no end")?;
            self.counts.explored += 1;
            self.counts.crashes_in_recovery += 1;
            self.same(&self.copy(&crashed), &direct)
                .map_err(|why| format!("crashed at {call}: {why}"))?;
            if depth == Depth::TwoDeep {
                self.explore_second(call, &crashed, &direct)?;
            }
        }
        Ok(())
    }

    fn explore_second(&mut self, first: u64, disk: &SimDisk, direct: &Found) -> Result<(), String> {
        for second in 1.. {
            let Some(crashed) = self.crashed_at(&self.copy(disk), second) else { break };
            self.counts.explored_twice += 1;
            let same = self.same(&crashed, direct);
            same.map_err(|why| format!("crashed at {first}, then at {second}: {why}"))?;
        }
        Ok(())
    }

    /// What a start without a crash finds, which must be right; then one that goes on from it, and one after that.
    fn direct(&self, disk: &SimDisk) -> Result<Found, String> {
        let mut log = self.opened(disk)?;
        let direct = found(&log)?;
        let mut model = self.model.clone();
        model.earliest = direct.earliest;
        model.settle(&direct.events)?;
        model.ceiling = model.ceiling.max(self.positions());
        look::snapshot(&model, &direct.snapshot)?;
        let event = Event::new(Topic::parse("new", "topic").unwrap(), "new").encode();
        let batch = hintwire::backlog::Batch { events: vec![event], expected: None };
        let outcome = log.writer.commit([batch]).outcomes.remove(0);
        let Outcome::Appended(placed) = outcome else { return Err(format!("{outcome:?}")) };
        let position = placed[0].position.0;
        if position <= model.ceiling {
            return Err(format!("a new event is at {position}, and {} was used", model.ceiling));
        }
        drop(log);
        let again = found(&self.opened(&disk.crash())?)?;
        match again.events.split_last() {
            Some((last, rest)) if rest == direct.events && last.position.0 == position => {
                Ok(direct)
            }
            _ => Err("the next start finds something else".into()),
        }
    }

    /// Calls of one whole start.
    fn copy_calls(&self) -> Result<u64, String> {
        let copy = self.copy(&self.disk);
        self.opened(&copy)?;
        Ok(copy.calls())
    }

    /// What the second of two power losses leaves, which comes at a call of the recovery from the first; `None` if that
    /// is done before.
    fn crashed_at(&self, disk: &SimDisk, call: u64) -> Option<SimDisk> {
        disk.crash_at_call(call);
        let _ = open(disk, &self.settings);
        disk.is_off().then(|| disk.crash())
    }

    fn same(&self, disk: &SimDisk, direct: &Found) -> Result<(), String> {
        let found = found(&self.opened(disk)?)?;
        if found == *direct {
            return Ok(());
        }
        let (events, keys) = (found.events.len(), found.snapshot.len());
        Err(format!(
            "another start finds {events} events after {} and {keys} keys; without the crash it was {} after {} and {}",
            found.earliest,
            direct.events.len(),
            direct.earliest,
            direct.snapshot.len()
        ))
    }

    fn opened(&self, disk: &SimDisk) -> Result<hintwire::backlog::log::Log<SimDisk>, String> {
        open(disk, &self.settings).map_err(|error| format!("a copy cannot be opened: {error}"))
    }

    /// A copy of a disk, without faults.
    pub(super) fn copy(&self, disk: &SimDisk) -> SimDisk {
        let copy = disk.fork(disk.calls());
        copy.set_faults(DiskFaults::default());
        copy.set_free_space(1 << 40);
        copy
    }
}
