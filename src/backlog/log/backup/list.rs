//! The file `BACKUP`: what belongs to a backup. Its presence makes a directory one.
//!
//! ```text
//! hintwire backup 1
//! taken 1764000000000000
//! file HUB 163 00112233445566778899aabbccddeeff 0
//! file 00000004.log 268434432 ffeeddccbbaa99887766554433221100 1763990000000000
//! crc 01234567
//! ```
//!
//! A line has the name in the backlog, bytes, the first half of their SHA-256, and for a segment when it was begun. A file
//! is kept as `NAME-HASH`, so that the files of an earlier backup stay beside those that are to take their place. (A CRC
//! would not tell them apart: that of a file whose parts end with their own CRC is the same whatever they hold.)

use std::fmt::{self, Debug, Display, Formatter, Write as _};
use std::io;

use sha2::{Digest, Sha256};

use super::BackupError;
use crate::backlog::log::checkpoint::CHECKPOINT;
use crate::backlog::log::dir::LOCK;
use crate::backlog::log::disk::Disk;
use crate::backlog::log::error::{InFile, OpenError};
use crate::backlog::log::identity::HUB;
use crate::backlog::log::manifest::MANIFEST;
use crate::backlog::log::replace::TEMPORARY;
use crate::backlog::log::segment::number_of;
use crate::backlog::log::text;
use crate::event::Micros;

/// Name of the file.
pub const BACKUP: &str = "BACKUP";
const FIRST_LINE: &str = "hintwire backup ";
const VERSION: &str = "1";

/// What belongs to a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// When it was taken.
    pub taken: Micros,
    /// Its files.
    pub items: Vec<Item>,
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its name in the backlog.
    pub name: String,
    /// Its bytes.
    pub len: u64,
    /// What they hash to.
    pub hash: Hash,
    /// When the segment was begun; 0 for other files.
    pub created: Micros,
}

/// The first half of a SHA-256.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hash(pub [u8; 16]);

impl Hash {
    /// The hash of what was hashed.
    pub fn of(hasher: Sha256) -> Self {
        let mut half = [0; 16];
        half.iter_mut().zip(hasher.finalize()).for_each(|(to, from)| *to = from);
        Self(half)
    }

    fn parse(text: &str) -> Option<Self> {
        let number = u128::from_str_radix(text, 16).ok()?;
        let hash = Self(number.to_be_bytes());
        (hash.to_string() == text).then_some(hash)
    }
}

impl Display for Hash {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl Debug for Hash {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

impl Item {
    /// Its name in the backup.
    pub fn stored(&self) -> String {
        format!("{}-{}", self.name, self.hash)
    }
}

/// Whether a name is one that backups leave in their directory.
pub fn is_part(name: &str) -> bool {
    // A file system of its own comes with lost+found.
    let own = [LOCK, BACKUP, "lost+found"].contains(&name);
    own || name.ends_with(TEMPORARY) || is_stored(name)
}

/// Whether a name is one of a file that is kept.
pub fn is_stored(name: &str) -> bool {
    name.rsplit_once('-').is_some_and(|(name, hash)| {
        let known = [HUB, MANIFEST, CHECKPOINT].contains(&name) || number_of(name).is_some();
        known && Hash::parse(hash).is_some()
    })
}

impl List {
    /// Writes the file: from here on this is the backup.
    pub fn write<D: Disk>(&self, disk: &D) -> Result<(), OpenError> {
        text::replace(disk, BACKUP, &self.to_text()).in_file(BACKUP)
    }

    /// Reads the file, if there is one.
    pub fn read<D: Disk>(disk: &D) -> Result<Option<Self>, BackupError> {
        let body = match text::read(disk, BACKUP) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.in_file(BACKUP)?,
        };
        let spoiled = |what| BackupError::Spoiled { file: BACKUP.into(), what };
        let body = body.ok_or_else(|| spoiled("has another checksum"))?;
        let version = body.lines().next().and_then(|line| line.strip_prefix(FIRST_LINE));
        if version.is_some_and(|version| version != VERSION) {
            return Err(OpenError::Version { file: BACKUP.into() }.into());
        }
        Self::from_text(&body).map(Some).ok_or_else(|| spoiled("is no list of files"))
    }

    fn to_text(&self) -> String {
        let mut out = format!("{FIRST_LINE}{VERSION}\ntaken {}\n", self.taken.0);
        for Item { name, len, hash, created } in &self.items {
            let _ = writeln!(out, "file {name} {len} {hash} {}", created.0);
        }
        out
    }

    fn from_text(body: &str) -> Option<Self> {
        let mut lines = body.lines().skip(1);
        let taken = Micros(lines.next()?.strip_prefix("taken ")?.parse().ok()?);
        let items = lines.map(parse_item).collect::<Option<Vec<Item>>>()?;
        Some(Self { taken, items })
    }
}

fn parse_item(line: &str) -> Option<Item> {
    let mut words = line.strip_prefix("file ")?.split(' ');
    let item = Item {
        name: words.next()?.to_owned(),
        len: words.next()?.parse().ok()?,
        hash: Hash::parse(words.next()?)?,
        created: Micros(words.next()?.parse().ok()?),
    };
    (words.next().is_none() && is_stored(&item.stored())).then_some(item)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> List {
        let item = |name: &str, created| Item {
            name: name.into(),
            len: 5,
            hash: Hash([7; 16]),
            created: Micros(created),
        };
        List { taken: Micros(7), items: vec![item(HUB, 0), item("00000012.log", 9)] }
    }

    #[test]
    fn a_list_reads_back_and_names_files_of_a_backlog_alone() {
        let text = list().to_text();
        assert_eq!(List::from_text(&text), Some(list()));
        for bad in ["file ../HUB", "file HUB HUB", "file x", "fil HUB"] {
            assert_eq!(List::from_text(&text.replace("file HUB", bad)), None, "{bad}");
        }
    }

    #[test]
    fn only_names_that_backups_leave_are_parts_of_one() {
        let hash = Hash([0xab; 16]);
        for name in [
            "BACKUP",
            "LOCK",
            &format!("HUB-{hash}"),
            &format!("00000012.log-{hash}"),
            "BACKUP.tmp",
        ] {
            assert!(is_part(name), "{name}");
        }
        for name in [
            "HUB",
            "00000012.log",
            &format!("notes-{hash}"),
            "HUB-xyz",
            &format!("00000012.idx-{hash}"),
        ] {
            assert!(!is_part(name), "{name}");
        }
    }
}
