//! Counts the calls that change a directory, and lets one of them fail.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

/// Which call fails, and how.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// Counted from 1.
    pub nth: u64,
    pub kind: io::ErrorKind,
    /// A failed sync loses what was not synced before, although nobody restarts: as Linux does, for whom the pages are
    /// clean from then on.
    pub forgets: bool,
}

/// The calls so far.
#[derive(Debug, Default)]
pub struct Calls {
    made: AtomicU64,
    fault: Option<Fault>,
}

impl Calls {
    pub fn failing(fault: Fault) -> Self {
        Self { made: AtomicU64::new(0), fault: Some(fault) }
    }

    /// How many there were.
    pub fn made(&self) -> u64 {
        self.made.load(Ordering::SeqCst)
    }

    /// Counts one; an error if it is the one that fails.
    pub fn count(&self) -> io::Result<()> {
        let nth = self.made.fetch_add(1, Ordering::SeqCst) + 1;
        match self.fault {
            Some(fault) if fault.nth == nth => Err(fault.kind.into()),
            _ => Ok(()),
        }
    }

    /// Whether a failed sync loses what was not synced.
    pub fn forgets(&self) -> bool {
        self.fault.is_some_and(|fault| fault.forgets)
    }
}
