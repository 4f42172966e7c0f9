//! A quick look at a log that no hub has open: what a start would find, and nothing changed. It reads what a start reads,
//! so a checkpoint spares it all sealed segments but their ends; [`check`](super::check()) verifies every byte.

use std::sync::Arc;

use super::disk::Disk;
use super::error::OpenError;
use super::identity::Identity;
use super::manifest::Manifest;
use super::open::{expect_backlog, lock, resume, segment_numbers};
use super::recover::{End, Recovery};
use super::reopen;
use super::replay::Replay;
use crate::event::Micros;

/// What a start would find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glance {
    /// Segments after the trim point.
    pub segments: usize,
    /// When the newest event was published; the epoch if there never was one.
    pub newest: Micros,
    /// Whether the next start will cut an end that a crash left incomplete, and that was not answered.
    pub torn: bool,
}

/// Looks at a log as a start does.
///
/// # Errors
/// What would refuse a start; a directory that holds no backlog, or that a hub has open.
pub fn glance<D: Disk>(disk: &D) -> Result<Glance, OpenError> {
    expect_backlog(disk)?;
    let _lock = lock(disk)?;
    let (identity, manifest) = (Identity::read(disk)?, Manifest::read(disk)?);
    let survivor = |number: &u32| reopen::survivors(disk, identity.salt, *number).map(Arc::new);
    let survivors = manifest.survivors.iter().map(survivor).collect::<Result<Vec<_>, _>>()?;
    let mut replay = Replay::without_ids();
    resume(disk, identity.salt, &manifest, &survivors, &mut replay)?;
    let numbers = segment_numbers(disk, &manifest)?;
    let found = Recovery::new(disk, &identity, &manifest, &numbers, &mut replay)?.find()?;
    let torn = match &found.end {
        End::Sealed { torn, .. } | End::Open { torn, .. } => torn.is_some(),
    };
    Ok(Glance { segments: found.segments.len(), newest: replay.time, torn })
}
