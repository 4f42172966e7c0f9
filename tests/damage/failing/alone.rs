//! Without threads: each call of a life, in turn.

use hintwire::backlog::{Batch, Health, Outcome};
use hintwire::cursor::Position;
use hintwire::error::WriteOutcome;
use hintwire::event::Event;

use super::{Told, faults};
use crate::backlog::{event, open};
use crate::calls::Fault;
use crate::memory::Memory;
use crate::spoil::in_parallel;

/// Groups of a life: some segments, a trim in between.
const GROUPS: usize = 48;

/// The batches of a group. The second repeats an event of the first, and rests on it.
fn group(number: usize) -> [Vec<Event>; 3] {
    let own = |rank: usize| {
        let named = format!("group {number} {rank} ");
        let mut event = event(["a/x", "b/y"][number % 2], ["k", "l", "m"][rank], number);
        event.id = named.clone();
        event.data = [named.into_bytes(), vec![b'.'; 1000]].concat().into();
        event
    };
    [vec![own(0), own(1)], vec![own(1)], vec![own(2)]]
}

/// A life of a log on a disk of which a call fails; what it answered. Asserts that nothing is acknowledged once it has
/// failed, and that what it says about itself agrees with what it does.
fn live(disk: &Memory) -> Result<Told, String> {
    let mut told = Told::default();
    let Ok(mut log) = open(disk) else { return Ok(told) };
    for number in 0..GROUPS {
        let failed = matches!(*log.shared.health.lock(), Health::Failed(_));
        let batches = group(number);
        let encoded = batches.clone().map(|events| Batch {
            events: events.into_iter().map(Event::encode).collect(),
            expected: None,
        });
        let outcomes = log.writer.commit(encoded).outcomes;
        for (events, outcome) in batches.iter().zip(&outcomes) {
            told.note(events, outcome);
            if failed && *outcome != Outcome::Failed(WriteOutcome::NotWritten) {
                return Err(format!("{outcome:?} after a failure"));
            }
        }
        let all_acked = outcomes.iter().all(|outcome| matches!(outcome, Outcome::Appended(_)));
        if all_acked != (*log.shared.health.lock() == Health::Ok) {
            return Err(format!("{outcomes:?}, and health {:?}", log.shared.health.lock()));
        }
        if number % 5 == 0 {
            // What fails here is tried again later.
            let _ = log.maintenance.lock().step();
        }
        if number == GROUPS / 2 {
            let _ = log.maintenance.lock().trim(Position(log.shared.head().0 / 2));
        }
    }
    told.holds(&log, false)?;
    Ok(told)
}

fn judge(fault: Fault) -> Result<(), String> {
    let disk = Memory::failing(fault);
    live(&disk).and_then(|told| told.holds_after_a_crash(&disk))
}

#[test]
fn whichever_call_fails_nothing_is_acknowledged_after_it_and_what_was_is_there() {
    let whole = Memory::default();
    assert_eq!(live(&whole).unwrap().acked.len(), GROUPS * 3);
    let all: Vec<Fault> = (1..=whole.calls().made()).flat_map(faults).collect();
    let broken = in_parallel(&all, |fault| judge(*fault));
    println!("calls failing: {} of {} calls in {} ways", all.len(), whole.calls().made(), 3);
    assert!(broken.is_empty(), "{} broken: {:#?}", broken.len(), &broken[..broken.len().min(5)]);
}
