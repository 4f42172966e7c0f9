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
}

impl<'f, F: DiskFile> Scanner<'f, F> {
    /// Begins at a place where a record begins.
    pub fn new(file: &'f F, seed: u32, at: u64) -> io::Result<Self> {
        let window = Window { file, len: file.len()?, buffer: Vec::new(), start: 0 };
        Ok(Self { window, seed, at })
    }

    /// Where what was read so far ends, and the next record would begin.
    pub fn end(&self) -> u64 {
        self.at
    }

    /// The next record and where it begins; `None` at the first place that holds none.
    pub fn advance(&mut self) -> io::Result<Option<(u64, Record<'_>)>> {
        let Some(len) = self.record_len()? else { return Ok(None) };
        let at = self.at;
        self.at += len as u64;
        let record = record::decode(self.window.at(at, len)?, self.seed);
        Ok(record.map(|record| (at, record)))
    }

    /// The next record at or after the present place, however much that is none lies between.
    pub fn search(&mut self) -> io::Result<Option<(u64, Record<'_>)>> {
        while self.at < self.window.len {
            if self.skip_zeros()? {
                continue;
            }
            if self.record_len()?.is_some() {
                return self.advance();
            }
            self.at += ALIGN as u64;
        }
        Ok(None)
    }

    /// The last place that holds anything but zeros, at or after the present one; the scan ends there.
    pub fn written(&mut self) -> io::Result<Option<u64>> {
        let mut last = None;
        while self.at < self.window.len {
            let chunk = self.window.at(self.at, CHUNK)?;
            if !is_zero(chunk) {
                let within = chunk.iter().rposition(|byte| *byte != 0);
                last = within.map(|within| self.at + within as u64);
            }
            self.at += chunk.len() as u64;
        }
        Ok(last)
    }

    /// Whether a step over zeros was made: no record begins with them where its length is.
    fn skip_zeros(&mut self) -> io::Result<bool> {
        let chunk = self.window.at(self.at, CHUNK / 16)?;
        let zeros = chunk.iter().position(|byte| *byte != 0).unwrap_or(chunk.len());
        let step = zeros / ALIGN * ALIGN;
        self.at += step as u64;
        Ok(step > 0)
    }

    /// Bytes of the valid record that is here, if one is.
    fn record_len(&mut self) -> io::Result<Option<usize>> {
        let header = RecordHeader::decode(self.window.at(self.at, record::RECORD_HEADER)?);
        let Some(header) = header.filter(|header| header.len <= RECORD_BYTES) else {
            return Ok(None);
        };
        let bytes = self.window.at(self.at, header.padded())?;
        Ok(record::decode(bytes, self.seed).map(|_| header.padded()))
    }
}

/// Whether all bytes are zero; in strides, since it runs over all that is allocated and not written.
fn is_zero(bytes: &[u8]) -> bool {
    bytes.chunks(64).all(|chunk| chunk.iter().fold(0, |all, byte| all | byte) == 0)
}
