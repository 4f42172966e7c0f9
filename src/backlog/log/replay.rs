//! Reading a segment at the start: its events go into the topic table, the id window and a live index.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::checkpoint::Loaded;
use super::disk::Disk;
use super::error::{Damage, InFile, OpenError};
use super::ids::{IdWindow, UsedId};
use super::live::LiveIndex;
use super::record::{Batch, Entry, FIRST_RECORD, Header, Record, SEAL};
use super::scan::Scanner;
use super::segment::{Form, Segment, file_name};
use crate::cursor::Position;
use crate::event::{Event, EventView, Malformed, Micros, Once};
use crate::topic::Topic;
use crate::topic::table::{KeyState, TopicEntry, TopicTable};

/// What the events of the log are put into.
#[derive(Debug)]
pub struct Replay {
    /// All topics.
    pub topics: Arc<TopicTable>,
    /// The ids used lately.
    pub ids: IdWindow,
    /// The time now.
    pub now: Micros,
    /// When the last event was published.
    pub time: Micros,
    /// A checkpoint knows all events up to here; inception if there is none.
    pub known: Position,
    /// Tombstones before the trim point, which hide older survivors until all is read.
    pub tombstones: Vec<(Arc<TopicEntry>, String, Position)>,
}

/// A segment as far as it is valid.
#[derive(Debug)]
pub struct Replayed<D: Disk> {
    /// The segment.
    pub segment: Arc<Segment<D>>,
    /// When it was begun.
    pub created: Micros,
    /// Bytes of its file then.
    pub allocated: u64,
    /// Its last position; its base if it holds no event.
    pub last: Position,
    /// Where it ends: behind its seal, or where the first record that is none would begin.
    pub end: u64,
    /// Where begins what is not known to have been synced; `end` if all is.
    pub unproven: u64,
}

impl Replay {
    /// For who only looks: ids are not remembered.
    pub fn without_ids() -> Self {
        Self {
            topics: Arc::new(TopicTable::default()),
            ids: IdWindow::new(Duration::ZERO, 0),
            now: Micros(u64::MAX),
            time: Micros::default(),
            known: Position::INCEPTION,
            tombstones: Vec::new(),
        }
    }

    /// Takes over what a checkpoint holds.
    pub fn resume(&mut self, loaded: Loaded) {
        self.known = loaded.reach.at;
        self.time = self.time.max(loaded.reach.time);
        for used in loaded.ids {
            self.time = self.time.max(used.time);
            if self.ids.covers(used.time, self.now) {
                self.ids.push(used);
            }
        }
    }

    /// Reads a segment of survivors; older ones first. Needed only if no checkpoint knows them.
    pub fn survivors<D: Disk>(&mut self, segment: &Segment<D>) -> Result<(), OpenError> {
        let name = file_name(segment.number);
        let mut scanner =
            Scanner::new(&*segment.file, segment.seed, FIRST_RECORD).in_file(&name)?;
        while let Some((at, record)) = scanner.advance().in_file(&name)? {
            let Record::Batch(batch) = record else { return Ok(()) };
            let kept = batch.entries().try_for_each(|(_, entry)| self.survivor(&entry));
            kept.map_err(|_| Damage::new(&name, at, "a record holds what is no event"))?;
        }
        Ok(())
    }

    fn survivor(&mut self, entry: &Entry<'_>) -> Result<(), Malformed> {
        let view = EventView::parse(entry.wire)?;
        let topic = self.topics.entry(&Topic::parse(view.topic, "topic").map_err(|_| Malformed)?);
        let state = KeyState { position: entry.position, deleted: view.deleted };
        self.topics.keep(&topic, view.key, state);
        if view.deleted {
            self.tombstones.push((topic, view.key.to_owned(), entry.position));
        }
        Ok(())
    }

    /// Forgets the keys that were deleted before the trim point, and not published since.
    pub fn forget_deleted(&mut self) {
        for (topic, key, position) in std::mem::take(&mut self.tombstones) {
            self.topics.forget_key(&topic, &key, position);
        }
    }

    /// Reads a segment up to its seal or to the first invalid record. All up to `proven` is known to be synced.
    pub fn segment<D: Disk>(
        &mut self,
        file: Arc<D::File>,
        header: &Header,
        seed: u32,
        proven: Position,
    ) -> Result<Replayed<D>, OpenError> {
        let name = file_name(header.number);
        let live = LiveIndex::new(header.base);
        let seal = OnceLock::new();
        let mut scanner = Scanner::new(&*file, seed, FIRST_RECORD).in_file(&name)?;
        let mut unproven = Unproven::new(header.base, proven);
        let (mut last, mut end) = (header.base, FIRST_RECORD);
        while let Some((at, record)) = scanner.advance().in_file(&name)? {
            match record {
                Record::Batch(batch) if batch.header.first.0 == last.0 + 1 => {
                    let read = self.batch(&batch, at, &live);
                    read.map_err(|_| Damage::new(&name, at, "a record holds what is no event"))?;
                    last = batch.last();
                    end = at + batch.header.padded() as u64;
                    unproven.add(at, last, batch.header.synced);
                }
                Record::Seal(found) if found.last == last && found.len == at + SEAL as u64 => {
                    end = found.len;
                    // A seal was written after all before it was synced; itself it may be new.
                    unproven.records = VecDeque::from([(at, found.next)]);
                    // It has the time of the group that came after it, which a crash may have taken.
                    self.time = self.time.max(found.time);
                    let _ = seal.set(found);
                    break;
                }
                Record::Batch(_) | Record::Seal(_) => break,
            }
        }
        let unproven = unproven.records.front().map_or(end, |(at, _)| *at);
        let Header { number, base, created, allocated, .. } = *header;
        let segment = Segment { number, base, seed, file, form: Form::Live(live), seal };
        Ok(Replayed { segment: Arc::new(segment), created, allocated, last, end, unproven })
    }

    fn batch(&mut self, batch: &Batch<'_>, at: u64, live: &LiveIndex) -> Result<(), Malformed> {
        batch.entries().try_for_each(|(place, entry)| {
            let offset = u32::try_from(at + place as u64).map_err(|_| Malformed)?;
            self.event(&entry, offset, live)
        })
    }

    fn event(&mut self, entry: &Entry<'_>, offset: u32, live: &LiveIndex) -> Result<(), Malformed> {
        let view = EventView::parse(entry.wire)?;
        let topic = match self.topics.get(view.topic) {
            Some(topic) => topic,
            None => self.topics.entry(&Topic::parse(view.topic, "topic").map_err(|_| Malformed)?),
        };
        live.push(&topic, offset);
        let state = KeyState { position: entry.position, deleted: view.deleted };
        self.topics.record(&topic, view.key, state);
        self.time = self.time.max(entry.time);
        let new = entry.position > self.known;
        if new && !view.id.is_empty() && self.ids.covers(entry.time, self.now) {
            let once = once(&view, topic.topic());
            self.ids.push(UsedId { once, position: entry.position, time: entry.time });
        }
        Ok(())
    }
}

/// The identity of a kept event.
fn once(view: &EventView<'_>, topic: &Topic) -> Once {
    let owned = |(key, value): &(&str, &str)| (key.to_string(), value.to_string());
    Once::of(&Event {
        topic: topic.clone(),
        key: view.key.into(),
        id: view.id.into(),
        event_type: view.event_type.into(),
        time: view.time,
        content_type: view.content_type.into(),
        attributes: view.attributes.iter().map(owned).collect(),
        deleted: view.deleted,
        data: view.data.to_vec().into(),
    })
}

/// The newest records of a segment: those that nothing yet proves to have been synced.
struct Unproven {
    proven: Position,
    /// Where each begins, and its last position.
    records: VecDeque<(u64, Position)>,
}

impl Unproven {
    fn new(base: Position, proven: Position) -> Self {
        // The header is written with the first event, and proven with it.
        let mut unproven = Self { proven, records: VecDeque::from([(0, Position(base.0 + 1))]) };
        unproven.drop_proven();
        unproven
    }

    fn add(&mut self, at: u64, last: Position, synced: Position) {
        self.proven = self.proven.max(synced);
        self.records.push_back((at, last));
        self.drop_proven();
    }

    fn drop_proven(&mut self) {
        while self.records.pop_front_if(|(_, last)| *last <= self.proven).is_some() {}
    }
}
