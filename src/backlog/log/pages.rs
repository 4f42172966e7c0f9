//! Pages of 4 KiB, each with its own checksum, so that whatever part of a file is read is verified.

use std::io;

use crate::backlog::log::disk::DiskFile;

/// Bytes of a page.
pub const PAGE: usize = 4096;
/// Bytes of a page that carry something; the rest is the checksum.
pub const BODY: usize = PAGE - 4;
/// Numbers of 4 bytes in a page.
pub const NUMBERS: u32 = (BODY / 4) as u32;
/// Pages written or read at once at most.
const BURST: usize = 64;

fn checksum(seed: u32, number: u32, body: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c_append(seed, &number.to_le_bytes()), body)
}

/// Writes a file page by page.
pub struct PageWriter<'f, F> {
    file: &'f F,
    seed: u32,
    full: Vec<u8>,
    body: Vec<u8>,
    number: u32,
}

impl<'f, F: DiskFile> PageWriter<'f, F> {
    /// Begins with a page; checksums are seeded, so that pages of another file are noticed.
    pub fn new(file: &'f F, seed: u32, number: u32) -> Self {
        Self { file, seed, full: Vec::new(), body: Vec::new(), number }
    }

    /// Puts bytes that stay together on one page; returns whether they begin one.
    pub fn put(&mut self, bytes: &[u8]) -> io::Result<bool> {
        if self.body.len() + bytes.len() > BODY {
            self.finish_page()?;
        }
        self.body.extend_from_slice(bytes);
        Ok(self.body.len() == bytes.len())
    }

    /// Ends a section; returns the number of the page that follows.
    pub fn finish_section(&mut self) -> io::Result<u32> {
        if !self.body.is_empty() {
            self.finish_page()?;
        }
        let at = u64::from(self.number) * PAGE as u64 - self.full.len() as u64;
        self.file.write_at(&self.full, at)?;
        self.full.clear();
        Ok(self.number)
    }

    fn finish_page(&mut self) -> io::Result<()> {
        self.body.resize(BODY, 0);
        let crc = checksum(self.seed, self.number, &self.body);
        self.full.append(&mut self.body);
        self.full.extend_from_slice(&crc.to_le_bytes());
        self.number += 1;
        if self.full.len() >= BURST * PAGE {
            self.finish_section()?;
        }
        Ok(())
    }
}

/// Reads the bodies of `count` pages from `first` on, one after the other; `None` if one is not what was written.
pub fn read_pages(
    file: &impl DiskFile,
    seed: u32,
    first: u32,
    count: u32,
) -> io::Result<Option<Vec<u8>>> {
    let mut bodies = Vec::with_capacity(count as usize * BODY);
    let mut pages = vec![0; PAGE * BURST.min(count as usize)];
    let mut number = first;
    while number < first.saturating_add(count) {
        let burst = (first + count - number).min(BURST as u32);
        let (pages, _) = pages.split_at_mut(burst as usize * PAGE);
        match file.read_at(pages, u64::from(number) * PAGE as u64) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            result => result?,
        }
        for page in pages.chunks_exact(PAGE) {
            let (body, crc) = page.split_at(BODY);
            if checksum(seed, number, body).to_le_bytes() != crc {
                return Ok(None);
            }
            bodies.extend_from_slice(body);
            number += 1;
        }
    }
    Ok(Some(bodies))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backlog::log::dir::Dir;
    use crate::backlog::log::disk::Disk;

    #[test]
    fn what_is_put_is_read_and_any_flipped_bit_or_other_seed_is_noticed() {
        let temp = tempfile::tempdir().unwrap();
        let file = Dir::open(temp.path()).unwrap().create("pages").unwrap();
        let mut writer = PageWriter::new(&file, 7, 1);
        let begins: Vec<_> = (0..300u32).map(|i| writer.put(&[i as u8; 1000]).unwrap()).collect();
        assert!(begins.iter().enumerate().all(|(i, begins)| *begins == (i % 4 == 0)));
        assert_eq!(writer.finish_section().unwrap(), 76);

        let read = read_pages(&file, 7, 1, 75).unwrap().unwrap();
        assert_eq!((read.len(), read[4 * 1000]), (75 * BODY, 0));
        assert_eq!(read[74 * BODY + 3000..][..1000], [299u32 as u8; 1000]);
        assert_eq!(read_pages(&file, 8, 1, 1).unwrap(), None);
        assert_eq!(read_pages(&file, 7, 75, 2).unwrap(), None, "past the end");
        for at in [PAGE as u64, 2 * PAGE as u64 - 1] {
            file.write_at(&[0xff], at).unwrap();
            assert_eq!(read_pages(&file, 7, 1, 1).unwrap(), None);
        }
    }
}
