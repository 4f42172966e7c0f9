//! All that a reader can get out of a backlog.

use hintwire::backlog::log::disk::Disk;
use hintwire::backlog::log::{Log, read};
use hintwire::backlog::{Read, ReadError, SnapshotRead};
use hintwire::cursor::Position;
use hintwire::event::{Micros, StoredEvent};
use hintwire::topic::{Patterns, Selection};

/// Each way to find events: all in order, by postings, by names, by a pattern that needs a look at each name.
const SELECTIONS: [&[&str]; 5] =
    [&["**", "~own/**"], &["a/x"], &["b/**"], &["*/x", "c/*/y"], &["rare/a"]];

/// Everything that a reader can get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    pub earliest: Position,
    pub head: Position,
    /// By selection.
    pub events: Vec<Vec<StoredEvent>>,
    pub snapshot: Vec<StoredEvent>,
    /// Name, newest place, retained events.
    pub topics: Vec<(String, Position, u64)>,
    /// Where each of some times is.
    pub times: Vec<Option<Position>>,
}

impl Contents {
    /// Reads everything.
    pub fn of<D: Disk>(log: &Log<D>) -> Result<Self, ReadError> {
        let extent = log.shared.extent();
        let events = SELECTIONS.iter().map(|texts| all(log, texts)).collect::<Result<_, _>>()?;
        let topics = log.shared.topics.after(None, 1000).into_iter();
        let times = (1_000..1_200).step_by(7).map(|time| read::seek(&log.shared, Micros(time)));
        Ok(Self {
            earliest: extent.earliest,
            head: extent.head,
            events,
            snapshot: snapshot(log)?,
            topics: topics.map(|t| (t.topic().to_string(), t.newest(), t.count())).collect(),
            times: times.collect::<Result<_, _>>()?,
        })
    }

    /// All events, in order.
    pub fn log(&self) -> &[StoredEvent] {
        &self.events[0]
    }
}

fn all<D: Disk>(log: &Log<D>, texts: &[&str]) -> Result<Vec<StoredEvent>, ReadError> {
    let patterns = Patterns::parse(texts, texts.len(), "topics").unwrap();
    let (events, bytes, omit_data) = (1000, 1 << 20, false);
    let after = log.shared.extent().earliest;
    let mut wanted = Read { after, selection: Selection::of(patterns), events, bytes, omit_data };
    let mut found = Vec::new();
    loop {
        let page = read::read(&log.shared, &wanted)?;
        found.extend(page.events);
        wanted.after = page.next;
        if !page.has_more {
            return Ok(found);
        }
    }
}

fn snapshot<D: Disk>(log: &Log<D>) -> Result<Vec<StoredEvent>, ReadError> {
    let patterns = Patterns::parse(&["**", "~own/**"], 2, "topics").unwrap();
    let (keys, events, bytes) = (Vec::new(), 10_000, 64 << 20);
    let wanted = SnapshotRead { patterns, keys, after: None, events, bytes, omit_data: false };
    let page = read::snapshot(&log.shared, &wanted)?;
    assert_eq!(page.next, None);
    Ok(page.events)
}

impl Contents {
    /// The same with another head, if what lay behind it was `cut`.
    pub fn with_head(&self, head: Position, cut: bool) -> Self {
        if !cut {
            return self.clone();
        }
        let moved = |place: &Option<Position>| match place {
            Some(place) if *place == self.head => Some(head),
            place => *place,
        };
        Self { head, times: self.times.iter().map(moved).collect(), ..self.clone() }
    }

    /// What differs, for people.
    pub fn difference(&self, expected: &Self) -> String {
        let places = |events: &[StoredEvent]| {
            events.iter().map(|event| event.position.0).collect::<Vec<_>>()
        };
        let mut out = String::new();
        let mut tell = |what: &str, found: String, wanted: String| {
            if found != wanted {
                out += &format!("  {what}: {found}\n  instead of {wanted}\n");
            }
        };
        let extent = |c: &Self| format!("{} to {}", c.earliest, c.head);
        tell("extent", extent(self), extent(expected));
        for (found, wanted) in self.events.iter().zip(&expected.events) {
            tell("events", format!("{:?}", places(found)), format!("{:?}", places(wanted)));
        }
        let (found, wanted) = (places(&self.snapshot), places(&expected.snapshot));
        tell("snapshot", format!("{found:?}"), format!("{wanted:?}"));
        tell("topics", format!("{:?}", self.topics), format!("{:?}", expected.topics));
        tell("times", format!("{:?}", self.times), format!("{:?}", expected.times));
        out
    }
}
