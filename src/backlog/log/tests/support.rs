//! A log in a temporary directory, driven without threads.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tempfile::TempDir;

use super::faulty::Faulty;
use crate::backlog::log::dir::Dir;
use crate::backlog::log::disk::Disk;
use crate::backlog::log::record;
use crate::backlog::log::scan::Scanner;
use crate::backlog::log::{Dice, Log, LogSettings, OpenError, glance, read};
use crate::backlog::{Batch, Expected, Outcome, Placed, Read};
use crate::cursor::Position;
use crate::event::{Event, Micros};
use crate::topic::{Patterns, Selection, Topic};

/// A second, in the clock's unit.
pub const SECOND: u64 = 1_000_000;

/// A directory, and a clock that stands still unless it is moved.
pub struct Place {
    pub temp: TempDir,
    pub settings: LogSettings,
    pub now: Arc<AtomicU64>,
}

impl Place {
    pub fn new() -> Self {
        let settings = LogSettings { segment_bytes: 64 << 10, ..LogSettings::default() };
        let now = Arc::new(AtomicU64::new(1_700_000_000 * SECOND));
        Self { temp: tempfile::tempdir().unwrap(), settings, now }
    }

    pub fn path(&self) -> &Path {
        self.temp.path()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// A copy, with a clock of its own.
    pub fn copy(&self) -> Self {
        let copy = Self { settings: self.settings.clone(), ..Self::new() };
        for entry in fs::read_dir(self.path()).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
        }
        copy
    }

    pub fn disk(&self) -> Faulty {
        Faulty::new(Dir::open(self.path()).unwrap())
    }

    /// Flips bits of one byte.
    pub fn flip(&self, name: &str, offset: u64) {
        let mut bytes = fs::read(self.file(name)).unwrap();
        bytes[offset as usize] ^= 0x55;
        fs::write(self.file(name), bytes).unwrap();
    }

    /// Makes a file end at a place, and go on with zeros if it is one that is allocated.
    pub fn lose_from(&self, name: &str, offset: u64) {
        let mut bytes = fs::read(self.file(name)).unwrap();
        bytes[offset as usize..].fill(0);
        fs::write(self.file(name), bytes).unwrap();
    }

    /// The damage that keeps the log from being opened: file and offset. A look finds the same, and changes nothing.
    pub fn damage(&self) -> (String, u64) {
        let damage = match self.try_open().err() {
            Some(OpenError::Damaged(damage)) => damage,
            other => panic!("{other:?}"),
        };
        let seen = glance(&Dir::open(self.path()).unwrap()).unwrap_err();
        assert_eq!(seen.to_string(), damage.to_string());
        (damage.file, damage.offset)
    }

    pub fn wait(&self, seconds: u64) {
        self.now.fetch_add(seconds * SECOND, Ordering::SeqCst);
    }

    pub fn try_open(&self) -> Result<Log<Dir>, OpenError> {
        self.try_open_on(Dir::open(self.path()).unwrap())
    }

    pub fn try_open_on<D: Disk>(&self, disk: D) -> Result<Log<D>, OpenError> {
        let now = Arc::clone(&self.now);
        let clock = Arc::new(move || Micros(now.load(Ordering::SeqCst)));
        Log::open(disk, self.settings.clone(), clock, Dice { incarnation: 7, salt: 9 })
    }

    pub fn open(&self) -> Log<Dir> {
        self.try_open().unwrap()
    }
}

pub fn event(topic: &str, data: impl Into<Vec<u8>>) -> Event {
    Event::new(Topic::parse(topic, "topic").unwrap(), data.into())
}

pub fn keyed(topic: &str, key: &str) -> Event {
    keyed_with(topic, key, "k")
}

pub fn keyed_with(topic: &str, key: &str, data: impl Into<Vec<u8>>) -> Event {
    Event { key: key.into(), ..event(topic, data) }
}

pub fn with_id(topic: &str, id: &str, data: &str) -> Event {
    Event { id: id.into(), ..event(topic, data) }
}

pub fn batch(events: impl IntoIterator<Item = Event>) -> Batch {
    Batch { events: events.into_iter().map(Event::encode).collect(), expected: None }
}

pub fn expecting(events: impl IntoIterator<Item = Event>, expected: Expected) -> Batch {
    Batch { expected: Some(expected), ..batch(events) }
}

/// Commits one group.
pub fn commit<D: Disk>(log: &mut Log<D>, batches: Vec<Batch>) -> Vec<Outcome> {
    log.writer.commit(batches).outcomes
}

/// Appends one event of a topic and tells where it is.
pub fn append<D: Disk>(log: &mut Log<D>, topic: &str, data: impl Into<Vec<u8>>) -> Position {
    match commit(log, vec![batch([event(topic, data)])]).remove(0) {
        Outcome::Appended(placed) => placed[0].position,
        outcome => panic!("{outcome:?}"),
    }
}

pub fn appended(positions: impl IntoIterator<Item = u64>) -> Outcome {
    let placed = |p| Placed { position: Position(p), duplicate: false };
    Outcome::Appended(positions.into_iter().map(placed).collect())
}

pub fn repeats(positions: impl IntoIterator<Item = u64>) -> Outcome {
    let placed = |p| Placed { position: Position(p), duplicate: true };
    Outcome::Appended(positions.into_iter().map(placed).collect())
}

/// All events: position and data.
pub fn all<D: Disk>(log: &Log<D>) -> Vec<(u64, Vec<u8>)> {
    let patterns = Patterns::parse(&["**"], 1, "topics").unwrap();
    let mut found = Vec::new();
    let mut after = log.shared.extent().earliest;
    loop {
        let wanted = Read {
            after,
            selection: Selection::of(patterns.clone()),
            events: 1000,
            bytes: 1 << 20,
            omit_data: false,
        };
        let page = read::read(&log.shared, &wanted).unwrap();
        found.extend(page.events.iter().map(|e| (e.position.0, e.view().unwrap().data.to_vec())));
        after = page.next;
        if !page.has_more {
            return found;
        }
    }
}

/// Positions of all events.
pub fn positions<D: Disk>(log: &Log<D>) -> Vec<u64> {
    all(log).into_iter().map(|found| found.0).collect()
}

/// Where each of the first segment's records begins, and where the last one ends.
pub fn records(place: &Place) -> Vec<u64> {
    let disk = Dir::open(place.path()).unwrap();
    let file = disk.open("00000001.log").unwrap();
    let mut scanner = Scanner::new(&file, record::seed(9, 1), record::FIRST_RECORD).unwrap();
    let mut places = vec![scanner.end()];
    while scanner.advance().unwrap().is_some() {
        places.push(scanner.end());
    }
    places
}
