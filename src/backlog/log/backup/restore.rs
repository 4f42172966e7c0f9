//! Making a log of a backup: a new life that knows its parent, and where they part.
//!
//! Cursors up to the head of the backup mean the same in both. What the old life gave out later is foreign to the new one,
//! which gives out positions of its own.

use super::copy::{raw, sum};
use super::kept::{Kept, verify};
use super::list::{Item, List};
use super::{BackupError, lock};
use crate::backlog::log::check::Summary;
use crate::backlog::log::dir::LOCK;
use crate::backlog::log::disk::{Disk, DiskFile};
use crate::backlog::log::error::InFile;
use crate::backlog::log::identity::{HUB, Identity};
use crate::backlog::log::mend::beyond;
use crate::cursor::{Cursor, Incarnation};
use crate::event::Micros;

/// What was restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// When the backup was taken.
    pub taken: Micros,
    /// What it held.
    pub backup: Summary,
    /// The last place that the old life and the new one share.
    pub fork: Cursor,
    /// Where the new life begins.
    pub head: Cursor,
}

/// Restores a backup into an empty directory, after verifying all of it.
///
/// # Errors
/// A backup that is not whole, with the file at fault; a directory that holds something; errors of the disks. What a
/// crash leaves behind is no backlog, and no hub starts on it.
pub fn restore<S: Disk, T: Disk>(
    backup: &S,
    target: &T,
    incarnation: u64,
) -> Result<Restored, BackupError> {
    refuse_filled(target)?;
    let _lock = lock(target)?;
    let (List { taken, items }, summary) = verify(backup)?;
    let kept = Kept::new(backup, &List { taken, items: items.clone() });
    for item in items.iter().filter(|item| item.name != HUB) {
        bring(&kept, target, item)?;
    }
    target.sync_dir().in_file("the directory")?;
    let mut identity = Identity::read(&kept)?;
    let fork = identity.lineage.cursor(summary.head);
    let first = beyond(summary.head, 0);
    identity.lineage = identity.lineage.fork(Incarnation(incarnation), summary.head, first);
    // Last: it makes the directory a backlog.
    identity.write(target)?;
    let head = identity.lineage.cursor(first);
    Ok(Restored { taken, backup: summary, fork, head })
}

fn refuse_filled<D: Disk>(target: &D) -> Result<(), BackupError> {
    let names = target.list().in_file("the directory")?;
    match names.into_iter().find(|name| name != LOCK && name != "lost+found") {
        Some(found) => Err(BackupError::Filled { found }),
        None => Ok(()),
    }
}

/// Copies a file, and verifies what was written.
fn bring<S: Disk, T: Disk>(kept: &Kept<S>, target: &T, item: &Item) -> Result<(), BackupError> {
    let from = kept.open(&item.name).in_file(&item.stored())?;
    let to = target.create(&item.name).in_file(&item.name)?;
    raw(&from, &to).and_then(|()| to.truncate(item.len)).in_file(&item.name)?;
    to.sync().in_file(&item.name)?;
    if sum(&to).in_file(&item.name)? != (item.len, item.hash) {
        return Err(BackupError::Spoiled { file: item.stored(), what: "is not what was written" });
    }
    Ok(())
}
