//! What must be there: every event that was answered, at its place, and nothing that was not asked for.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

use bytes::Bytes;
use hintwire::backlog::log::LogSettings;
use hintwire::cursor::Position;
use hintwire::event::{EncodedEvent, Event, EventHead, Micros, Once, StoredEvent};
use hintwire::topic::Selection;

/// An event as it was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub head: EventHead,
    pub wire: Bytes,
    pub once: Option<Once>,
    pub published: Micros,
}

impl Known {
    pub fn of(event: &EncodedEvent, published: Micros) -> Self {
        let EncodedEvent { head, once, wire, .. } = event.clone();
        Self { head, wire, once, published }
    }

    pub fn matches(&self, selection: &Selection) -> bool {
        selection.patterns.matches(self.head.topic.as_str()) && self.head.passes(&selection.filter)
    }
}

/// An event of a batch whose outcome nobody knows. It may lack alone, without its batch, if it may be a repeat.
#[derive(Debug, Clone)]
pub struct Doubtful {
    pub event: Known,
    pub optional: bool,
}

/// Whether an id is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdState {
    Unknown,
    /// It may have left the window.
    Perhaps(u64),
    Known(u64),
}

/// What must be there.
#[derive(Debug, Clone)]
pub struct Model {
    /// Every event that was ever durable, by position, trimmed ones too.
    pub events: BTreeMap<u64, Known>,
    /// Batches whose outcome nobody knows, as they were staged.
    pub limbo: Vec<Vec<Doubtful>>,
    /// The last that was seen of these.
    pub earliest: u64,
    pub head: u64,
    /// No event that comes may have a position up to this one.
    pub ceiling: u64,
    /// When the newest event was published, and the latest time that a clock ever said.
    pub time: Micros,
    pub latest: Micros,
    /// The last that `trim` was asked for.
    pub trimmed: u64,
    /// Whether the newest event of each key was always kept.
    pub keeps_latest: bool,
    window: u64,
    window_events: usize,
    ids: HashMap<[u8; 16], u64>,
    uses: BTreeMap<u64, Micros>,
    newest: HashMap<(String, String), u64>,
}

impl Model {
    pub fn new(settings: &LogSettings) -> Self {
        Self {
            events: BTreeMap::new(),
            limbo: Vec::new(),
            earliest: 0,
            head: 0,
            ceiling: 0,
            time: Micros(0),
            latest: Micros(0),
            trimmed: 0,
            keeps_latest: settings.keep_latest,
            window: settings.id_window.as_micros() as u64,
            window_events: settings.id_window_events as usize,
            ids: HashMap::new(),
            uses: BTreeMap::new(),
            newest: HashMap::new(),
        }
    }

    /// Adds an event that is durable.
    pub fn add(&mut self, position: u64, event: Known) {
        if let Some(once) = event.once {
            self.ids.insert(once.id, position);
            self.uses.insert(position, event.published);
        }
        self.newest.insert(key_of(&event.head), position);
        self.time = self.time.max(event.published);
        self.ceiling = self.ceiling.max(position);
        self.head = self.head.max(position);
        self.events.insert(position, event);
    }

    /// Whether an id counts at a time, at the start of a commit.
    pub fn id(&self, id: &[u8; 16], now: Micros) -> IdState {
        let Some(&at) = self.ids.get(id) else { return IdState::Unknown };
        let used = self.uses[&at];
        let later = self.uses.range((Bound::Excluded(at), Bound::Unbounded)).count();
        if later >= self.window_events || used.0 + self.window < now.0 {
            IdState::Unknown
        } else if used.0 + self.window < self.latest.0.max(now.0) {
            IdState::Perhaps(at)
        } else {
            IdState::Known(at)
        }
    }

    /// Whether an event is a repeat beyond doubt.
    pub fn is_known(&self, event: &Event) -> bool {
        let once = Once::of(event);
        let known = self.id(&once.id, self.latest);
        matches!(known, IdState::Known(at) if self.events[&at].once == Some(once))
    }

    /// The newest event of a key.
    pub fn newest(&self, head: &EventHead) -> Option<(u64, &Known)> {
        let position = *self.newest.get(&key_of(head))?;
        Some((position, &self.events[&position]))
    }

    /// All newest events of keys but tombstones, in the order of a snapshot.
    pub fn snapshot(&self) -> BTreeMap<(String, String), u64> {
        let live = self.newest.iter().filter(|(_, at)| !self.events[at].head.deleted);
        live.map(|(key, at)| (key.clone(), *at)).collect()
    }

    /// Events after a place.
    pub fn after(&self, place: u64) -> impl DoubleEndedIterator<Item = (u64, &Known)> {
        self.events.range((Bound::Excluded(place), Bound::Unbounded)).map(|(at, e)| (*at, e))
    }

    /// Takes over what a start found after a place: all that is known, then some first batches of those in limbo.
    pub fn settle(&mut self, found: &[StoredEvent]) -> Result<usize, String> {
        let known = self.events.range((Bound::Excluded(self.earliest), Bound::Unbounded));
        let mut rest = found.iter();
        for (at, event) in known {
            match rest.next() {
                Some(stored) if same(stored, *at, event) => {}
                other => {
                    return Err(format!("{} is missing; there is {}", told(*at, event), or(other)));
                }
            }
        }
        let mut rest = rest.as_slice();
        let mut survived = 0;
        for batch in std::mem::take(&mut self.limbo) {
            let Some((taken, placed)) = whole(&batch, rest)? else { break };
            rest = taken;
            survived += 1;
            for (position, event) in placed {
                if position <= self.ceiling && self.events.contains_key(&position) {
                    return Err(format!("position {position} is used twice"));
                }
                self.add(position, event);
            }
        }
        match rest.first() {
            None => Ok(survived),
            stored => Err(format!("there is {}, which nobody published", or(stored))),
        }
    }
}

fn key_of(head: &EventHead) -> (String, String) {
    (head.topic.as_str().to_owned(), head.key.clone())
}

pub fn same(stored: &StoredEvent, position: u64, event: &Known) -> bool {
    let Known { wire, published, .. } = event;
    stored.position == Position(position) && stored.wire == *wire && stored.published == *published
}

type Taken<'s> = (&'s [StoredEvent], Vec<(u64, Known)>);

/// A batch at the start of what was found: whole, or `None` if nothing of it is there.
fn whole<'s>(batch: &[Doubtful], found: &'s [StoredEvent]) -> Result<Option<Taken<'s>>, String> {
    let (mut rest, mut placed) = (found, Vec::<(u64, Known)>::new());
    for Doubtful { event, optional } in batch {
        let contiguous = |at: u64| placed.last().is_none_or(|(last, _)| last + 1 == at);
        match rest.split_first() {
            Some((stored, later)) if stored.wire == event.wire && contiguous(stored.position.0) => {
                placed.push((
                    stored.position.0,
                    Known { published: stored.published, ..event.clone() },
                ));
                rest = later;
            }
            _ if *optional => {}
            _ if placed.is_empty() => return Ok(None),
            other => {
                let other = or(other.map(|(stored, _)| stored));
                return Err(format!("of a batch {placed:?} is there, then {other}"));
            }
        }
    }
    Ok(Some((rest, placed)))
}

/// An event, for people.
pub fn told(position: u64, event: &Known) -> String {
    let Known { head, wire, published, .. } = event;
    let (topic, key, len) = (head.topic.as_str(), &head.key, wire.len());
    format!("event {position} ({topic} {key:?}, {len} bytes, published {})", published.0)
}

fn or(stored: Option<&StoredEvent>) -> String {
    let Some(stored) = stored else { return "nothing more".into() };
    let (topic, at) = (stored.topic().unwrap_or("?"), stored.position);
    format!("event {at} ({topic}, {} bytes, published {})", stored.wire.len(), stored.published.0)
}
