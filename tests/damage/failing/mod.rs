//! One call fails, whichever it is: nothing is acknowledged after a failed write or sync, reads go on, and a start finds
//! what was acknowledged.

mod alone;
mod threads;

use std::collections::BTreeMap;
use std::io::ErrorKind;

use hintwire::backlog::log::Log;
use hintwire::backlog::{Batch, Outcome};
use hintwire::error::WriteOutcome;
use hintwire::event::Event;

use crate::backlog::open;
use crate::calls::Fault;
use crate::contents::Contents;
use crate::memory::Memory;

/// Every way for a call to fail.
fn faults(nth: u64) -> [Fault; 3] {
    let fault = |kind, forgets| Fault { nth, kind, forgets };
    [
        fault(ErrorKind::Other, false),
        fault(ErrorKind::Other, true),
        fault(ErrorKind::StorageFull, false),
    ]
}

/// What was answered for events, by their data.
#[derive(Debug, Default)]
struct Told {
    /// With the position.
    acked: BTreeMap<Vec<u8>, u64>,
    unknown: Vec<Vec<u8>>,
}

impl Told {
    /// Notes what became of a batch.
    fn note(&mut self, events: &[Event], outcome: &Outcome) {
        match outcome {
            Outcome::Appended(placed) => {
                for (event, placed) in events.iter().zip(placed) {
                    self.acked.insert(event.data.to_vec(), placed.position.0);
                }
            }
            Outcome::Failed(WriteOutcome::Unknown) => {
                self.unknown.extend(events.iter().map(|event| event.data.to_vec()));
            }
            Outcome::Failed(WriteOutcome::NotWritten) | Outcome::NoSpace => {}
            other => panic!("{other:?}"),
        }
    }

    /// What was acknowledged is there, at its place, after what was trimmed; nothing else is but what may have been
    /// written.
    fn holds(&self, log: &Log<Memory>, or_unknown: bool) -> Result<(), String> {
        let found = Contents::of(log).map_err(|error| format!("{error:?}"))?;
        let data = |event: &hintwire::event::StoredEvent| event.view().unwrap().data.to_vec();
        let there: BTreeMap<Vec<u8>, u64> =
            found.log().iter().map(|event| (data(event), event.position.0)).collect();
        let retained = self.acked.iter().filter(|(_, at)| **at > found.earliest.0);
        for (event, at) in retained {
            if there.get(event) != Some(at) {
                return Err(format!(
                    "position {at} was acknowledged, and is {:?}",
                    there.get(event)
                ));
            }
        }
        let mut others = there.iter().filter(|(event, _)| !self.acked.contains_key(*event));
        match others.find(|(event, _)| !or_unknown || !self.unknown.contains(event)) {
            Some((_, at)) => Err(format!("position {at} is there, and was not acknowledged")),
            None => Ok(()),
        }
    }

    /// A start after a crash finds it, goes on, and leaves it to the next.
    fn holds_after_a_crash(&self, disk: &Memory) -> Result<(), String> {
        let disk = Memory::of(&disk.image());
        for _ in 0..2 {
            let mut log = open(&disk).map_err(|error| format!("reopened: {error}"))?;
            self.holds(&log, true).map_err(|what| format!("reopened: {what}"))?;
            let events = vec![Event::encode(crate::backlog::event("~later/a", "", 0))];
            let outcome = log.writer.commit([Batch { events, expected: None }]).outcomes.remove(0);
            if !matches!(outcome, Outcome::Appended(_)) {
                return Err(format!("reopened: {outcome:?}"));
            }
        }
        Ok(())
    }
}
