//! The lives of a backlog, and the judgement of a cursor against them.

use crate::cursor::{Cursor, Incarnation, Position};

/// One life of a backlog: from its creation, restore or repair to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Life {
    /// Its random identity.
    pub incarnation: Incarnation,
    /// The life it was forked from, and where; `None` for the first.
    pub forked: Option<Fork>,
    /// All its own events lie after this place.
    pub first: Position,
}

impl Life {
    /// Whether a place lies after the fork that began it.
    fn reaches(&self, position: Position) -> bool {
        self.forked.is_none_or(|fork| fork.at < position)
    }
}

/// Where a life was forked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fork {
    /// The life before.
    pub parent: Incarnation,
    /// The last place that both share.
    pub at: Position,
}

/// How far a backlog reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Extent {
    /// The trim point: from here on nothing is missing.
    pub earliest: Position,
    /// The place after the newest event that readers may see.
    pub head: Position,
}

/// What a cursor is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It can be read from.
    Valid(Position),
    /// Retention has passed it.
    Trimmed(Position),
    /// It belongs to another life, after the fork.
    Foreign,
    /// It is after the head.
    Ahead,
}

/// All lives, oldest first; the last one writes. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lineage {
    ancestors: Vec<Life>,
    current: Life,
}

impl Lineage {
    /// The lineage of a new backlog.
    pub fn new(incarnation: Incarnation) -> Self {
        let current = Life { incarnation, forked: None, first: Position::INCEPTION };
        Self { ancestors: Vec::new(), current }
    }

    /// The lineage that lists these lives; `None` unless each but the first is forked from the one
    /// before it, at or before its own first place.
    pub fn from_lives(mut lives: Vec<Life>) -> Option<Self> {
        let ordered = lives.windows(2).all(|pair| match pair {
            [parent, child] => child.forked.is_some_and(|fork| {
                fork.parent == parent.incarnation
                    && fork.at >= parent.first
                    && fork.at <= child.first
            }),
            _ => true,
        });
        let current = lives.pop()?;
        let first = lives.first().unwrap_or(&current);
        (ordered && first.forked.is_none()).then_some(Self { ancestors: lives, current })
    }

    /// The lineage of a life that goes on from `at`, with events of its own only after `first`.
    pub fn fork(&self, incarnation: Incarnation, at: Position, first: Position) -> Self {
        let parent = self.life_at(at).incarnation;
        let mut ancestors: Vec<Life> = self.lives().cloned().collect();
        // Lives that began after the fork led elsewhere.
        let kept =
            ancestors.iter().position(|life| life.incarnation == parent).map_or(0, |i| i + 1);
        ancestors.truncate(kept);
        let forked = Some(Fork { parent, at });
        Self { ancestors, current: Life { incarnation, forked, first } }
    }

    /// All lives, oldest first.
    pub fn lives(&self) -> impl DoubleEndedIterator<Item = &Life> {
        self.ancestors.iter().chain(std::iter::once(&self.current))
    }

    /// The life that writes.
    pub fn current(&self) -> Incarnation {
        self.current.incarnation
    }

    /// All events of the life that writes lie after this place.
    pub fn first(&self) -> Position {
        self.current.first
    }

    /// The one token of a place.
    pub fn cursor(&self, position: Position) -> Cursor {
        Cursor { incarnation: self.life_at(position).incarnation, position }
    }

    /// Judges a cursor: incarnation first, then earliest, then head.
    pub fn judge(&self, cursor: Cursor, extent: Extent) -> Verdict {
        let position = cursor.position;
        if !self.shares(cursor) {
            Verdict::Foreign
        } else if position < extent.earliest {
            Verdict::Trimmed(position)
        } else if position > extent.head {
            Verdict::Ahead
        } else {
            Verdict::Valid(position)
        }
    }

    /// The life that wrote the event just before a place; at inception, the first. Places between a fork and the first
    /// event after it, such as the head of a life that has none yet, are the new life's.
    fn life_at(&self, position: Position) -> &Life {
        let wrote = self.lives().rev().find(|life| life.reaches(position));
        wrote.unwrap_or(&self.current)
    }

    fn shares(&self, cursor: Cursor) -> bool {
        let mut forks = self.lives().skip(1).map(|child| child.forked.map(|fork| fork.at));
        for life in self.lives() {
            let end = forks.next().flatten();
            if life.incarnation == cursor.incarnation {
                return life.reaches(cursor.position)
                    && end.is_none_or(|end| cursor.position <= end);
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Incarnation = Incarnation(1);
    const B: Incarnation = Incarnation(2);

    fn at(incarnation: Incarnation, position: u64) -> Cursor {
        Cursor { incarnation, position: Position(position) }
    }

    fn extent(earliest: u64, head: u64) -> Extent {
        Extent { earliest: Position(earliest), head: Position(head) }
    }

    fn forked() -> Lineage {
        Lineage::new(A).fork(B, Position(100), Position(500))
    }

    #[test]
    fn a_cursor_of_an_ancestor_is_valid_up_to_the_fork_and_foreign_after_it() {
        let lineage = forked();
        assert_eq!(lineage.judge(at(A, 100), extent(0, 900)), Verdict::Valid(Position(100)));
        assert_eq!(lineage.judge(at(A, 101), extent(0, 900)), Verdict::Foreign);
        assert_eq!(lineage.judge(at(B, 501), extent(0, 900)), Verdict::Valid(Position(501)));
    }

    #[test]
    fn an_unknown_incarnation_is_foreign_even_where_it_is_trimmed_or_ahead() {
        let lineage = forked();
        assert_eq!(lineage.judge(at(Incarnation(3), 1), extent(50, 900)), Verdict::Foreign);
        assert_eq!(lineage.judge(at(Incarnation(3), 1000), extent(50, 900)), Verdict::Foreign);
    }

    #[test]
    fn earliest_itself_is_valid_and_one_before_it_is_trimmed() {
        let lineage = Lineage::new(A);
        assert_eq!(lineage.judge(at(A, 50), extent(50, 90)), Verdict::Valid(Position(50)));
        assert_eq!(lineage.judge(at(A, 49), extent(50, 90)), Verdict::Trimmed(Position(49)));
        assert_eq!(lineage.judge(at(A, 91), extent(50, 90)), Verdict::Ahead);
    }

    #[test]
    fn a_place_has_one_token_and_keeps_it_across_a_fork() {
        let (before, after) = (Lineage::new(A), forked());
        for position in [0, 1, 100] {
            assert_eq!(after.cursor(Position(position)), before.cursor(Position(position)));
        }
        assert_eq!(after.cursor(Position(501)), at(B, 501));
    }

    #[test]
    fn every_place_up_to_the_head_has_a_token_that_is_valid_also_before_a_life_has_events() {
        let lineage = forked();
        for position in [0, 1, 100, 101, 499, 500, 501] {
            let cursor = lineage.cursor(Position(position));
            assert_eq!(lineage.judge(cursor, extent(0, 501)), Verdict::Valid(Position(position)));
        }
        assert_eq!(lineage.cursor(Position(500)), at(B, 500));
    }

    #[test]
    fn a_fork_before_an_earlier_fork_leaves_that_life_out() {
        let lineage = forked().fork(Incarnation(3), Position(80), Position(2000));
        assert_eq!(lineage.lives().count(), 2);
        assert_eq!(lineage.judge(at(B, 501), extent(0, 3000)), Verdict::Foreign);
        assert_eq!(lineage.judge(at(A, 81), extent(0, 3000)), Verdict::Foreign);
    }

    #[test]
    fn lives_that_do_not_follow_from_each_other_are_no_lineage() {
        let lives: Vec<Life> = forked().lives().cloned().collect();
        assert_eq!(Lineage::from_lives(lives.clone()), Some(forked()));
        assert_eq!(Lineage::from_lives(lives[1..].to_vec()), None);
        assert_eq!(Lineage::from_lives(Vec::new()), None);
    }
}
