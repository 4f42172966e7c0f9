//! Newest places along the tree of prefixes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::cursor::Position;

/// A proper prefix of topics, `""` included. It knows its parent, so that recording an event looks nothing up.
#[derive(Debug, Default)]
pub(super) struct Prefix {
    /// Newest of the topics below that `prefix/**` matches: those without a further `~` segment.
    plain: AtomicU64,
    /// Newest of all topics below.
    any: AtomicU64,
    up: Option<Up>,
}

/// The way from a topic or prefix to the prefix above it.
#[derive(Debug, Clone)]
pub(super) struct Up {
    pub prefix: Arc<Prefix>,
    /// Whether the segment on the way can be matched by a wildcard.
    pub plain: bool,
}

impl Prefix {
    /// A prefix below another.
    pub fn below(up: Up) -> Self {
        Self { up: Some(up), ..Self::default() }
    }

    /// The prefix above it.
    pub fn parent(&self) -> Option<&Arc<Self>> {
        self.up.as_ref().map(|up| &up.prefix)
    }

    /// Newest of what `prefix/**` matches.
    pub fn plain(&self) -> Position {
        Position(self.plain.load(Ordering::Acquire))
    }

    /// Newest of all below.
    pub fn any(&self) -> Position {
        Position(self.any.load(Ordering::Acquire))
    }
}

/// Tells all prefixes on the way up of an event. One thread at a time.
pub(super) fn raise_all(mut way: &Up, position: Position) {
    let mut plain = true;
    loop {
        plain &= way.plain;
        if plain {
            raise(&way.prefix.plain, position);
        }
        raise(&way.prefix.any, position);
        match &way.prefix.up {
            Some(up) => way = up,
            None => return,
        }
    }
}

/// Moves a place forward. One thread at a time, so that it costs no locked instruction.
pub(super) fn raise(place: &AtomicU64, to: Position) {
    if place.load(Ordering::Relaxed) < to.0 {
        place.store(to.0, Ordering::Release);
    }
}
