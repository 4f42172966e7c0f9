//! Bytes that were synced and are others when they are read: whatever a clean stop left is there, or its damage is named.

use fastrand::Rng;
use hintwire::backlog::log::{Log, OpenError};

use super::look;
use super::world::{World, open};
use crate::disk::SimDisk;

impl World {
    /// Spoils a byte of a segment, on a copy of what a clean stop left.
    pub(super) fn rot(&mut self) -> Result<(), String> {
        if !self.model.limbo.is_empty() {
            return Ok(());
        }
        let copy = self.copy(&self.disk);
        copy.crash_at_call(0);
        // Dice of its own, so that a seed does the same with it and without.
        let Some(spoiled) = copy.spoil(".log", &mut Rng::with_seed(self.disk.calls())) else {
            return Ok(());
        };
        let judged = match open(&copy, &self.settings) {
            Ok(log) => self.is_whole_or_named(&log),
            Err(OpenError::Damaged(_)) => Ok(false),
            Err(error) => Err(error.to_string()),
        };
        let whole =
            judged.map_err(|why| format!("after a clean stop, {spoiled} spoiled: {why}"))?;
        self.counts.rot_harmless += u64::from(whole);
        self.counts.rot_named += u64::from(!whole);
        Ok(())
    }

    fn is_whole_or_named(&self, log: &Log<SimDisk>) -> Result<bool, String> {
        let Ok(events) = look::all_events(log) else { return Ok(false) };
        self.model.clone().settle(&events).map(|_| true)
    }
}
