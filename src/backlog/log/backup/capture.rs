//! Files of a log that belong together, held open while a hub may go on writing, dropping and replacing them.
//!
//! Open files stay what they are when their names go. So it is enough that all were opened between two looks at the
//! manifest that show the same: within that time nothing was dropped. The order matters as well: survivors before the
//! checkpoint, since what is forgotten is written down there before it is taken out of them; the checkpoint before the
//! segments, since it may know what was appended last.

use std::io;

use super::BackupError;
use crate::backlog::log::checkpoint::CHECKPOINT;
use crate::backlog::log::disk::Disk;
use crate::backlog::log::error::{Damage, InFile, OpenError};
use crate::backlog::log::identity::{HUB, Identity};
use crate::backlog::log::manifest::Manifest;
use crate::backlog::log::open::{refuse_foreign, segment_numbers};
use crate::backlog::log::record::{self, Header};
use crate::backlog::log::segment::{file_name, read_header};

/// Tries to open all files before the manifest changes again.
const TRIES: usize = 100;

/// The files of a log at one moment.
#[derive(Debug)]
pub struct Captured<D: Disk> {
    /// What the log is.
    pub identity: Identity,
    /// What must be there.
    pub manifest: Manifest,
    /// Segments of survivors, in the manifest's order.
    pub survivors: Vec<Begun<D::File>>,
    /// The checkpoint, if there is one.
    pub checkpoint: Option<D::File>,
    /// The segments that hold something, in order.
    pub segments: Vec<Begun<D::File>>,
    /// The file after them, if there is one.
    pub unbegun: Option<D::File>,
}

/// A segment that was begun.
#[derive(Debug)]
pub struct Begun<F> {
    /// Its file.
    pub file: F,
    /// What it says of itself.
    pub header: Header,
    /// Seeds its checksums.
    pub seed: u32,
}

/// Opens the files of a log.
pub fn capture<D: Disk>(disk: &D) -> Result<Captured<D>, BackupError> {
    if !disk.list().in_file("the directory")?.iter().any(|name| name == HUB) {
        return Err(match refuse_foreign(disk) {
            Err(damaged @ OpenError::Damaged(_)) => damaged,
            _ => OpenError::Absent,
        }
        .into());
    }
    let mut failed = BackupError::Busy;
    for _ in 0..TRIES {
        // What is missing may just have been dropped.
        match attempt(disk) {
            Err(error) => failed = error,
            captured => return captured,
        }
    }
    Err(failed)
}

fn attempt<D: Disk>(disk: &D) -> Result<Captured<D>, BackupError> {
    let (identity, manifest) = (Identity::read(disk)?, Manifest::read(disk)?);
    let captured = open(disk, identity.clone(), manifest.clone());
    let same = Identity::read(disk)? == identity && Manifest::read(disk)? == manifest;
    if same { Ok(captured?) } else { Err(BackupError::Busy) }
}

fn open<D: Disk>(
    disk: &D,
    identity: Identity,
    manifest: Manifest,
) -> Result<Captured<D>, OpenError> {
    let mut survivors = Vec::new();
    for number in &manifest.survivors {
        let (file, header, seed) = segment(disk, identity.salt, *number)?;
        let damage = || Damage::new(file_name(*number), 0, "its header is invalid");
        survivors.push(Begun { file, header: header.ok_or_else(damage)?, seed });
    }
    let checkpoint = match disk.open(CHECKPOINT) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        opened => Some(opened.in_file(CHECKPOINT)?),
    };
    let (mut segments, mut unbegun) = (Vec::new(), None);
    let newest = segment_numbers(disk, &manifest)?.last().copied();
    for number in manifest.first..=newest.unwrap_or_default().max(manifest.last) {
        match segment(disk, identity.salt, number)? {
            (file, Some(header), seed) if unbegun.is_none() => {
                segments.push(Begun { file, header, seed });
            }
            (_, Some(_), _) => {
                let what = "its header is invalid, yet the next segment was begun";
                return Err(Damage::new(file_name(number - 1), 0, what).into());
            }
            (file, None, _) => unbegun = unbegun.or(Some(file)),
        }
    }
    Ok(Captured { identity, manifest, survivors, checkpoint, segments, unbegun })
}

/// The file of a segment, its header if it was begun, and what seeds its checksums.
fn segment<D: Disk>(
    disk: &D,
    salt: u64,
    number: u32,
) -> Result<(D::File, Option<Header>, u32), OpenError> {
    let (name, seed) = (file_name(number), record::seed(salt, number));
    let file = match disk.open(&name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Damage::new(name, 0, "the file is missing").into());
        }
        opened => opened.in_file(&name)?,
    };
    let header = read_header(&file, seed).in_file(&name)?;
    Ok((file, header, seed))
}
