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
    /// From here on there are zeros.
    written: u64,
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
        // Before anything is read: a system may count what it read ahead as written.
        let written = file.written_len()?;
        let window = Window { file, len: file.len()?, written, buffer: Vec::new(), start: 0 };
        Ok(Self { window, seed, at })
    }

    /// Where what was read so far ends, and the next record would begin.
    pub fn end(&self) -> u64 {
        self.at
    }

    /// The next record and where it begins; `None` at the first place that holds none.
    pub fn advance(&mut self) -> io::Result<Option<(u64, Record<'_>)>> {
        let Some(len) = self.claimed()? else { return Ok(None) };
        let at = self.at;
        let record = decode(self.window.at(at, len)?, len, self.seed);
        if record.is_some() {
            self.at += len as u64;
        }
        Ok(record.map(|record| (at, record)))
    }

    /// The next record at or after the present place, however much that is none lies between.
    pub fn search(&mut self) -> io::Result<Option<(u64, Record<'_>)>> {
        while self.skip_zeros()? {
            if self.is_record()? {
                return self.advance();
            }
            self.at += ALIGN as u64;
        }
        Ok(None)
    }

    /// The last place that holds anything but zeros, at or after the present one; the scan ends there.
    pub fn written(&mut self) -> io::Result<Option<u64>> {
        let mut last = None;
        while self.at < self.window.written {
            let chunk = self.window.at(self.at, CHUNK)?;
            if !is_zero(chunk) {
                let within = chunk.iter().rposition(|byte| *byte != 0);
                last = within.map(|within| self.at + within as u64);
            }
            self.at += chunk.len() as u64;
        }
        Ok(last)
    }

    /// Moves over zeros, as no record begins with them where its length is; whether there is anything else.
    fn skip_zeros(&mut self) -> io::Result<bool> {
        while self.at < self.window.written {
            let chunk = self.window.at(self.at, CHUNK / 16)?;
            let zeros = chunk.iter().position(|byte| *byte != 0);
            let step =
                zeros.map_or(chunk.len().next_multiple_of(ALIGN), |zeros| zeros / ALIGN * ALIGN);
            self.at += step as u64;
            if zeros.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Bytes of the record that is here, if one is: as its header claims.
    fn claimed(&mut self) -> io::Result<Option<usize>> {
        let header = RecordHeader::decode(self.window.at(self.at, record::RECORD_HEADER)?);
        Ok(header.filter(|header| header.len <= RECORD_BYTES).map(|header| header.padded()))
    }

    fn is_record(&mut self) -> io::Result<bool> {
        let Some(len) = self.claimed()? else { return Ok(false) };
        Ok(decode(self.window.at(self.at, len)?, len, self.seed).is_some())
    }
}

/// The record at the start of `bytes`, if it is there up to its last byte of padding.
fn decode(bytes: &[u8], len: usize, seed: u32) -> Option<Record<'_>> {
    record::decode(bytes.get(..len)?, seed)
}

/// Whether all bytes are zero; in strides, since it runs over all that is allocated and not written.
fn is_zero(bytes: &[u8]) -> bool {
    bytes.chunks(64).all(|chunk| chunk.iter().fold(0, |all, byte| all | byte) == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backlog::log::dir::{Dir, DirFile};
    use crate::backlog::log::disk::Disk;
    use crate::backlog::log::record::Seal;
    use crate::cursor::Position;
    use crate::event::Micros;

    fn file(temp: &tempfile::TempDir) -> DirFile {
        Dir::open(temp.path()).unwrap().create("a").unwrap()
    }

    fn seal(len: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        let seal = Seal { last: Position(1), next: Position(1), len, time: Micros(1) };
        seal.encode(&mut bytes, 5);
        bytes
    }

    #[test]
    fn a_record_is_found_behind_any_bytes_and_holes() {
        for at in [0, 8, 4096, 64 << 10, (1 << 20) - 8, 5 << 20] {
            let temp = tempfile::tempdir().unwrap();
            let file = file(&temp);
            file.write_at(&[0xff; 13], 0).unwrap();
            file.write_at(&seal(at), at).unwrap();
            file.allocate(9 << 20).unwrap();
            let mut scanner = Scanner::new(&file, 5, 0).unwrap();
            let found = scanner.search().unwrap().map(|(place, _)| place);
            assert_eq!(found, Some(at));
            assert!(scanner.search().unwrap().is_none());
            let mut scanner = Scanner::new(&file, 5, 0).unwrap();
            let last = seal(at).iter().rposition(|byte| *byte != 0).unwrap() as u64;
            assert_eq!(scanner.written().unwrap(), Some((at + last).max(12)));
        }
    }

    #[test]
    fn a_search_ends_with_the_file_whatever_its_length() {
        for len in [0, 1, 7, 8, 9, 4095, 4100, (64 << 10) + 3] {
            for byte in [0, 0x55] {
                let temp = tempfile::tempdir().unwrap();
                let file = file(&temp);
                file.write_at(&vec![byte; len], 0).unwrap();
                assert!(Scanner::new(&file, 5, 0).unwrap().search().unwrap().is_none());
                let written = (byte != 0 && len > 0).then(|| len as u64 - 1);
                assert_eq!(Scanner::new(&file, 5, 0).unwrap().written().unwrap(), written);
            }
        }
    }
}
