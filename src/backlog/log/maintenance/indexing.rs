//! Index files of sealed segments.

use std::io;

use crate::backlog::log::disk::Disk;
use crate::backlog::log::index::{self, IndexFile};
use crate::backlog::log::live::LiveIndex;
use crate::backlog::log::record::{SEAL, Seal};
use crate::backlog::log::replace::Replacement;
use crate::backlog::log::segment::{Form, Segment};
use crate::backlog::log::state::Shared;

/// Writes the index files that are missing, and puts them in the place of the indexes in memory.
pub(super) fn index_sealed<D: Disk>(shared: &Shared<D>) -> io::Result<()> {
    for segment in &shared.view.load_full().segments {
        if let (Form::Live(live), Some(seal)) = (&segment.form, segment.seal.get()) {
            let stored = write(shared, segment, live, seal)?;
            let indexed = segment.found_by(Form::Stored(stored));
            shared.view.rcu(|view| view.replacing(&indexed));
        }
    }
    Ok(())
}

fn write<D: Disk>(
    shared: &Shared<D>,
    segment: &Segment<D>,
    live: &LiveIndex,
    seal: &Seal,
) -> io::Result<IndexFile<D::File>> {
    let name = index::file_name(segment.number);
    let replacement = Replacement::begin(&shared.disk, &name)?;
    let end = u32::try_from(seal.len - SEAL as u64).unwrap_or(u32::MAX);
    let of = (segment.number, segment.base);
    index::write(replacement.file(), segment.seed, of, live, end)?;
    let file = replacement.finish(&shared.disk)?;
    let opened = IndexFile::open(file, segment.seed, segment.number, segment.base)?;
    opened.ok_or_else(|| io::Error::other(format!("{name} is not what was just written")))
}
