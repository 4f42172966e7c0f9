//! What stops a read.

use std::io;
use std::sync::Arc;

use crate::backlog::ReadError;
use crate::backlog::log::disk::Disk;
use crate::backlog::log::segment::{Segment, file_name};

/// What stops a read.
#[derive(Debug)]
pub(in crate::backlog::log) enum Fault<D: Disk> {
    /// For good.
    Final(ReadError),
    /// The index file of this segment is not what was written: it is rebuilt from the records, and the read repeated.
    Index(Arc<Segment<D>>),
}

impl<D: Disk> From<ReadError> for Fault<D> {
    fn from(error: ReadError) -> Self {
        Self::Final(error)
    }
}

/// Stored bytes of a segment that are not what was written.
pub(in crate::backlog::log) fn damaged<D: Disk>(
    segment: &Segment<D>,
    offset: u64,
    what: &str,
) -> ReadError {
    ReadError::Damaged { file: file_name(segment.number), offset, what: what.to_owned() }
}

/// What an index answered: a page that is not what was written is no answer.
pub(in crate::backlog::log) fn checked<D: Disk, T>(
    segment: &Arc<Segment<D>>,
    answer: io::Result<Option<T>>,
) -> Result<T, Fault<D>> {
    // An index that cannot be read is as good as a damaged one: the records decide.
    answer.ok().flatten().ok_or_else(|| Fault::Index(Arc::clone(segment)))
}
