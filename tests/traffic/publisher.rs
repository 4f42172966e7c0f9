//! Publishers: each sends its batches one after another, and again by id until it knows that they are there.

use std::time::Duration;

use hintwire::v1;
use tokio::time::{MissedTickBehavior, interval};

use crate::run::{Phase, Rare, Run};
use crate::validate::convert;
use crate::view;
use crate::wire::Wire;

/// With 8 publishers and batches of 2 this fills a segment of 64 KiB about every 200 ms.
const PACE: Duration = Duration::from_millis(40);
/// So many batches follow when the network is calm.
const CALM_BATCHES: usize = 10;

pub async fn publish(run: Run, nth: usize) {
    let mut dice = run.dice("publisher", nth);
    let mut ticks = interval(PACE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut sent: Vec<Vec<v1::Event>> = Vec::new();
    // Half of them go straight to the hub.
    let way = if nth.is_multiple_of(2) { Wire::straight } else { Wire::new };
    let (mut wire, mut calm) = (way(&run), 0);
    while calm < CALM_BATCHES {
        if !run.is(Phase::Chaos) {
            calm += 1;
        }
        if calm == 1 {
            wire = way(&run);
        }
        ticks.tick().await;
        let again = dice.u32(..10) == 0 && !sent.is_empty();
        let events = if again {
            sent[dice.usize(sent.len().saturating_sub(50)..sent.len())].clone()
        } else {
            (0..dice.usize(1..4))
                .map(|n| view::random(&mut dice, format!("p{nth}-{}-{n}", sent.len())))
                .collect()
        };
        until_answered(&run, &wire, &events, &mut ticks).await;
        sent.push(events);
    }
}

/// What was lost on the way is sent again: ids make that safe.
pub async fn until_answered(
    run: &Run,
    wire: &Wire,
    events: &[v1::Event],
    ticks: &mut tokio::time::Interval,
) -> Vec<v1::publish_response::Result> {
    loop {
        match wire.publish(events).await {
            Ok(answer) => {
                for placed in &answer.results {
                    run.place(convert::cursor(&placed.cursor));
                    if placed.duplicate {
                        Rare::count(&run.rare.repeats);
                    }
                }
                return answer.results;
            }
            Err(error) => assert!(error.is_transient(), "a good batch was refused: {error}"),
        }
        ticks.tick().await;
    }
}
