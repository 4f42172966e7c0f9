//! What one file holds: in the cache, which everybody reads, and on the medium, which is all that a crash leaves.

use std::io;
use std::sync::Arc;

use fastrand::Rng;

use super::tear::Tear;

/// A medium writes this many bytes whole or not at all.
pub const SECTOR: u64 = 512;

/// Something done to a file that is not synced.
#[derive(Debug, Clone)]
pub enum Change {
    Write { at: u64, bytes: Arc<[u8]> },
    Truncate { len: u64 },
    Allocate { len: u64 },
}

/// A file, whatever its names.
#[derive(Debug, Clone, Default)]
pub struct Node {
    cached: Content,
    medium: Content,
    /// What the cache is ahead of the medium. After a failed sync less than all: the rest is lost, and nobody knows.
    pending: Vec<Change>,
}

/// Bytes, and how far they were ever written: from there on there are zeros.
#[derive(Debug, Clone, Default)]
pub(super) struct Content {
    pub bytes: Arc<Vec<u8>>,
    pub written: u64,
}

impl Content {
    pub fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    pub fn resize(&mut self, len: u64) {
        Arc::make_mut(&mut self.bytes).resize(len as usize, 0);
        self.written = self.written.min(len);
    }

    pub fn put(&mut self, at: u64, piece: &[u8]) {
        let end = at + piece.len() as u64;
        let bytes = Arc::make_mut(&mut self.bytes);
        if bytes.len() < end as usize {
            bytes.resize(end as usize, 0);
        }
        bytes[at as usize..end as usize].copy_from_slice(piece);
        self.written = self.written.max(end);
    }

    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Write { at, bytes } => self.put(*at, bytes),
            Change::Truncate { len } => self.resize(*len),
            Change::Allocate { len } => self.resize(self.len().max(*len)),
        }
    }
}

impl Node {
    pub fn len(&self) -> u64 {
        self.cached.len()
    }

    pub fn written(&self) -> u64 {
        self.cached.written
    }

    /// What everybody reads.
    pub fn bytes(&self) -> &[u8] {
        &self.cached.bytes
    }

    pub fn read(&self, into: &mut [u8], at: u64) -> io::Result<()> {
        let from = usize::try_from(at).map_err(io::Error::other)?;
        let found = self.cached.bytes.get(from..).and_then(|rest| rest.get(..into.len()));
        into.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    /// Changes what is read, and in time what is kept.
    pub fn change(&mut self, change: Change) {
        self.cached.apply(&change);
        self.pending.push(change);
    }

    /// Changes bits of one byte, on the medium too.
    pub fn spoil(&mut self, at: u64, bits: u8) {
        for content in [&mut self.cached, &mut self.medium] {
            if let Some(byte) = Arc::make_mut(&mut content.bytes).get_mut(at as usize) {
                *byte ^= bits;
            }
        }
    }

    /// Brings all to the medium.
    pub fn sync(&mut self) {
        for change in self.pending.drain(..) {
            self.medium.apply(&change);
        }
    }

    /// A sync that fails: some of it reaches the medium, the rest is called clean and never will.
    pub fn fail_sync(&mut self, rng: &mut Rng) -> Tear {
        let tear = Tear::of(&mut self.medium, &self.pending, rng);
        self.pending.clear();
        tear
    }

    /// What the medium holds after the power was lost.
    pub fn lose_power(mut self, rng: &mut Rng) -> (Self, Tear) {
        let tear = Tear::of(&mut self.medium, &self.pending, rng);
        let cached = self.medium.clone();
        (Self { cached, medium: self.medium, pending: Vec::new() }, tear)
    }
}
