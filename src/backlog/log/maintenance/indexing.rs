//! Index files of sealed segments.

use std::io;
use std::sync::{Arc, OnceLock};

use crate::backlog::log::disk::{Disk, DiskFile};
use crate::backlog::log::index::{self, IndexFile};
use crate::backlog::log::live::LiveIndex;
use crate::backlog::log::record::{SEAL, Seal};
use crate::backlog::log::segment::{Form, Segment};
use crate::backlog::log::state::Shared;

/// Writes the index files that are missing, and puts them in the place of the indexes in memory.
pub(super) fn index_sealed<D: Disk>(shared: &Shared<D>) -> io::Result<()> {
    for segment in &shared.view.load_full().segments {
        if let (Form::Live(live), Some(seal)) = (&segment.form, segment.seal.get()) {
            let stored = write(shared, segment, live, seal)?;
            let indexed = Arc::new(Segment {
                number: segment.number,
                base: segment.base,
                seed: segment.seed,
                file: Arc::clone(&segment.file),
                form: Form::Stored(stored),
                seal: OnceLock::from(*seal),
            });
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
    let temporary = format!("{name}.tmp");
    remove(&shared.disk, &temporary)?;
    let file = shared.disk.create(&temporary)?;
    let end = u32::try_from(seal.len - SEAL as u64).unwrap_or(u32::MAX);
    let of = (segment.number, segment.base);
    index::write(&file, segment.seed, of, live, end)?;
    file.sync()?;
    shared.disk.rename(&temporary, &name)?;
    shared.disk.sync_dir()?;
    let opened = IndexFile::open(file, segment.seed, segment.number, segment.base)?;
    opened.ok_or_else(|| io::Error::other(format!("{name} is not what was just written")))
}

/// Removes a file, which may be gone already.
pub(super) fn remove<D: Disk>(disk: &D, name: &str) -> io::Result<()> {
    match disk.remove(name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
