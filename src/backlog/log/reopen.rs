//! Segments that a start need not read, because a checkpoint knows what is in them.

use std::io;
use std::sync::{Arc, OnceLock};

use super::disk::{Disk, DiskFile};
use super::error::{Damage, InFile, OpenError};
use super::index::{self, IndexFile};
use super::record::{self, FIRST_RECORD, Header, Record, SEAL, Seal};
use super::scan::Scanner;
use super::segment::{Form, Segment, file_name, read_header};
use super::sparse::SparseIndex;

/// A sealed segment by its index file; `None` if that is absent or damaged.
pub fn indexed<D: Disk>(
    disk: &D,
    file: &Arc<D::File>,
    header: &Header,
    seed: u32,
) -> io::Result<Option<Segment<D>>> {
    let opened = match disk.open(&index::file_name(header.number)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let Some(index) = IndexFile::open(opened, seed, header.number, header.base)? else {
        return Ok(None);
    };
    let seal = seal_at(&**file, seed, u64::from(index.end()))?;
    let whole = |seal: &Seal| seal.last.0 == header.base.0 + u64::from(index.count());
    Ok(seal.filter(whole).map(|seal| segment(file, header, seed, Form::Stored(index), seal)))
}

/// A segment that holds survivors alone.
pub fn survivors<D: Disk>(disk: &D, salt: u64, number: u32) -> Result<Segment<D>, OpenError> {
    let name = file_name(number);
    let seed = record::seed(salt, number);
    let file = match disk.open(&name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Damage::new(name, 0, "the file is missing").into());
        }
        opened => Arc::new(opened.in_file(&name)?),
    };
    let header = read_header(&*file, seed).in_file(&name)?;
    let header = header.filter(|header| header.number == number);
    let header = header.ok_or_else(|| Damage::new(&name, 0, "its header is invalid"))?;
    if let Some(indexed) = indexed(disk, &file, &header, seed).in_file(&name)? {
        return Ok(indexed);
    }
    let end = file.len().in_file(&name)?;
    // A file of survivors ends with its seal; one that was a segment once may have zeros behind it.
    let seal = match seal_at(&*file, seed, end.saturating_sub(SEAL as u64)).in_file(&name)? {
        Some(seal) => seal,
        None => find_seal(&*file, seed, &name)?,
    };
    Ok(segment(&file, &header, seed, Form::Sparse(SparseIndex::default()), seal))
}

fn segment<D: Disk>(
    file: &Arc<D::File>,
    header: &Header,
    seed: u32,
    form: Form<D::File>,
    seal: Seal,
) -> Segment<D> {
    let Header { number, base, .. } = *header;
    Segment { number, base, seed, file: Arc::clone(file), form, seal: OnceLock::from(seal) }
}

/// The seal that begins at a byte, if one does.
pub(super) fn seal_at<F: DiskFile>(file: &F, seed: u32, at: u64) -> io::Result<Option<Seal>> {
    let mut bytes = [0; SEAL];
    match file.read_at(&mut bytes, at) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    Ok(match record::decode(&bytes, seed) {
        Some(Record::Seal(seal)) if seal.len == at + SEAL as u64 => Some(seal),
        _ => None,
    })
}

fn find_seal<F: DiskFile>(file: &F, seed: u32, name: &str) -> Result<Seal, OpenError> {
    let mut scanner = Scanner::new(file, seed, FIRST_RECORD).in_file(name)?;
    let mut end = FIRST_RECORD;
    while let Some((at, record)) = scanner.advance().in_file(name)? {
        match record {
            Record::Seal(seal) => return Ok(seal),
            Record::Batch(batch) => end = at + batch.header.padded() as u64,
        }
    }
    Err(Damage::new(name, end, "the record is invalid, yet the segment was sealed").into())
}
