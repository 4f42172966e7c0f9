//! The segment that is written to.

use std::io;
use std::sync::Arc;

use super::disk::{Disk, DiskFile};
use super::prepare::is_no_space;
use super::record::{self, FIRST_RECORD, Header, Seal};
use super::segment::Segment;
use super::state::{Prepared, Shared};
use crate::cursor::Position;
use crate::event::Micros;
use crate::planted::Planted;

/// Bytes by which a file grows that was not prepared whole.
const STEP: u64 = 1 << 20;

/// The segment that is written to.
#[derive(Debug)]
pub struct Active<D: Disk> {
    /// The segment; in the view once it is begun.
    pub segment: Arc<Segment<D>>,
    /// Where the next write goes: the end of what was synced.
    pub at: u64,
    /// When it was begun.
    pub created: Micros,
    /// Bytes of the file, allocated ones included.
    allocated: u64,
}

impl<D: Disk> Active<D> {
    /// A segment to be begun in a prepared file, whose events come after `base`.
    pub fn begin(
        shared: &Shared<D>,
        prepared: Prepared<D>,
        base: Position,
        now: Micros,
    ) -> io::Result<Self> {
        let Prepared { number, file } = prepared;
        let seed = record::seed(shared.salt, number);
        Self::resume(Segment::live(number, base, seed, file), 0, now)
    }

    /// A segment that was begun before.
    pub fn resume(segment: Arc<Segment<D>>, at: u64, created: Micros) -> io::Result<Self> {
        let allocated = segment.file.len()?;
        Ok(Self { segment, at, created, allocated })
    }

    /// Whether its header is written.
    pub fn is_begun(&self) -> bool {
        self.at > 0
    }

    /// Whether it holds records.
    pub fn has_records(&self) -> bool {
        self.at > FIRST_RECORD
    }

    /// Its header.
    pub fn header(&self, shared: &Shared<D>) -> Vec<u8> {
        let Segment { number, base, seed, .. } = *self.segment;
        let incarnation = shared.lineage.current();
        let (created, allocated) = (self.created, self.allocated);
        Header { number, incarnation, base, created, allocated }.encode(seed)
    }

    /// Writes and syncs, both or nothing; [`is_no_space`] errors leave nothing behind, others may.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if Planted::AckBeforeSync.is_on() {
            self.sync()?;
        }
        let end = self.at + bytes.len() as u64;
        if let Err(error) = self.put(bytes, end) {
            return Err(if is_no_space(&error) { self.take_back(error) } else { error });
        }
        if !Planted::AckBeforeSync.is_on() {
            self.sync()?;
        }
        self.at = end;
        Ok(())
    }

    /// Makes what was written durable. A failure is final, whatever the reason.
    fn sync(&self) -> io::Result<()> {
        if Planted::FsyncSkipped.is_on() {
            return Ok(());
        }
        self.segment.file.sync().map_err(io::Error::other)
    }

    fn put(&mut self, bytes: &[u8], end: u64) -> io::Result<()> {
        let file = &self.segment.file;
        if end > self.allocated {
            let allocated = end.next_multiple_of(STEP);
            file.allocate(allocated)?;
            self.allocated = allocated;
        }
        file.write_at(bytes, self.at)
    }

    /// Takes back what was written and not synced.
    fn take_back(&mut self, no_space: io::Error) -> io::Error {
        let file = &self.segment.file;
        self.allocated = self.at;
        match file.truncate(self.at).and_then(|()| file.sync()) {
            Ok(()) => no_space,
            Err(error) => io::Error::other(error),
        }
    }

    /// Seals it: nothing follows, and the next segment's events come after `next`.
    pub fn seal(&mut self, last: Position, next: Position, time: Micros) -> io::Result<()> {
        let len = self.at + record::SEAL as u64;
        let seal = Seal { last, next, len, time };
        let mut bytes = Vec::with_capacity(record::SEAL);
        seal.encode(&mut bytes, self.segment.seed);
        self.write(&bytes)?;
        let _ = self.segment.seal.set(seal);
        Ok(())
    }
}
