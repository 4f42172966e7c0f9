//! A coarse timer that many share: what is due within one tick goes off together.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::clock::Clock;

/// Ticks that the wheel looks ahead; what is due later waits in the last of them and is put off again.
const TICKS: u64 = 1024;

/// Things to be done at a time, in ms of a clock, rounded up to whole ticks.
#[derive(Debug)]
pub struct Wheel<T> {
    tick: u64,
    turning: Mutex<Turning<T>>,
    /// The wheel is no longer empty.
    filled: Notify,
}

#[derive(Debug)]
struct Turning<T> {
    /// By tick, modulo [`TICKS`]; with the tick at which it is due.
    buckets: Vec<Vec<(u64, T)>>,
    /// The first tick that has not gone off.
    next: u64,
    len: usize,
}

impl<T> Wheel<T> {
    /// An empty wheel.
    pub fn new(tick: Duration) -> Self {
        let buckets = (0..TICKS).map(|_| Vec::new()).collect();
        Self {
            tick: millis(tick).max(1),
            turning: Mutex::new(Turning { buckets, next: 0, len: 0 }),
            filled: Notify::new(),
        }
    }

    /// Length of a tick, in ms.
    pub fn tick(&self) -> u64 {
        self.tick
    }

    /// Adds what is due at a time.
    pub fn add(&self, due: u64, item: T) {
        let first = self.turning.lock().add(due.div_ceil(self.tick), item);
        if first {
            self.filled.notify_one();
        }
    }

    /// Takes what is due.
    fn due(&self, now: u64) -> Vec<T> {
        self.turning.lock().due(now / self.tick)
    }

    /// Lets things go off, for ever.
    pub async fn turn(&self, clock: Clock, go_off: impl Fn(T)) {
        loop {
            while self.turning.lock().len == 0 {
                self.filled.notified().await;
            }
            let tick = clock.now() / self.tick + 1;
            clock.sleep_until(tick * self.tick).await;
            self.due(clock.now()).into_iter().for_each(&go_off);
        }
    }
}

impl<T> Turning<T> {
    /// Returns whether it was empty.
    fn add(&mut self, tick: u64, item: T) -> bool {
        let at = tick.clamp(self.next, self.next + TICKS - 1);
        if let Some(bucket) = self.buckets.get_mut((at % TICKS) as usize) {
            bucket.push((tick, item));
            self.len += 1;
        }
        self.len == 1
    }

    fn due(&mut self, now: u64) -> Vec<T> {
        let mut due = Vec::new();
        let mut early = Vec::new();
        for tick in self.next..(now + 1).min(self.next + TICKS) {
            let Some(bucket) = self.buckets.get_mut((tick % TICKS) as usize) else { continue };
            for (tick, item) in bucket.drain(..) {
                if tick <= now { due.push(item) } else { early.push((tick, item)) }
            }
        }
        self.next = self.next.max(now + 1);
        self.len -= due.len() + early.len();
        for (tick, item) in early {
            self.add(tick, item);
        }
        due
    }
}

/// Whole milliseconds.
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
