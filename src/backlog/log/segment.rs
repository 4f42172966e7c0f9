//! One segment of the log, as readers, writer and maintenance see it.

use std::io;
use std::sync::{Arc, OnceLock};

use super::disk::{Disk, DiskFile};
use super::index::IndexFile;
use super::live::LiveIndex;
use super::record::{FIRST_RECORD, Header, Seal};
use super::sparse::SparseIndex;
use crate::cursor::Position;

/// A segment. What is in it up to the head never changes; how it is looked up does: then another `Segment` takes its
/// place in the view, with the same file.
#[derive(Debug)]
pub struct Segment<D: Disk> {
    /// Its number, as in its name.
    pub number: u32,
    /// The place before its first event; the event of ordinal `i` has position `base + 1 + i`.
    pub base: Position,
    /// Seeds its checksums.
    pub seed: u32,
    /// Its file.
    pub file: Arc<D::File>,
    /// How its events are found.
    pub form: Form<D::File>,
    /// How it ended; not set for the active one.
    pub seal: OnceLock<Seal>,
}

/// How the events of a segment are found.
#[derive(Debug)]
#[allow(clippy::large_enum_variant)] // One a segment, and behind an `Arc` with it.
pub enum Form<F> {
    /// By an index in memory, which for the active segment grows.
    Live(LiveIndex),
    /// By its index file.
    Stored(IndexFile<F>),
    /// By position: survivors of a segment, or of some, that retention has dropped.
    Sparse(SparseIndex),
}

impl<D: Disk> Segment<D> {
    /// A segment that is written to, with an index in memory that is empty.
    pub fn live(number: u32, base: Position, seed: u32, file: Arc<D::File>) -> Arc<Self> {
        let form = Form::Live(LiveIndex::new(base));
        Arc::new(Self { number, base, seed, file, form, seal: OnceLock::new() })
    }

    /// The same segment, its events found in another way.
    pub fn found_by(&self, form: Form<D::File>) -> Arc<Self> {
        let Self { number, base, seed, ref file, ref seal, .. } = *self;
        Arc::new(Self { number, base, seed, file: Arc::clone(file), form, seal: seal.clone() })
    }

    /// The position of the event of an ordinal.
    pub fn position(&self, ordinal: u32) -> Position {
        Position(self.base.0 + 1 + u64::from(ordinal))
    }

    /// The position of its last event that a reader with this head may see; `base` if there is none.
    pub fn last(&self, head: Position) -> Position {
        self.seal.get().map_or(head, |seal| seal.last.min(head)).max(self.base)
    }

    /// How many events a reader with this head may see in it.
    pub fn events(&self, head: Position) -> u64 {
        self.last(head).0 - self.base.0
    }

    /// Bytes of its file.
    pub fn bytes(&self) -> u64 {
        self.seal.get().map_or_else(|| self.file.len().unwrap_or(0), |seal| seal.len)
    }

    /// The ordinal of a position at or after the first.
    pub fn ordinal(&self, position: Position) -> Option<u32> {
        position.0.checked_sub(self.base.0 + 1).and_then(|ordinal| u32::try_from(ordinal).ok())
    }
}

/// The file name of a segment.
pub fn file_name(number: u32) -> String {
    format!("{number:08}.log")
}

/// The number of a segment, if the name is one of a segment.
pub fn number_of(name: &str) -> Option<u32> {
    let number = name.strip_suffix(".log")?.parse().ok()?;
    (file_name(number) == name).then_some(number)
}

/// Reads the header of a segment; `None` if it is invalid, [`io::ErrorKind::Unsupported`] if a later version wrote it.
pub fn read_header<F: DiskFile>(file: &F, seed: u32) -> io::Result<Option<Header>> {
    if file.len()? < FIRST_RECORD {
        return Ok(None);
    }
    let mut bytes = vec![0; FIRST_RECORD as usize];
    file.read_at(&mut bytes, 0)?;
    if Header::is_later(&bytes, seed) {
        return Err(later());
    }
    Ok(Header::decode(&bytes, seed))
}

/// The error that a file of a later version gives.
pub fn later() -> io::Error {
    let what = "it was written by a later version; use a newer hintwire";
    io::Error::new(io::ErrorKind::Unsupported, what)
}
