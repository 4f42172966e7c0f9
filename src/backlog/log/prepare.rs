//! Making the file of a segment ahead of its use.

use std::io;
use std::sync::Arc;

use super::disk::{Disk, DiskFile};
use super::segment::file_name;
use super::settings::LogSettings;
use super::state::Prepared;

/// Creates the file of a segment: allocated, zero, and durable with its name. [`io::ErrorKind::StorageFull`] if that
/// would take from the reserve.
pub fn prepare<D: Disk>(disk: &D, settings: &LogSettings, number: u32) -> io::Result<Prepared<D>> {
    let bytes = settings.segment_bytes;
    if disk.free_space()? < bytes.saturating_add(settings.reserve_bytes) {
        return Err(io::ErrorKind::StorageFull.into());
    }
    let file = disk.create(&file_name(number))?;
    let made = file.allocate(bytes).and_then(|()| file.sync()).and_then(|()| disk.sync_dir());
    if let Err(error) = made {
        // The space is given back; the name may stay behind, which the next start sees to.
        disk.remove(&file_name(number))?;
        return Err(error);
    }
    Ok(Prepared { number, file: Arc::new(file) })
}

/// Whether an error says that there is no space.
pub fn is_no_space(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
