//! A file that is open.

use std::fmt;
use std::io;
use std::sync::Arc;

use hintwire::backlog::log::disk::DiskFile;

use super::SimDisk;
use super::machine::{Effect, Machine};
use super::names::Number;
use super::node::{Change, Node};
use super::trace::{Call, Line};

/// An open file of a [`SimDisk`].
pub struct SimFile {
    disk: SimDisk,
    name: Arc<str>,
    number: Number,
}

impl SimFile {
    pub(super) fn new(disk: &SimDisk, name: &str, number: Number) -> Self {
        Self { disk: disk.clone(), name: name.into(), number }
    }

    fn line(&self, call: Call) -> Line {
        Line::of(call, &self.name)
    }

    fn look<T>(&self, line: Line, look: impl FnOnce(&Node) -> io::Result<T>) -> io::Result<T> {
        self.disk.call(line, |machine, _| look(&machine.nodes[self.number]))
    }

    /// A change of the length, which takes space if it grows.
    fn resize(&self, line: Line, change: Change, len: u64) -> io::Result<()> {
        self.disk.call(line, |machine, effect| {
            if self.lacks(machine, len) {
                return Err(io::ErrorKind::StorageFull.into());
            }
            if effect != Effect::Some || machine.rng.bool() {
                machine.nodes[self.number].change(change);
            }
            Ok(())
        })
    }

    /// Whether there is no space for this length.
    fn lacks(&self, machine: &Machine, len: u64) -> bool {
        let more = len.saturating_sub(machine.nodes[self.number].len());
        more > 0 && more > machine.free()
    }
}

impl fmt::Debug for SimFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl DiskFile for SimFile {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let (len, sum) = (bytes.len() as u64, crc32c::crc32c(bytes));
        let line = Line { len, sum, ..self.line(Call::Write).at(offset) };
        self.disk.call(line, |machine, effect| {
            let lacks = self.lacks(machine, offset + len);
            // A write that fails is a short one.
            let written = match effect {
                Effect::Whole | Effect::PowerLost if !lacks => bytes.len(),
                _ => machine.rng.usize(..=bytes.len()),
            };
            if !lacks && written > 0 {
                let bytes = bytes[..written].into();
                machine.nodes[self.number].change(Change::Write { at: offset, bytes });
            }
            if lacks { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
        })
    }

    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<()> {
        let line = Line { len: into.len() as u64, ..self.line(Call::Read).at(offset) };
        self.look(line, |node| node.read(into, offset))
    }

    fn written_len(&self) -> io::Result<u64> {
        self.look(self.line(Call::WrittenLen), |node| Ok(node.written()))
    }

    fn len(&self) -> io::Result<u64> {
        self.look(self.line(Call::Len), |node| Ok(node.len()))
    }

    fn allocate(&self, len: u64) -> io::Result<()> {
        self.resize(self.line(Call::Allocate).at(len), Change::Allocate { len }, len)
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        self.resize(self.line(Call::Truncate).at(len), Change::Truncate { len }, 0)
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.call(self.line(Call::Sync), |machine, effect| {
            let node = &mut machine.nodes[self.number];
            match effect {
                Effect::Whole => node.sync(),
                Effect::Some => {
                    let tear = node.fail_sync(&mut machine.rng);
                    machine.note(|| format!("  {}: {tear}", self.name));
                }
                Effect::PowerLost => {}
            }
            Ok(())
        })
    }
}
