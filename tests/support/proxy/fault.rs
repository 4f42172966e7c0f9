//! What a network may do to a connection.

use std::time::Duration;

/// What happens to the bytes of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// They pass as they come.
    None,
    /// They come so much later, both ways.
    Delay(Duration),
    /// So many pass each time, both ways.
    Trickle { bytes: usize, every: Duration },
    /// Nothing is read from the hub any more; what the client says still passes.
    Stall,
    /// One end is told that the other has said all; what comes for it is swallowed.
    HalfClose(End),
    /// Both ends are reset.
    Cut,
}

/// An end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Client,
    Hub,
}

/// One fault of a connection: it begins when exactly `after` bytes of the hub have passed; when it has lasted, the
/// connection is cut.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub after: usize,
    pub fault: Fault,
    pub lasts: Duration,
}

impl Plan {
    /// Nothing happens but what is told at run time.
    pub const QUIET: Self = Self { after: usize::MAX, fault: Fault::None, lasts: Duration::MAX };
}

/// How the bytes towards one end pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    Free,
    Slow { bytes: usize, every: Duration },
    Stopped,
    Closed,
}

/// Most bytes that pass in one piece.
pub(super) const PIECE: usize = 16 << 10;

impl Fault {
    pub(super) fn pace(self, towards: End) -> Pace {
        match self {
            Self::None => Pace::Free,
            Self::Delay(every) => Pace::Slow { bytes: PIECE, every },
            Self::Trickle { bytes, every } => Pace::Slow { bytes, every },
            Self::Stall if towards == End::Hub => Pace::Free,
            Self::HalfClose(closed) if towards != closed => Pace::Free,
            Self::HalfClose(_) => Pace::Closed,
            Self::Stall | Self::Cut => Pace::Stopped,
        }
    }
}
