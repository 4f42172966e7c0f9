//! What was asked of a disk and what it did, as text: the same for the same seed, byte for byte.

use std::fmt::{self, Write as _};
use std::sync::Arc;

/// A call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    List,
    Create,
    Open,
    Rename,
    Remove,
    SyncDir,
    Lock,
    FreeSpace,
    Write,
    Read,
    WrittenLen,
    Len,
    Allocate,
    Truncate,
    Sync,
}

impl Call {
    /// Whether a full disk can be its answer.
    pub fn takes_space(self) -> bool {
        matches!(self, Self::Create | Self::Rename | Self::Write | Self::Allocate)
    }
}

/// One call.
#[derive(Debug, Clone)]
pub struct Line {
    pub call: Call,
    pub file: Arc<str>,
    /// Offset, or the length that was asked for.
    pub at: u64,
    /// Bytes.
    pub len: u64,
    /// Checksum of what was written.
    pub sum: u32,
}

impl Line {
    pub fn of(call: Call, file: &Arc<str>) -> Self {
        Self { call, file: Arc::clone(file), at: 0, len: 0, sum: 0 }
    }

    pub fn at(self, at: u64) -> Self {
        Self { at, ..self }
    }
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Ok,
    Error(std::io::ErrorKind),
    PoweredOff,
}

#[derive(Debug, Clone)]
enum Entry {
    Call { number: u64, time: u64, line: Line, ended: Ended },
    Note(String),
}

/// All that happened.
#[derive(Debug, Clone, Default)]
pub struct Trace(Vec<Entry>);

impl Trace {
    pub fn call(&mut self, number: u64, time: u64, line: Line, ended: Ended) {
        self.0.push(Entry::Call { number, time, line, ended });
    }

    pub fn note(&mut self, note: String) {
        self.0.push(Entry::Note(note));
    }

    pub fn text(&self) -> String {
        let mut text = String::new();
        for entry in &self.0 {
            let _ = writeln!(text, "{entry}");
        }
        text
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Note(note) => f.write_str(note),
            Self::Call { number, time, line, ended } => {
                let Line { call, file, at, len, sum } = line;
                write!(f, "{number:>7} {time:>17} {call:?} {file}")?;
                if *call == Call::Write {
                    write!(f, " {len} bytes of {sum:08x}")?;
                }
                if *at > 0 {
                    write!(f, " at {at}")?;
                }
                match ended {
                    Ended::Ok => Ok(()),
                    Ended::Error(kind) => write!(f, " -> {kind:?}"),
                    Ended::PoweredOff => f.write_str(" -> power lost"),
                }
            }
        }
    }
}
