//! What is published, whoever takes it: numbered events of 256 bytes.

use std::fmt::Write;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crate::Result;

/// Bytes of an event's data.
pub(crate) const PAYLOAD: usize = 256;
const DIGITS: usize = 16;

/// The data of an event: its number in sixteen hexadecimal digits, and dots.
pub(crate) fn payload(number: usize) -> [u8; PAYLOAD] {
    let mut data = [b'.'; PAYLOAD];
    for (place, byte) in data.iter_mut().take(DIGITS).enumerate() {
        let digit = (number >> (4 * (DIGITS - 1 - place))) as u32 & 15;
        *byte = char::from_digit(digit, 16).unwrap_or('0') as u8;
    }
    data
}

/// The number that begins an event's data.
pub(crate) fn number(data: &[u8]) -> Result<usize> {
    let digits = data.get(..DIGITS).ok_or("an event that was not published")?;
    Ok(usize::from_str_radix(std::str::from_utf8(digits)?, 16)?)
}

/// How something is published.
#[derive(Clone)]
pub(crate) struct Load {
    /// What is left to publish.
    pub numbers: Arc<Numbers>,
    /// Over how many topics the events go, in turn.
    pub topics: usize,
    /// Over how many connections.
    pub connections: usize,
    /// How many requests are unanswered at most, over all connections.
    pub in_flight: usize,
    /// Events of a request.
    pub batch: usize,
}

impl Load {
    /// As fast as it goes, with many in flight.
    pub(crate) fn flood(numbers: Numbers, topics: usize) -> Self {
        let numbers = Arc::new(numbers);
        Self { numbers, topics, connections: 1, in_flight: 1000, batch: 1 }
    }

    /// Requests in flight on each connection.
    pub(crate) fn window(&self) -> usize {
        self.in_flight.div_ceil(self.connections)
    }

    /// The topic of an event, its segments parted by `separator`.
    pub(crate) fn topic(&self, number: usize, separator: char) -> String {
        topic(number % self.topics, separator)
    }
}

/// The topic of a number.
pub(crate) fn topic(number: usize, separator: char) -> String {
    let mut topic = String::with_capacity(16);
    let _ = write!(topic, "bench{separator}t{number}");
    topic
}

/// The numbers of the events to publish; each is handed out once.
pub(crate) struct Numbers {
    next: AtomicUsize,
    end: usize,
    until: Option<Instant>,
}

impl Numbers {
    /// Just these.
    pub(crate) fn of(range: Range<usize>) -> Self {
        Self { next: AtomicUsize::new(range.start), end: range.end, until: None }
    }

    /// As many as there is time for.
    pub(crate) fn for_time(first: usize, time: Duration) -> Self {
        Self {
            next: AtomicUsize::new(first),
            end: usize::MAX / 2,
            until: Some(Instant::now() + time),
        }
    }

    /// The next ones, if there are any left.
    pub(crate) fn take(&self, count: usize) -> Option<Range<usize>> {
        if self.until.is_some_and(|until| Instant::now() >= until) {
            return None;
        }
        let first = self.next.fetch_add(count, Relaxed);
        (first < self.end).then(|| first..self.end.min(first + count))
    }

    /// Up to where they were handed out.
    pub(crate) fn taken(&self) -> usize {
        self.next.load(Relaxed).min(self.end)
    }
}
