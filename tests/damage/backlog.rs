//! A small backlog with something of everything: survivors left whole and survivors written anew, a key deleted before
//! the trim point, sealed segments with their index files, a checkpoint, a segment that is written to and one prepared.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hintwire::backlog::log::disk::Disk;
use hintwire::backlog::log::record::{FIRST_RECORD, seed};
use hintwire::backlog::log::scan::Scanner;
use hintwire::backlog::log::{Dice, Log, LogSettings, OpenError};
use hintwire::backlog::{Batch, Outcome};
use hintwire::cursor::Position;
use hintwire::event::{Event, Micros, StoredEvent};
use hintwire::topic::Topic;

use crate::contents::Contents;
use crate::memory::{Image, Memory};
use crate::spoil::Spoil;

/// Events of 3 KB that fit into a segment.
const A_SEGMENT: usize = 20;
pub const SALT: u64 = 9;

/// A backlog as it was left.
pub struct Left {
    /// Its files.
    pub image: Image,
    /// What it holds; before that, what it held one record earlier, and so on, back to the last place that another file
    /// proves to have been synced.
    pub contents: Vec<Contents>,
    /// All that was ever published before the trim point.
    pub trimmed: Vec<StoredEvent>,
}

/// Opens a directory, small segments, at a time that stands still.
pub fn open(disk: &Memory) -> Result<Log<Memory>, OpenError> {
    open_at(disk, &Arc::new(AtomicU64::new(2_000)))
}

fn open_at(disk: &Memory, now: &Arc<AtomicU64>) -> Result<Log<Memory>, OpenError> {
    let settings = LogSettings { segment_bytes: 64 << 10, ..LogSettings::default() };
    let now = Arc::clone(now);
    let clock = Arc::new(move || Micros(now.load(Ordering::Relaxed)));
    Log::open(disk.clone(), settings, clock, Dice { incarnation: 7, salt: SALT })
}

/// Appends one batch as one synced group.
pub fn commit(log: &mut Log<Memory>, events: Vec<Event>) -> Position {
    let events = events.into_iter().map(Event::encode).collect();
    match log.writer.commit([Batch { events, expected: None }]).outcomes.remove(0) {
        Outcome::Appended(placed) => placed.last().unwrap().position,
        outcome => panic!("{outcome:?}"),
    }
}

/// One event of 3 KB.
pub fn event(topic: &str, key: &str, number: usize) -> Event {
    let mut data = format!("event {number} ").into_bytes();
    data.resize(3000, b'a' + (number % 26) as u8);
    let event = Event::new(Topic::parse(topic, "topic").unwrap(), data);
    let id = if number.is_multiple_of(3) { format!("id {number}") } else { String::new() };
    Event { key: key.into(), id, ..event }
}

/// The backlog after a clean stop.
pub fn cleanly_stopped() -> Left {
    let (disk, log, trimmed) = written();
    log.close().unwrap();
    let image = disk.image();
    Left { contents: vec![contents(&image)], image, trimmed }
}

/// Records of the last group of [`killed`]: nothing proves that they were synced, although they were answered.
pub const UNPROVEN: usize = 2;

/// The backlog after its process was killed: the checkpoint does not know its last three groups.
pub fn killed() -> Left {
    let (disk, log, trimmed) = written();
    drop(log);
    let mut log = open(&disk).unwrap();
    log.maintenance.lock().checkpoint().unwrap();
    let mut held = vec![contents(&disk.image())];
    commit(&mut log, vec![event("a/x", "k", 900)]);
    held.push(contents(&disk.image()));
    commit(&mut log, vec![event("b/y", "k", 901), event("~own/z", "", 902)]);
    held.push(contents(&disk.image()));
    // One group of two batches. What is held between them is known from a twin that stops there.
    let twin = Memory::of(&disk.image());
    commit(&mut open(&twin).unwrap(), vec![event("a/x", "", 903)]);
    held.push(contents(&twin.image()));
    let batch = |number| Batch { events: vec![event("a/x", "", number).encode()], expected: None };
    let answered = log.writer.commit([batch(903), batch(904)]).outcomes;
    assert!(answered.iter().all(|outcome| matches!(outcome, Outcome::Appended(_))));
    held.push(contents(&disk.image()));
    Left { image: disk.image(), contents: held, trimmed }
}

fn contents(image: &Image) -> Contents {
    let log = open(&Memory::of(image)).unwrap();
    assert_eq!(log.shared.last_cut, None);
    Contents::of(&log).unwrap()
}

/// The backlog while it is open, and what was trimmed of it.
fn written() -> (Memory, Log<Memory>, Vec<StoredEvent>) {
    let (disk, now) = (Memory::default(), Arc::new(AtomicU64::new(1_000)));
    let mut log = open_at(&disk, &now).unwrap();
    let mut number = 0;
    let mut put = |log: &mut Log<Memory>, topic: &str, key: &str| {
        now.fetch_add(1, Ordering::Relaxed);
        number += 1;
        commit(log, vec![event(topic, key, number)])
    };
    // Two keys survive this segment: it is written anew.
    put(&mut log, "rare/a", "k");
    put(&mut log, "rare/b", "k");
    (2..A_SEGMENT).for_each(|n| _ = put(&mut log, "a/x", ["k", "l"][n % 2]));
    // Most keys survive this one: it stays as it is, with the last value of a key that is deleted later.
    put(&mut log, "rare/c", "gone");
    (1..A_SEGMENT).for_each(|n| _ = put(&mut log, "b/y", &format!("key {n}")));
    log.maintenance.lock().step().unwrap();
    let gone = Event { deleted: true, data: Vec::new().into(), ..event("rare/c", "gone", 1) };
    commit(&mut log, vec![gone]);
    let trimmed = (0..2 * A_SEGMENT).map(|_| put(&mut log, "a/x", "k")).last().unwrap();
    (0..A_SEGMENT).for_each(|n| _ = put(&mut log, ["a/x", "c/x/y", "~own/z"][n % 3], "k"));
    log.maintenance.lock().step().unwrap();
    let mut before = Contents::of(&log).unwrap().events.remove(0);
    log.maintenance.lock().trim(Position(trimmed.0 - A_SEGMENT as u64)).unwrap();
    (0..A_SEGMENT).for_each(|n| _ = put(&mut log, ["a/x", "b/y"][n % 2], "k"));
    log.maintenance.lock().step().unwrap();
    before.retain(|event| event.position <= log.shared.extent().earliest);
    (disk, log, before)
}

impl Left {
    /// All that it holds.
    pub fn whole(&self) -> &Contents {
        self.contents.last().unwrap()
    }

    /// The last segment cut to where each of its records ends: nothing of the next is left to be seen.
    pub fn at_records(&self) -> Vec<Spoil> {
        let name = self.last_segment();
        let number = name.trim_end_matches(".log").parse().unwrap();
        let file = Memory::of(&self.image).open(&name).unwrap();
        let mut scanner = Scanner::new(&file, seed(SALT, number), FIRST_RECORD).unwrap();
        let mut spoils = Vec::new();
        while scanner.advance().unwrap().is_some() {
            spoils
                .push(Spoil::Truncate { name: name.as_str().into(), len: scanner.end() as usize });
        }
        spoils
    }

    /// The segment that was written to: the last one that holds anything.
    pub fn last_segment(&self) -> String {
        let is_segment = |name: &&String| name.ends_with(".log");
        let begun = |name: &&String| self.image[*name].iter().any(|byte| *byte != 0);
        self.image.keys().filter(is_segment).rfind(begun).unwrap().clone()
    }
}
