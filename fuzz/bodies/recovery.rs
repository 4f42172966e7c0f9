//! The log on a simulated disk, driven by a stream of ops, crashed and opened again; its history keeps every guarantee.

use std::sync::Arc;

use hintwire::backlog::log::{Dice, Log, LogSettings, read};
use hintwire::backlog::{Batch, Outcome, Read};
use hintwire::cursor::Position;
use hintwire::error::WriteOutcome;
use hintwire::event::{Event, Micros};
use hintwire::topic::{Patterns, Selection, Topic};

use super::Bytes;
use super::disk::{DiskFaults, SimDisk};
use super::validate::{Recorder, Refusal, What, convert, validate};

const SIZES: [usize; 4] = [0, 100, 5_000, 30_000];

pub fn run(bytes: &[u8]) {
    let mut input = Bytes(bytes);
    let disk = SimDisk::new(input.number().into(), DiskFaults::default(), Micros(1_000_000));
    let mut world = World { log: None, disk, recorder: Recorder::new(), events: 0 };
    world.open();
    for _ in 0..200 {
        let Some(op) = input.byte() else { break };
        world.step(op, &mut input);
    }
    world.lose_power();
    world.read_all();
    validate(&world.recorder.finish()).unwrap_or_else(|violation| panic!("{violation}"));
}

struct World {
    log: Option<Log<SimDisk>>,
    disk: SimDisk,
    recorder: Recorder,
    events: u32,
}

impl World {
    fn step(&mut self, op: u8, input: &mut Bytes<'_>) {
        let argument = input.byte().unwrap_or_default();
        match op % 8 {
            0..3 => self.publish(argument),
            3 => drop(self.with(|log| log.maintenance.lock().step())),
            4 => self.trim(argument),
            // The next steps, a recovery perhaps, end in the middle of something.
            5 => self.disk.crash_at_call(self.disk.calls() + u64::from(argument)),
            6 => self.lose_power(),
            _ => self.stop(),
        }
        if self.disk.is_off() {
            self.lose_power();
        }
    }

    fn with<T>(&mut self, act: impl FnOnce(&mut Log<SimDisk>) -> T) -> T {
        act(self.log.as_mut().unwrap())
    }

    /// A batch; some of its events repeat an id.
    fn publish(&mut self, argument: u8) {
        let size = SIZES[usize::from(argument >> 6)];
        let events: Vec<Event> =
            (0..=argument % 4).map(|n| self.event(n, argument, size)).collect();
        let batch = events.iter().cloned().map(Event::encode).collect();
        let began = self.recorder.began();
        let batch = Batch { events: batch, expected: None };
        let outcome = self.with(|log| log.writer.commit([batch]).outcomes.remove(0));
        let result = match outcome {
            Outcome::Appended(placed) => Ok(placed
                .iter()
                .map(|placed| (self.cursor(placed.position), placed.duplicate))
                .collect()),
            Outcome::Conflict { .. } => refused("ID_CONFLICT", false),
            Outcome::Failed(outcome) => refused("BACKLOG_FAILED", outcome == WriteOutcome::Unknown),
            other => refused(&format!("{other:?}"), false),
        };
        let events = events.into_iter().map(Arc::new).collect();
        self.recorder.record(began, What::Publish { events, result });
    }

    fn event(&mut self, nth: u8, argument: u8, size: usize) -> Event {
        self.events += 1;
        let topic = Topic::parse(["a", "a/b", "c"][usize::from(argument % 3)], "topic").unwrap();
        let id =
            if argument & 8 == 0 { String::new() } else { argument.wrapping_add(nth).to_string() };
        let key = ["", "k"][usize::from(argument >> 4 & 1)].to_owned();
        let mut data =
            if id.is_empty() { self.events.to_string() } else { id.clone() }.into_bytes();
        data.resize(data.len() + size, b'd');
        Event { id, key, ..Event::new(topic, data) }
    }

    fn trim(&mut self, argument: u8) {
        let before = self.with(|log| log.shared.head().0) * u64::from(argument) / 255;
        let began = self.recorder.began();
        if self.with(|log| log.maintenance.lock().trim(Position(before)).is_ok()) {
            let earliest = self.with(|log| log.shared.extent().earliest);
            self.recorder.record(began, What::Trimmed { earliest: self.cursor(earliest) });
        }
    }

    fn lose_power(&mut self) {
        self.log = None;
        self.recorder.note(What::Crashed);
        self.disk = self.disk.crash();
        self.open();
    }

    fn stop(&mut self) {
        let closed = self.log.take().unwrap().close();
        assert!(closed.is_ok() || self.disk.is_off(), "{closed:?}");
        if !self.disk.is_off() {
            self.open();
        }
    }

    /// Opens the log, again if the power went in the middle of it.
    fn open(&mut self) {
        loop {
            let settings = LogSettings { segment_bytes: 64 << 10, ..LogSettings::default() };
            let dice = Dice { incarnation: 7, salt: 9 };
            match Log::open(self.disk.clone(), settings, self.disk.clock(), dice) {
                Ok(log) => break self.log = Some(log),
                Err(_) if self.disk.is_off() => self.disk = self.disk.crash(),
                Err(error) => panic!("a log that crashed cannot be opened: {error}"),
            }
        }
        let extent = self.with(|log| log.shared.extent());
        let (earliest, head) = (self.cursor(extent.earliest), self.cursor(extent.head));
        self.recorder.note(What::Started { earliest, head });
    }

    fn cursor(&self, position: Position) -> hintwire::cursor::Cursor {
        self.log.as_ref().unwrap().shared.lineage.cursor(position)
    }

    fn read_all(&mut self) {
        let extent = self.with(|log| log.shared.extent());
        let patterns = Patterns::parse(&["**"], 1, "topics").unwrap();
        let selection = Selection::of(patterns);
        let (mut after, mut events) = (extent.earliest, Vec::new());
        let head = loop {
            let wanted = Read {
                after,
                selection: selection.clone(),
                events: 1000,
                bytes: 1 << 20,
                omit_data: false,
            };
            let log = self.log.as_ref().unwrap();
            let page = read::read(&log.shared, &wanted).unwrap();
            let lineage = &log.shared.lineage;
            events.extend(page.events.iter().map(|event| convert::seen(lineage, event)));
            after = page.next;
            if !page.has_more {
                break page.head;
            }
        };
        let (earliest, head) = (self.cursor(extent.earliest), self.cursor(head));
        self.recorder.note(What::Log { earliest, head, events });
    }
}

fn refused<T>(reason: &str, unknown: bool) -> Result<T, Refusal> {
    Err(Refusal { reason: reason.into(), unknown })
}
