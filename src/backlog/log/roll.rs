//! The writer's way from segment to segment, and what it does when there is no space.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::active::Active;
use super::disk::Disk;
use super::prepare::{is_no_space, prepare};
use super::record::SEAL;
use super::replace::remove;
use super::segment::file_name;
use super::state::{Prepared, Shared};
use super::writer::{Stop, Writer};
use crate::backlog::Health;
use crate::event::Micros;

/// How often the disk is looked at, and how long after a refusal for want of space it is looked at again.
const RECHECK: Duration = Duration::from_secs(1);

impl<D: Disk> Writer<D> {
    /// What is due without a batch: looking for space again, sealing by age.
    pub fn tick(&mut self) {
        let now = (self.shared.clock)();
        let blocked = *self.shared.health.lock() == Health::NoSpace;
        if blocked || self.is_aged(now) {
            // What stops it is kept as the health of the log.
            let _ = self.make_room(self.wanted, now);
        }
    }

    /// Makes sure that there is a segment to write to, with room for so many bytes.
    pub(super) fn make_room(&mut self, bytes: u64, now: Micros) -> Result<(), Stop> {
        match *self.shared.health.lock() {
            Health::Failed(_) => return Err(Stop::Failed),
            Health::NoSpace if now < self.blocked_until => return Err(Stop::NoSpace),
            Health::Ok | Health::NoSpace => {}
        }
        let looked = self.look_for_space(now);
        let result = match &self.active {
            Some(active) if !self.hole && !self.is_aged(now) && !self.is_full(active, bytes) => {
                looked
            }
            _ => looked.and_then(|()| self.roll(now)),
        };
        let settled = self.settle(result, now);
        self.wanted = if settled.is_ok() { 0 } else { bytes };
        settled
    }

    /// Notes what the log can still do.
    pub(super) fn settle(&mut self, result: io::Result<()>, now: Micros) -> Result<(), Stop> {
        let (health, result) = match result {
            Ok(()) => (Health::Ok, Ok(())),
            Err(error) if is_no_space(&error) => {
                self.blocked_until = Micros(now.0 + RECHECK.as_micros() as u64);
                (Health::NoSpace, Err(Stop::NoSpace))
            }
            Err(error) => (Health::Failed(error.to_string()), Err(Stop::Failed)),
        };
        let mut known = self.shared.health.lock();
        if *known != health {
            match &health {
                Health::Ok => tracing::info!("there is space again; publishing resumes"),
                Health::NoSpace => {
                    tracing::warn!(
                        "no space, or no descriptor; publishing is refused until there is"
                    )
                }
                Health::Failed(error) => {
                    tracing::error!(%error, "a write failed; nothing is published until a restart");
                }
            }
            *known = health;
        }
        result
    }

    fn is_full(&self, active: &Active<D>, bytes: u64) -> bool {
        let limit = self.shared.settings.segment_bytes;
        active.has_records() && active.at + bytes + SEAL as u64 > limit
    }

    fn is_aged(&self, now: Micros) -> bool {
        let quarter = self.shared.settings.retention.age.as_micros() / 4;
        let aged = |active: &Active<D>| {
            let age = u128::from(now.0.saturating_sub(active.created.0));
            active.has_records() && quarter > 0 && age >= quarter
        };
        self.active.as_ref().is_some_and(aged)
    }

    /// Looks, now and then, whether the reserve is still free.
    fn look_for_space(&mut self, now: Micros) -> io::Result<()> {
        if now.0.saturating_sub(self.space_seen.0) < RECHECK.as_micros() as u64 {
            return Ok(());
        }
        if self.shared.disk.free_space()? < self.shared.settings.reserve_bytes {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.space_seen = now;
        Ok(())
    }

    /// Seals the active segment and begins the next.
    fn roll(&mut self, now: Micros) -> io::Result<()> {
        let prepared = match self.active.take_if(|active| !active.is_begun()) {
            Some(unbegun) => {
                let file = Arc::clone(&unbegun.segment.file);
                Prepared { number: unbegun.segment.number, file }
            }
            None => self.next_file()?,
        };
        if let Err(error) = self.seal() {
            *self.shared.next.lock() = Some(prepared);
            return Err(error);
        }
        self.number = prepared.number;
        self.active = Some(Active::begin(&self.shared, prepared, self.last, now)?);
        self.hole = false;
        Ok(())
    }

    /// The file of the next segment, made now if maintenance has not yet.
    fn next_file(&self) -> io::Result<Prepared<D>> {
        // The lock is held meanwhile, so that not both make it.
        let mut next = self.shared.next.lock();
        match next.take() {
            Some(prepared) => Ok(prepared),
            None => {
                let Shared { disk, settings, .. } = &*self.shared;
                let number = self.number + 1;
                // What could not be made whole before may have left its name.
                remove(disk, &file_name(number))?;
                prepare(disk, settings, number)
            }
        }
    }

    fn seal(&mut self) -> io::Result<()> {
        let Some(active) = &mut self.active else { return Ok(()) };
        active.seal(self.shared.head(), self.last, self.time)?;
        self.active = None;
        self.shared.work.raise();
        Ok(())
    }
}
