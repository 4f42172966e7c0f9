//! Small text files with a checksum in their last line, replaced as a whole.

use std::io;

use super::disk::{Disk, DiskFile};
use super::replace::Replacement;

const CHECK: &str = "crc ";

/// Longest text file that is read: a lineage or manifest is a few lines, a survivor a line.
const LONGEST: u64 = 16 << 20;

/// Replaces a file: after a crash at any point the old or the new text is there, whole.
pub fn replace<D: Disk>(disk: &D, name: &str, body: &str) -> io::Result<()> {
    let replacement = Replacement::begin(disk, name)?;
    replacement.file().write_at(with_checksum(body).as_bytes(), 0)?;
    replacement.finish(disk).map(drop)
}

/// A body, and its checksum.
pub fn with_checksum(body: &str) -> String {
    format!("{body}{CHECK}{:08x}\n", crc32c::crc32c(body.as_bytes()))
}

/// Reads a file that [`replace`] wrote; `None` if it is not whole.
pub fn read<D: Disk>(disk: &D, name: &str) -> io::Result<Option<String>> {
    let file = disk.open(name)?;
    let len = file.len()?;
    if len > LONGEST {
        return Ok(None);
    }
    let mut bytes = vec![0; len as usize];
    file.read_at(&mut bytes, 0)?;
    Ok(String::from_utf8(bytes).ok().and_then(verified))
}

fn verified(mut text: String) -> Option<String> {
    let body = text.rfind(CHECK)?;
    let (body, check) = text.split_at_checked(body)?;
    let whole = check == format!("{CHECK}{:08x}\n", crc32c::crc32c(body.as_bytes()));
    let len = body.len();
    text.truncate(len);
    whole.then_some(text)
}
