//! The engines, and how the promises speak to them.

use std::sync::Arc;

use hintwire::backlog::log::LogSettings;
use hintwire::backlog::log::engine::LogBacklog;
use hintwire::backlog::memory::Memory;
use hintwire::backlog::{Backlog, Batch, Expected, Outcome, Page, Placed, Read, SnapshotRead};
use hintwire::cursor::Position;
use hintwire::event::{Event, StoredEvent};
use hintwire::topic::{Patterns, Selection, Topic};
use tempfile::TempDir;

/// An engine, with what must live as long as it does.
pub struct Engine {
    pub backlog: Arc<dyn Backlog>,
    _directory: Option<TempDir>,
}

pub fn memory() -> Engine {
    Engine { backlog: Arc::new(Memory::default()), _directory: None }
}

/// With the smallest segments, so that there are several.
pub fn log() -> Engine {
    let directory = TempDir::new().unwrap();
    let settings = LogSettings { segment_bytes: 64 << 10, ..LogSettings::default() };
    let backlog = LogBacklog::open(directory.path(), settings).unwrap();
    Engine { backlog: Arc::new(backlog), _directory: Some(directory) }
}

pub fn patterns(texts: &[&str]) -> Patterns {
    Patterns::parse(texts, 1000, "topics").unwrap()
}

/// Everything but `~` topics.
pub fn all() -> Patterns {
    patterns(&["**"])
}

pub fn event(topic: &str, key: &str, data: impl Into<Vec<u8>>) -> Event {
    let topic = Topic::parse(topic, "topic").unwrap();
    Event { key: key.into(), ..Event::new(topic, data.into()) }
}

pub fn with_id(id: &str, event: Event) -> Event {
    Event { id: id.into(), ..event }
}

pub fn tombstone(topic: &str, key: &str) -> Event {
    Event { deleted: true, ..event(topic, key, "") }
}

pub fn batch(events: Vec<Event>, expected: Option<Expected>) -> Batch {
    Batch { events: events.into_iter().map(Event::encode).collect(), expected }
}

/// Whether a stored event is the one published.
pub fn is(stored: &StoredEvent, event: &Event) -> bool {
    stored.wire == event.clone().encode().wire
}

pub fn key_of(stored: &StoredEvent) -> String {
    stored.view().unwrap().key.to_owned()
}

impl Engine {
    pub async fn append(&self, events: Vec<Event>) -> Vec<Placed> {
        match self.try_append(events, None).await {
            Outcome::Appended(placed) => placed,
            refused => panic!("{refused:?}"),
        }
    }

    pub async fn append_one(&self, event: Event) -> Position {
        self.append(vec![event]).await[0].position
    }

    pub async fn try_append(&self, events: Vec<Event>, expected: Option<Expected>) -> Outcome {
        self.backlog.append(batch(events, expected)).await
    }

    pub async fn page(&self, read: Read) -> Page {
        self.backlog.read(read).await.unwrap()
    }

    /// All retained events, page by page.
    pub async fn everything(&self) -> Vec<StoredEvent> {
        let mut events = Vec::new();
        let mut after = self.backlog.extent().earliest;
        loop {
            let page = self.page(read(after, all())).await;
            events.extend(page.events);
            after = page.next;
            if !page.has_more {
                return events;
            }
        }
    }

    pub async fn snapshot(&self, patterns: Patterns) -> Vec<StoredEvent> {
        let page = self.backlog.snapshot(snapshot_read(patterns)).await.unwrap();
        assert_eq!(page.next, None);
        page.events
    }
}

pub fn read(after: Position, patterns: Patterns) -> Read {
    let selection = Selection::of(patterns);
    Read { after, selection, events: 1000, bytes: 1 << 20, omit_data: false }
}

pub fn snapshot_read(patterns: Patterns) -> SnapshotRead {
    let keys = Vec::new();
    SnapshotRead { patterns, keys, after: None, events: 1000, bytes: 1 << 20, omit_data: false }
}
