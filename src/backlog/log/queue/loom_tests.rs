//! Models of group commit: callers, the writer's thread, a close and the writer's end.

use std::sync::Arc;

use loom::future::block_on;
use loom::thread::{self, JoinHandle};

use super::*;
use crate::error::WriteOutcome;
use crate::event::Event;
use crate::sync::model;
use crate::topic::Topic;

fn batch(data: &str) -> Batch {
    let event = Event::new(Topic::parse("t", "topic").unwrap(), data.to_owned()).encode();
    Batch { events: vec![event], expected: None }
}

fn data(batch: &Batch) -> String {
    let event = &batch.events[0];
    String::from_utf8_lossy(event.wire.get(event.wire.len() - 1..).unwrap()).into_owned()
}

/// The writer's thread: answers what it takes, and ends with the queue or after so many batches. Gives the data of what it
/// took, in order.
fn writer(queue: &Arc<Queue>, batches: usize) -> JoinHandle<String> {
    let queue = Arc::clone(queue);
    thread::spawn(move || {
        let mut taken = String::new();
        while taken.len() < batches
            && let Some(group) = queue.take(Duration::MAX)
        {
            for (batch, waiting) in group {
                taken.push_str(&data(&batch));
                let _ = waiting.send(Outcome::Appended(Vec::new()));
            }
        }
        taken
    })
}

fn publisher(queue: &Arc<Queue>, batches: &'static [&'static str]) -> JoinHandle<Vec<Outcome>> {
    let queue = Arc::clone(queue);
    thread::spawn(move || {
        let receipts: Vec<Receipt> = batches.iter().map(|data| queue.push(batch(data))).collect();
        receipts.into_iter().map(block_on).collect()
    })
}

#[test]
fn a_writer_that_falls_asleep_is_woken_by_the_next_batch_and_keeps_the_order_of_each_caller() {
    model(|| {
        let queue = Arc::<Queue>::default();
        let publishers = [publisher(&queue, &["a", "b"]), publisher(&queue, &["c"])];
        let taken = writer(&queue, 3).join().unwrap();
        assert!(["abc", "acb", "cab"].contains(&&*taken), "{taken}");
        for outcome in publishers.into_iter().flat_map(|publisher| publisher.join().unwrap()) {
            assert_eq!(outcome, Outcome::Appended(Vec::new()));
        }
    });
}

#[test]
fn a_close_ends_the_writer_after_it_has_answered_all_that_was_taken_in() {
    model(|| {
        let queue = Arc::<Queue>::default();
        let publisher = publisher(&queue, &["a", "b"]);
        let writer = writer(&queue, usize::MAX);
        queue.close();
        let taken = writer.join().unwrap();
        let outcomes = publisher.join().unwrap();
        for (outcome, data) in outcomes.into_iter().zip(["a", "b"]) {
            let answer =
                if taken.contains(data) { Outcome::Appended(Vec::new()) } else { Outcome::Closing };
            assert_eq!(outcome, answer);
        }
    });
}

#[test]
fn whoever_publishes_while_the_writer_ends_is_told_that_the_outcome_is_unknown_or_refused() {
    model(|| {
        let queue = Arc::<Queue>::default();
        let publisher = publisher(&queue, &["a", "b"]);
        queue.abandon();
        for outcome in publisher.join().unwrap() {
            let unknown = Outcome::Failed(WriteOutcome::Unknown);
            assert!([unknown, Outcome::Closing].contains(&outcome), "{outcome:?}");
        }
    });
}

#[test]
fn a_receipt_that_is_dropped_at_any_moment_takes_nothing_with_it() {
    model(|| {
        let queue = Arc::<Queue>::default();
        let canceller = thread::spawn({
            let queue = Arc::clone(&queue);
            move || drop(queue.push(batch("a")))
        });
        let publisher = publisher(&queue, &["b"]);
        let taken = writer(&queue, 2).join().unwrap();
        assert!(["ab", "ba"].contains(&&*taken), "{taken}");
        canceller.join().unwrap();
        assert_eq!(publisher.join().unwrap(), [Outcome::Appended(Vec::new())]);
    });
}
