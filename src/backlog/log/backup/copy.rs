//! The directory of a backup: what is copied into it, and what is there already.
//!
//! A file is copied as it is, then the copy is verified: what a hub writes meanwhile cannot come in between. A segment that
//! is still written to is kept up to its last whole record, and sealed there, so that the backup of a log ends like one.

use std::io;

use sha2::{Digest, Sha256};

use super::BackupError;
use super::capture::Begun;
use super::list::{Hash, Item, List, is_stored};
use crate::backlog::log::disk::{Disk, DiskFile};
use crate::backlog::log::error::{Damage, InFile};
use crate::backlog::log::record::{FIRST_RECORD, Record, SEAL, Seal};
use crate::backlog::log::recover::proven_beyond;
use crate::backlog::log::reopen::seal_at;
use crate::backlog::log::replace::remove;
use crate::backlog::log::scan::Scanner;
use crate::backlog::log::segment::file_name;
use crate::backlog::log::text;
use crate::cursor::Position;
use crate::event::Micros;

/// Bytes copied at once.
const CHUNK: u64 = 1 << 20;
/// A file on its way.
const COPY: &str = "COPY.tmp";

/// How a segment ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With its seal.
    Sealed(Seal),
    /// Without one, at this byte, after this place.
    Open {
        /// Where the next record would begin.
        at: u64,
        /// Its last position.
        last: Position,
    },
}

/// Where a backup is written to.
#[derive(Debug)]
pub struct Target<'a, D> {
    disk: &'a D,
    earlier: Vec<Item>,
    items: Vec<Item>,
    copied: (usize, u64),
}

impl<'a, D: Disk> Target<'a, D> {
    /// A directory, with the earlier backup in it.
    pub fn new(disk: &'a D, earlier: Option<List>) -> Self {
        let earlier = earlier.map(|list| list.items).unwrap_or_default();
        Self { disk, earlier, items: Vec::new(), copied: (0, 0) }
    }

    /// Files, and bytes, that were not there before.
    pub fn copied(&self) -> (usize, u64) {
        self.copied
    }

    /// Brings a segment over: of survivors, or of the log. `time` becomes that of its last event.
    pub fn segment<F: DiskFile>(
        &mut self,
        begun: &Begun<F>,
        survivors: bool,
        time: &mut Micros,
    ) -> Result<End, BackupError> {
        let name = file_name(begun.header.number);
        if let Some((item, seal)) = self.held(&name, begun).in_file(&name)? {
            self.items.push(item);
            *time = seal.time.max(*time);
            return Ok(End::Sealed(seal));
        }
        let file = self.begin()?;
        raw(&begun.file, &file).in_file(&name)?;
        let walked = walk(&file, begun, survivors, time).in_file(&name)?;
        match walked {
            End::Sealed(seal) => file.truncate(seal.len).in_file(&name)?,
            End::Open { at, last } => {
                self.refuse_damage(begun, &file, at, last)?;
                seal_here(&file, begun.seed, at, last, *time).in_file(&name)?;
            }
        }
        // What is read may not have reached the log's own disk yet, and would be lost there in a crash: a place that both
        // have would stand for different events.
        begun.file.sync().in_file(&name)?;
        self.end(&name, begun.header.created, file)?;
        Ok(walked)
    }

    /// A segment that an earlier backup holds whole: sealed there where the log's own is sealed.
    fn held<F: DiskFile>(&self, name: &str, begun: &Begun<F>) -> io::Result<Option<(Item, Seal)>> {
        let same = |item: &&Item| item.name == name && item.created == begun.header.created;
        let Some(item) = self.earlier.iter().find(same) else { return Ok(None) };
        let there = self.disk.open(&item.stored()).and_then(|file| file.len());
        if !there.is_ok_and(|len| len == item.len) {
            return Ok(None);
        }
        let seal = seal_at(&begun.file, begun.seed, item.len.saturating_sub(SEAL as u64))?;
        Ok(seal.map(|seal| (item.clone(), seal)))
    }

    /// Damage if the copy proves that more was synced than is valid, and the file itself is not better.
    fn refuse_damage<F: DiskFile>(
        &self,
        begun: &Begun<F>,
        copy: &D::File,
        at: u64,
        last: Position,
    ) -> Result<(), BackupError> {
        let name = file_name(begun.header.number);
        if proven_beyond(copy, begun.seed, at).in_file(&name)? <= last {
            return Ok(());
        }
        let mut again = Scanner::new(&begun.file, begun.seed, at).in_file(&name)?;
        if again.advance().in_file(&name)?.is_some() {
            return Ok(()); // It was being written.
        }
        let what = "the record is invalid, yet what follows proves that it was synced";
        Err(Damage::new(name, at, what).into())
    }

    /// Brings a file over that is replaced as a whole when it changes.
    pub fn whole<F: DiskFile>(&mut self, name: &str, source: &F) -> Result<(), BackupError> {
        let file = self.begin()?;
        raw(source, &file).in_file(name)?;
        file.truncate(source.len().in_file(name)?).in_file(name)?;
        self.end(name, Micros::default(), file)
    }

    /// Puts a text file there.
    pub fn text(&mut self, name: &str, body: &str) -> Result<(), BackupError> {
        self.bytes(name, text::with_checksum(body).as_bytes())
    }

    /// Puts a file there.
    pub fn bytes(&mut self, name: &str, bytes: &[u8]) -> Result<(), BackupError> {
        let file = self.begin()?;
        file.write_at(bytes, 0).in_file(name)?;
        self.end(name, Micros::default(), file)
    }

    fn begin(&self) -> Result<D::File, BackupError> {
        remove(self.disk, COPY).in_file(COPY)?;
        Ok(self.disk.create(COPY).in_file(COPY)?)
    }

    /// Makes a file durable, and part of the backup.
    fn end(&mut self, name: &str, created: Micros, file: D::File) -> Result<(), BackupError> {
        file.sync().in_file(name)?;
        let (len, hash) = sum(&file).in_file(name)?;
        let item = Item { name: name.to_owned(), len, hash, created };
        self.disk.rename(COPY, &item.stored()).in_file(name)?;
        self.copied = (self.copied.0 + 1, self.copied.1 + len);
        self.items.push(item);
        Ok(())
    }

    /// Makes this the backup, and removes what belongs to it no more.
    pub fn finish(self, now: Micros) -> Result<List, BackupError> {
        self.disk.sync_dir().in_file("the directory")?;
        let list = List { taken: now, items: self.items };
        list.write(self.disk)?;
        let listed = |name: &String| list.items.iter().any(|item| item.stored() == *name);
        for name in self.disk.list().in_file("the directory")? {
            if is_stored(&name) && !listed(&name) {
                self.disk.remove(&name).in_file(&name)?;
            }
        }
        self.disk.sync_dir().in_file("the directory")?;
        Ok(list)
    }
}

/// Copies all that was ever written to a file.
pub fn raw<F: DiskFile, G: DiskFile>(from: &F, to: &G) -> io::Result<()> {
    let (end, mut at) = (from.written_len()?, 0);
    let mut bytes = vec![0; CHUNK.min(end) as usize];
    while at < end {
        let (chunk, _) = bytes.split_at_mut((end - at).min(CHUNK) as usize);
        from.read_at(chunk, at)?;
        to.write_at(chunk, at)?;
        at += chunk.len() as u64;
    }
    Ok(())
}

/// Bytes of a file, and what they hash to.
pub fn sum<F: DiskFile>(file: &F) -> io::Result<(u64, Hash)> {
    let (len, mut at, mut hasher) = (file.len()?, 0, Sha256::new());
    let mut bytes = vec![0; CHUNK.min(len) as usize];
    while at < len {
        let (chunk, _) = bytes.split_at_mut((len - at).min(CHUNK) as usize);
        file.read_at(chunk, at)?;
        hasher.update(&*chunk);
        at += chunk.len() as u64;
    }
    Ok((len, Hash::of(hasher)))
}

/// Ends a copy after its last whole record.
fn seal_here<F: DiskFile>(
    copy: &F,
    seed: u32,
    at: u64,
    last: Position,
    time: Micros,
) -> io::Result<()> {
    let mut bytes = Vec::with_capacity(SEAL);
    Seal { last, next: last, len: at + SEAL as u64, time }.encode(&mut bytes, seed);
    copy.truncate(at)?;
    copy.write_at(&bytes, at)
}

/// Verifies a copy from front to back.
fn walk<F: DiskFile, G: DiskFile>(
    copy: &F,
    begun: &Begun<G>,
    survivors: bool,
    time: &mut Micros,
) -> io::Result<End> {
    let mut last = begun.header.base;
    let mut scanner = Scanner::new(copy, begun.seed, FIRST_RECORD)?;
    let mut end = scanner.end();
    while let Some((at, record)) = scanner.advance()? {
        match record {
            Record::Batch(batch) if survivors || batch.header.first.0 == last.0 + 1 => {
                last = batch.last();
                *time = batch.entries().last().map_or(*time, |(_, entry)| entry.time.max(*time));
                end = at + batch.header.padded() as u64;
            }
            Record::Seal(seal)
                if seal.len == at + SEAL as u64 && (survivors || seal.last == last) =>
            {
                *time = seal.time.max(*time);
                return Ok(End::Sealed(seal));
            }
            Record::Batch(_) | Record::Seal(_) => break,
        }
    }
    Ok(End::Open { at: end, last })
}
