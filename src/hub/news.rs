//! What a message tells that is the same for everybody who is told the same: made once, and encoded once.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use parking_lot::Mutex;

use crate::cursor::{Cursor, Position};
use crate::topic::{Selection, Topic};

/// News that is kept for others: those of a round want few different ones.
const KEPT: usize = 16;

/// The part of a message that does not depend on whom it is sent to.
#[derive(Debug)]
pub struct News {
    /// At or after the newest matching event that is not after `head`; never before earliest.
    pub cursor: Cursor,
    /// Every matching event up to here has been counted in `cursor`.
    pub head: Cursor,
    /// Topics that changed since the message before; at most [`HINT_TOPICS`](crate::limits::HINT_TOPICS).
    pub topics: Vec<Topic>,
    /// There are more, or it is not known which.
    pub topics_truncated: bool,
    encoded: OnceLock<Bytes>,
}

impl News {
    /// News without topics.
    pub fn of(cursor: Cursor, head: Cursor) -> Self {
        Self { cursor, head, topics: Vec::new(), topics_truncated: false, encoded: OnceLock::new() }
    }

    /// As the edge writes it; `encode` is asked the first time.
    pub fn encoded(&self, encode: impl FnOnce(&Self) -> Bytes) -> &Bytes {
        self.encoded.get_or_init(|| encode(self))
    }
}

/// All that news follows from.
#[derive(Debug, PartialEq, Eq)]
pub struct Question {
    /// The place of the message before.
    pub after: Position,
    /// The newest event that the subscriber was touched for.
    pub newest: Position,
    /// What the message will say.
    pub cursor: Cursor,
    /// What the message will say.
    pub head: Cursor,
    /// Who asks: compared last, since it takes longest.
    pub selection: Selection,
}

/// The news that was told last.
#[derive(Debug, Default)]
pub struct Told(Mutex<VecDeque<(Question, Arc<News>)>>);

impl Told {
    /// The answer to a question, made now unless it was asked lately. Who asks the same meanwhile waits for it.
    pub fn answer(&self, question: Question, make: impl FnOnce() -> News) -> Arc<News> {
        let mut told = self.0.lock();
        if let Some((_, news)) = told.iter().rev().find(|(asked, _)| *asked == question) {
            return Arc::clone(news);
        }
        let news = Arc::new(make());
        if told.len() == KEPT {
            told.pop_front();
        }
        told.push_back((question, Arc::clone(&news)));
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cursor::Incarnation;
    use crate::topic::Patterns;

    fn question(pattern: &str, newest: u64) -> Question {
        let place = Cursor { incarnation: Incarnation(1), position: Position(newest) };
        let patterns = Patterns::parse(&[pattern], 1, "topics").unwrap();
        Question {
            after: Position(0),
            newest: Position(newest),
            cursor: place,
            head: place,
            selection: Selection::of(patterns),
        }
    }

    #[test]
    fn news_is_made_once_for_all_who_ask_the_same_and_anew_for_others() {
        let (told, mut made) = (Told::default(), 0);
        for (pattern, newest, sum) in
            [("**", 5, 1), ("**", 5, 1), ("a", 5, 2), ("**", 6, 3), ("**", 5, 3)]
        {
            let question = question(pattern, newest);
            let (cursor, head) = (question.cursor, question.head);
            told.answer(question, || {
                made += 1;
                News::of(cursor, head)
            });
            assert_eq!(made, sum, "{pattern} {newest}");
        }
    }

    #[test]
    fn no_more_than_a_few_are_kept() {
        let told = Told::default();
        for newest in 0..100 {
            let question = question("**", newest);
            let (cursor, head) = (question.cursor, question.head);
            told.answer(question, || News::of(cursor, head));
        }
        assert_eq!(told.0.lock().len(), KEPT);
    }
}
