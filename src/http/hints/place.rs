//! The place that a reader is known to have come to: what it may be sent as `id`.

use crate::cursor::Cursor;
use crate::hub::Hint;

/// A place of which is known: its reader has everything that matches up to here. `None` until there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place(pub Option<Cursor>);

impl Place {
    /// A message comes: the client's rule, on its behalf. If there may be something after the place that the reader does
    /// not have, the place stays, else it moves to the head. A reader without one wants news alone, from that head on.
    ///
    /// Returns whether there may be something.
    pub fn is_behind(&mut self, hint: &Hint) -> bool {
        let own = self.0.unwrap_or(hint.head);
        let behind = own.position < hint.cursor.position;
        let passed = !behind && own.position < hint.head.position;
        self.0 = Some(if passed { hint.head } else { own });
        behind
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::cursor::{Incarnation, Position};
    use crate::hub::{HintKind, News};

    fn at(position: u64) -> Cursor {
        Cursor { incarnation: Incarnation(1), position: Position(position) }
    }

    fn hint(cursor: u64, head: u64) -> Hint {
        Hint {
            kind: HintKind::Heartbeat,
            news: Arc::new(News::of(at(cursor), at(head))),
            fetch_after: Duration::ZERO,
            heartbeat_interval: Duration::ZERO,
        }
    }

    #[test]
    fn a_place_follows_the_head_until_there_is_something_that_its_reader_may_not_have() {
        let mut place = Place(None);
        for (cursor, head, behind, expected) in [
            (3, 5, false, 5),
            (3, 4, false, 5),
            (5, 7, false, 7),
            (8, 9, true, 7),
            (8, 20, true, 7),
        ] {
            assert_eq!(place.is_behind(&hint(cursor, head)), behind, "{cursor} {head}");
            assert_eq!(place, Place(Some(at(expected))), "{cursor} {head}");
        }
    }
}
