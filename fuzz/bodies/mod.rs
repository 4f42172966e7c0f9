//! What each fuzz target does with its bytes. `tests/corpus.rs` does the same with the corpus, as ordinary tests.
#![allow(dead_code)]

pub mod config;
pub mod cursor;
pub mod http_event;
pub mod index;
pub mod jsonl;
pub mod recovery;
pub mod requests;
pub mod segment;
pub mod topic;

#[path = "../../tests/sim/disk/mod.rs"]
pub mod disk;
#[path = "../../tests/support/validate/mod.rs"]
pub mod validate;

use hintwire::backlog::log::disk::{Disk, DiskFile};
use hintwire::event::Micros;

type File = <disk::SimDisk as Disk>::File;

/// A file that holds these bytes.
fn file(bytes: &[u8]) -> File {
    let disk = disk::SimDisk::new(0, disk::DiskFaults::default(), Micros(1));
    let file = disk.create("file").unwrap();
    file.write_at(bytes, 0).unwrap();
    file
}

/// Takes numbers off the front of the bytes.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// A little-endian number; missing bytes are 0.
    fn number(&mut self) -> u32 {
        u32::from_le_bytes(std::array::from_fn(|_| self.byte().unwrap_or_default()))
    }
}
