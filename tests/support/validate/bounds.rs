//! Between what a quantity that only grows must have lain at any moment, from the moments at which it was seen.

use hintwire::cursor::Position;

use super::history::{Entry, History, Page, What};

/// Head and earliest over time.
pub struct Bounds {
    head: Grows,
    earliest: Grows,
}

impl Bounds {
    pub fn of(history: &History) -> Self {
        let (mut head, mut earliest) = (Seen::default(), Seen::default());
        for entry in &history.entries {
            head.at_least(entry, at_least(&entry.what));
            head.exactly(entry, read_head(&entry.what));
            earliest.exactly(entry, read_earliest(&entry.what));
        }
        Self { head: head.in_order(), earliest: earliest.in_order() }
    }

    /// The head was there or beyond when this entry began.
    pub fn head_before(&self, entry: &Entry) -> Position {
        self.head.before(entry)
    }

    /// The head was not beyond when this entry ended.
    pub fn head_after(&self, entry: &Entry) -> Position {
        self.head.after(entry)
    }

    /// Earliest was there or beyond when this entry began.
    pub fn earliest_before(&self, entry: &Entry) -> Position {
        self.earliest.before(entry)
    }

    /// Earliest was not beyond when this entry ended.
    pub fn earliest_after(&self, entry: &Entry) -> Position {
        self.earliest.after(entry)
    }
}

/// What an entry proves of the head when it has ended.
fn at_least(what: &What) -> Option<Position> {
    match what {
        What::Publish { result: Ok(placed), .. } => {
            placed.iter().map(|(cursor, _)| cursor.position).max()
        }
        What::Message(message) => Some(message.head.position.max(message.cursor.position)),
        What::Handled { cursor, .. } => Some(cursor.position),
        _ => None,
    }
}

/// The head as an entry read it between its beginning and its end.
fn read_head(what: &What) -> Option<Position> {
    match what {
        What::Fetch { result: Ok(Page { head, .. }), .. }
        | What::Started { head, .. }
        | What::Log { head, .. } => Some(head.position),
        _ => None,
    }
}

/// Earliest as an entry read it.
fn read_earliest(what: &What) -> Option<Position> {
    match what {
        What::Trimmed { earliest }
        | What::Started { earliest, .. }
        | What::Log { earliest, .. } => Some(earliest.position),
        _ => None,
    }
}

/// Sightings: at which tick, and what.
#[derive(Default)]
struct Seen {
    ended: Vec<(u64, Position)>,
    began: Vec<(u64, Position)>,
}

/// The greatest seen by each tick, and the least seen from each tick on.
struct Grows {
    ended: Vec<(u64, Position)>,
    began: Vec<(u64, Position)>,
}

impl Seen {
    fn at_least(&mut self, entry: &Entry, position: Option<Position>) {
        self.ended.extend(position.map(|position| (entry.ended.tick, position)));
    }

    fn exactly(&mut self, entry: &Entry, position: Option<Position>) {
        self.at_least(entry, position);
        self.began.extend(position.map(|position| (entry.began.tick, position)));
    }

    fn in_order(mut self) -> Grows {
        self.ended.sort_unstable();
        self.began.sort_unstable();
        let mut most = Position::INCEPTION;
        for (_, position) in &mut self.ended {
            most = most.max(*position);
            *position = most;
        }
        let mut least = Position(u64::MAX);
        for (_, position) in self.began.iter_mut().rev() {
            least = least.min(*position);
            *position = least;
        }
        Grows { ended: self.ended, began: self.began }
    }
}

impl Grows {
    fn before(&self, entry: &Entry) -> Position {
        let index = self.ended.partition_point(|(tick, _)| *tick < entry.began.tick);
        index.checked_sub(1).map_or(Position::INCEPTION, |index| self.ended[index].1)
    }

    fn after(&self, entry: &Entry) -> Position {
        let index = self.began.partition_point(|(tick, _)| *tick <= entry.ended.tick);
        self.began.get(index).map_or(Position(u64::MAX), |(_, position)| *position)
    }
}
