//! The bounded queue before the writer's thread.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::backlog::{Batch, Outcome, Receipt};
use crate::limits::{APPEND_QUEUE, APPEND_QUEUE_BYTES, GROUP_BYTES};
use crate::sync::{Condvar, Mutex};

/// A batch and who waits for it.
pub type Waiting = (Batch, oneshot::Sender<Outcome>);

/// Batches that wait for the writer, in call order.
#[derive(Debug, Default)]
pub struct Queue {
    state: Mutex<State>,
    filled: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Waiting>,
    bytes: usize,
    closed: bool,
    /// The writer sleeps, and must be woken.
    asleep: bool,
}

impl Queue {
    /// Adds a batch, unless the queue is full or closed.
    pub fn push(&self, batch: Batch) -> Receipt {
        let bytes = batch.bytes();
        let mut state = self.state.lock();
        if state.closed {
            return Receipt::resolved(Outcome::Closing);
        }
        if state.waiting.len() >= APPEND_QUEUE
            || (state.bytes > 0 && state.bytes + bytes > APPEND_QUEUE_BYTES)
        {
            return Receipt::resolved(Outcome::Busy);
        }
        let (sender, receipt) = Receipt::pair();
        state.waiting.push_back((batch, sender));
        state.bytes += bytes;
        if std::mem::take(&mut state.asleep) {
            self.filled.notify_one();
        }
        receipt
    }

    /// Takes what waits, but at most one group; waits for the first for a while. `None` once closed and empty.
    pub fn take(&self, at_most: Duration) -> Option<Vec<Waiting>> {
        let mut state = self.state.lock();
        if state.waiting.is_empty() && !state.closed {
            state.asleep = true;
            self.filled.wait_for(&mut state, at_most);
            state.asleep = false;
        }
        if state.waiting.is_empty() && state.closed {
            return None;
        }
        Some(state.group())
    }

    /// Refuses what comes from now on.
    pub fn close(&self) {
        self.state.lock().closed = true;
        self.filled.notify_one();
    }

    /// Refuses what comes from now on, and drops what waits: nobody will take it.
    pub fn abandon(&self) {
        self.close();
        self.state.lock().waiting.clear();
    }
}

impl State {
    fn group(&mut self) -> Vec<Waiting> {
        let (mut bytes, mut count) = (0, 0);
        for (batch, _) in &self.waiting {
            bytes += batch.bytes();
            if count > 0 && bytes > GROUP_BYTES {
                bytes -= batch.bytes();
                break;
            }
            count += 1;
        }
        self.bytes -= bytes;
        self.waiting.drain(..count).collect()
    }
}

#[cfg(feature = "loom")]
#[cfg(test)]
mod loom_tests;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use crate::topic::Topic;

    fn batch(bytes: usize) -> Batch {
        let event = Event::new(Topic::parse("t", "topic").unwrap(), vec![0; bytes]).encode();
        Batch { events: vec![event], expected: None }
    }

    async fn refused(queue: &Queue, bytes: usize) -> Outcome {
        queue.push(batch(bytes)).await
    }

    #[tokio::test]
    async fn a_full_queue_refuses_and_takes_again_once_it_was_emptied() {
        let queue = Queue::default();
        let taken: Vec<Receipt> = (0..APPEND_QUEUE).map(|_| queue.push(batch(1))).collect();
        assert_eq!(refused(&queue, 1).await, Outcome::Busy);
        assert_eq!(queue.take(Duration::ZERO).unwrap().len(), taken.len());
        drop(queue.push(batch(APPEND_QUEUE_BYTES)));
        assert_eq!(refused(&queue, 1).await, Outcome::Busy);
    }

    #[test]
    fn a_group_is_bounded_but_holds_a_batch_of_any_size() {
        let queue = Queue::default();
        for bytes in [GROUP_BYTES + 1, GROUP_BYTES / 2, GROUP_BYTES / 3, GROUP_BYTES / 3] {
            drop(queue.push(batch(bytes)));
        }
        let groups: Vec<usize> =
            (0..3).map(|_| queue.take(Duration::ZERO).unwrap().len()).collect();
        assert_eq!(groups, [1, 2, 1]);
    }

    #[tokio::test]
    async fn a_closed_queue_gives_out_what_it_has_and_takes_nothing() {
        let queue = Queue::default();
        drop(queue.push(batch(1)));
        queue.close();
        assert_eq!(refused(&queue, 1).await, Outcome::Closing);
        assert_eq!(queue.take(Duration::ZERO).unwrap().len(), 1);
        assert!(queue.take(Duration::ZERO).is_none());
    }
}
