//! Reading a segment from front to back, and looking for records beyond the first that is none.

use std::io;

use super::disk::DiskFile;
use super::record::{self, ALIGN, Record, RecordHeader};
use crate::limits::RECORD_BYTES;

/// Bytes read at a time.
const CHUNK: usize = 1 << 20;

/// A file, read through a buffer that moves forward.
struct Window<'f, F> {
    file: &'f F,
    len: u64,
    buffer: Vec<u8>,
    start: u64,
}

impl<F: DiskFile> Window<'_, F> {
    /// Up to `want` bytes from a place; fewer at the end of the file.
    fn at(&mut self, place: u64, want: usize) -> io::Result<&[u8]> {
        let want = self.len.saturating_sub(place).min(want as u64) as usize;
        let held = self.buffer.len() as u64;
        if place < self.start || place + want as u64 > self.start + held {
            let read = self.len.saturating_sub(place).min(want.max(CHUNK) as u64) as usize;
            self.buffer.resize(read, 0);
            self.start = place;
            self.file.read_at(&mut self.buffer, place)?;
        }
        let skip = (place - self.start) as usize;
        Ok(self.buffer.get(skip..skip + want).unwrap_or_default())
    }
}

/// Walks the records of a segment.
pub struct Scanner<'f, F> {
    window: Window<'f, F>,
    seed: u32,
    at: u64,
    step: u64,
}

impl<'f, F: DiskFile> Scanner<'f, F> {
    /// Begins at a place where a record begins.
    pub fn new(file: &'f F, seed: u32, at: u64) -> io::Result<Self> {
        let window = Window { file, len: file.len()?, buffer: Vec::new(), start: 0 };
        Ok(Self { window, seed, at, step: 0 })
    }

    /// Where the record that was read last begins, or where the first that is none would.
    pub fn place(&self) -> u64 {
        self.at
    }

    /// Where what follows that record begins.
    pub fn end(&self) -> u64 {
        self.at + self.step
    }

    /// The next record; `None` at the first place that holds none.
    pub fn advance(&mut self) -> io::Result<Option<Record<'_>>> {
        self.at += std::mem::take(&mut self.step);
        let header = RecordHeader::decode(self.window.at(self.at, record::RECORD_HEADER)?);
        let Some(header) = header.filter(|header| header.len <= RECORD_BYTES) else {
            return Ok(None);
        };
        let found = record::decode(self.window.at(self.at, header.padded())?, self.seed);
        if found.is_some() {
            self.step = header.padded() as u64;
        }
        Ok(found)
    }

    /// The next record at or after the present place, however much that is none lies between.
    pub fn search(&mut self) -> io::Result<Option<Record<'_>>> {
        self.at += std::mem::take(&mut self.step);
        while self.at < self.window.len {
            if !self.skip_zeros()? && self.is_record()? {
                return self.advance();
            }
        }
        Ok(None)
    }

    /// The last place that holds anything but zeros, at or after the present one.
    pub fn written(&mut self) -> io::Result<Option<u64>> {
        let (mut at, mut last) = (self.end(), None);
        while at < self.window.len {
            let chunk = self.window.at(at, CHUNK)?;
            last = chunk.iter().rposition(|byte| *byte != 0).map(|i| at + i as u64).or(last);
            at += chunk.len() as u64;
        }
        Ok(last)
    }

    /// Whether a step over zeros was made: no record begins with them where its length is.
    fn skip_zeros(&mut self) -> io::Result<bool> {
        let chunk = self.window.at(self.at, 4096)?;
        let zeros = chunk.iter().position(|byte| *byte != 0).unwrap_or(chunk.len());
        let whole = zeros / ALIGN * ALIGN;
        let step = if whole == 0 && zeros == chunk.len() { zeros } else { whole };
        self.at += step as u64;
        Ok(step > 0)
    }

    /// Whether a record is here; if not, moves to the next place where one may be.
    fn is_record(&mut self) -> io::Result<bool> {
        let (at, seed) = (self.at, self.seed);
        let header = RecordHeader::decode(self.window.at(at, record::RECORD_HEADER)?);
        let found = match header.filter(|header| header.len <= RECORD_BYTES) {
            Some(header) => record::decode(self.window.at(at, header.padded())?, seed).is_some(),
            None => false,
        };
        if !found {
            self.at = (at + ALIGN as u64) / ALIGN as u64 * ALIGN as u64;
        }
        Ok(found)
    }
}
