//! Behind threads, with many who wait.

use hintwire::backlog::log::engine::LogBacklog;
use hintwire::backlog::{Backlog, Batch, Health, Outcome, Receipt};
use hintwire::event::Event;

use super::{Told, faults};
use crate::backlog::{event, open};
use crate::calls::Fault;
use crate::memory::Memory;

/// Batches that are queued at once, so that many share a write.
const WAITERS: usize = 60;

fn batch(number: usize) -> Vec<Event> {
    let data = [format!("batch {number} ").into_bytes(), vec![b'.'; 2000]].concat();
    vec![Event { data: data.into(), ..event("a/x", "k", number) }]
}

/// All wait for their batches but every seventh, who leaves at once.
async fn wait_for_all(disk: &Memory) -> Option<Told> {
    let backlog = LogBacklog::start(open(disk).ok()?).ok()?;
    let encoded = |events: Vec<Event>| Batch {
        events: events.into_iter().map(Event::encode).collect(),
        expected: None,
    };
    let receipts: Vec<(usize, Receipt)> =
        (0..WAITERS).map(|number| (number, backlog.append(encoded(batch(number))))).collect();
    let (mut told, mut refused) = (Told::default(), false);
    for (number, receipt) in receipts {
        if number % 7 == 0 {
            told.unknown.push(batch(number)[0].data.to_vec());
            continue;
        }
        let outcome = receipt.await;
        told.note(&batch(number), &outcome);
        let acked = matches!(outcome, Outcome::Appended(_));
        let failed = matches!(outcome, Outcome::Failed(_));
        assert!(!(acked && refused), "batch {number} was acknowledged after a failure");
        refused |= failed;
    }
    // The writer's own failures are final; others concern nobody who publishes.
    let health = backlog.status().health;
    assert_eq!(refused, matches!(health, Health::Failed(_)), "{health:?}");
    Some(told)
}

async fn judge(fault: Fault) -> Result<(), String> {
    let disk = Memory::failing(fault);
    let told = wait_for_all(&disk).await.unwrap_or_default();
    told.holds_after_a_crash(&disk)
}

#[tokio::test]
async fn whichever_call_fails_everybody_who_waits_is_answered_and_a_waiter_that_left_costs_nobody()
{
    for fault in (1..=50).flat_map(faults) {
        judge(fault).await.unwrap_or_else(|what| panic!("{fault:?}: {what}"));
    }
}
