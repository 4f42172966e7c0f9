//! What changes the log: commits and maintenance, each in the middle of the other.

use std::sync::Arc;

use hintwire::backlog::log::disk::Disk;
use hintwire::backlog::log::maintenance::Maintenance;
use hintwire::backlog::log::segment::Form;
use hintwire::backlog::log::writer::Committed;
use hintwire::backlog::{Batch, Outcome};
use hintwire::cursor::Position;
use hintwire::error::WriteOutcome;
use hintwire::event::Micros;
use parking_lot::Mutex;

use super::judge::{Excuses, Judge};
use super::world::World;
use crate::disk::Call;

impl World {
    pub(super) fn publish(&mut self) -> Result<(), String> {
        let known = self.known();
        let group = self.r#gen.group(&known, &self.model);
        self.disturb_with_maintenance(Call::Write);
        self.commit(group)
    }

    pub(super) fn bulk(&mut self) -> Result<(), String> {
        for _ in 0..11 {
            let batch = self.r#gen.bulk();
            self.commit(vec![batch])?;
            if self.disk.is_off() {
                return Ok(());
            }
            self.maintain_disturbed(None)?;
            if self.disk.is_off() {
                return Ok(());
            }
            self.watch()?;
        }
        self.fetch_nothing()
    }

    fn commit(&mut self, group: Vec<Batch>) -> Result<(), String> {
        let now = (self.disk.clock())();
        let began = self.scribe.began();
        let committed = {
            let mut log = self.log.lock();
            log.as_mut().unwrap().writer.commit(group.clone())
        };
        self.disk.clear_interrupt();
        self.scribe.published(began, &group, &committed);
        self.judge(now, &group, &committed)
    }

    fn judge(&mut self, now: Micros, group: &[Batch], committed: &Committed) -> Result<(), String> {
        let failed = self.disk.failed() > 0 || self.disk.is_off();
        let no_space = self.squeezed || self.faults.enospc > 0;
        for (batch, outcome) in group.iter().zip(&committed.outcomes) {
            self.counts.refused_for_space += u64::from(*outcome == Outcome::NoSpace);
            if batch.events.len() > 1 && *outcome == Outcome::Failed(WriteOutcome::Unknown) {
                self.r#gen.retire(batch);
            }
            let lost = matches!(outcome, Outcome::Failed(_)) && !self.disk.is_off();
            self.counts.failed_writes += u64::from(lost);
        }
        let earliest = self.log.lock().as_ref().unwrap().shared.extent().earliest.0;
        let (model, counts) = (&mut self.model, &mut self.counts);
        let excuses = Excuses { no_space, failed, earliest };
        Judge::new(model, counts, now, excuses).commit(group, committed)
    }

    /// Maintenance comes in between the next calls, as its thread would.
    pub(super) fn disturb_with_maintenance(&mut self, call: Call) {
        if !self.r#gen.one_in(3) {
            return;
        }
        let maintenance = Arc::clone(&self.log.lock().as_ref().unwrap().maintenance);
        let trim = self.r#gen.one_in(2).then(|| self.trim_point());
        let skip = self.r#gen.rng.u64(..3);
        self.disk.interrupt(call, skip, move || {
            // Where it is maintenance itself that calls, there is nobody else.
            if let Some(mut maintenance) = maintenance.try_lock() {
                let _ = maintain(&mut maintenance, trim);
            }
        });
    }

    pub(super) fn maintain(&mut self) -> Result<(), String> {
        self.maintain_disturbed(None)
    }

    pub(super) fn trim(&mut self) -> Result<(), String> {
        let at = self.trim_point();
        self.maintain_disturbed(Some(at))
    }

    fn trim_point(&mut self) -> u64 {
        let known = self.known();
        let at = known.get(self.r#gen.rng.usize(..known.len().max(1))).copied().unwrap_or(0);
        self.model.trimmed = self.model.trimmed.max(at);
        at
    }

    /// Maintenance, with a commit in between as its thread would do one.
    fn maintain_disturbed(&mut self, trim: Option<u64>) -> Result<(), String> {
        let maintenance = Arc::clone(&self.log.lock().as_ref().unwrap().maintenance);
        let between = Arc::new(Mutex::new(None));
        if self.r#gen.one_in(3) {
            let known = self.known();
            let group = self.r#gen.group(&known, &self.model);
            let scribe = self.scribe.clone();
            let (log, its, clock) =
                (Arc::clone(&self.log), Arc::clone(&between), self.disk.clock());
            self.disk.interrupt(Call::Write, self.r#gen.rng.u64(..4), move || {
                let (now, began) = (clock(), scribe.began());
                let committed = log.lock().as_mut().unwrap().writer.commit(group.clone());
                scribe.published(began, &group, &committed);
                *its.lock() = Some((now, group, committed));
            });
        }
        let before = self.rewritten();
        let done = maintain(&mut maintenance.lock(), trim);
        self.disk.clear_interrupt();
        let rewritten = self.rewritten().iter().any(|file| !before.contains(file));
        self.counts.survivor_rewrites += u64::from(rewritten);
        if let Some((now, group, committed)) = between.lock().take() {
            self.counts.commits_under_maintenance += 1;
            self.judge(now, &group, &committed)?;
        }
        done.or_else(|error| self.excuse(error))
    }

    /// Files of survivors that were written in this life.
    fn rewritten(&self) -> Vec<usize> {
        let view = self.log.lock().as_ref().unwrap().shared.view.load_full();
        let sparse = view.segments.iter().filter(|s| matches!(s.form, Form::Sparse(_)));
        sparse.map(|segment| Arc::as_ptr(segment) as usize).collect()
    }

    /// Maintenance may fail for a reason.
    pub(super) fn excuse(&self, error: std::io::Error) -> Result<(), String> {
        let space = self.squeezed || self.faults.enospc > 0;
        let excused = space || self.disk.failed() > 0 || self.disk.is_off();
        excused.then_some(()).ok_or_else(|| format!("maintenance failed without a reason: {error}"))
    }
}

fn maintain<D: Disk>(maintenance: &mut Maintenance<D>, trim: Option<u64>) -> std::io::Result<()> {
    match trim {
        Some(at) => maintenance.trim(Position(at)),
        None => maintenance.step(),
    }
}
