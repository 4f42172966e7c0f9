//! A coarse timer that many share: what is due within one tick goes off together.

use std::time::Duration;

use tokio::sync::Notify;

use super::clock::{Clock, millis};
use crate::sync::Mutex;
use crate::wake::together;

/// Ticks that the wheel looks ahead; what is due later waits in the last of them and is put off again.
const TICKS: u64 = 1024;

/// Things to be done at a time, in ms of a clock, rounded up to whole ticks.
#[derive(Debug)]
pub struct Wheel<T> {
    tick: u64,
    turning: Mutex<Turning<T>>,
    /// The wheel is no longer empty.
    added: Notify,
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
            added: Notify::new(),
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
            self.added.notify_one();
        }
    }

    /// Takes what is due.
    pub(super) fn due(&self, now: u64) -> Vec<T> {
        self.turning.lock().due(now / self.tick)
    }

    /// Resolves when there is something in it.
    pub(super) async fn filled(&self) {
        while self.turning.lock().len == 0 {
            self.added.notified().await;
        }
    }

    /// Lets things go off, for ever.
    pub async fn turn(&self, clock: Clock, go_off: impl Fn(T)) {
        loop {
            self.filled().await;
            let tick = clock.now() / self.tick + 1;
            clock.sleep_until(tick * self.tick).await;
            let due = self.due(clock.now());
            together(|| due.into_iter().for_each(&go_off));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn wheel(dues: &[u64]) -> Wheel<u64> {
        let wheel = Wheel::new(Duration::from_millis(10));
        dues.iter().for_each(|&due| wheel.add(due, due));
        wheel
    }

    fn due(wheel: &Wheel<u64>, now: u64) -> Vec<u64> {
        let mut due = wheel.due(now);
        due.sort_unstable();
        due
    }

    #[test]
    fn nothing_goes_off_early_and_nothing_later_than_a_tick() {
        let wheel = wheel(&[0, 10, 11, 20, 21]);
        assert_eq!(due(&wheel, 9), [0]);
        assert_eq!(due(&wheel, 10), [10]);
        assert_eq!(due(&wheel, 20), [11, 20]);
        assert!(due(&wheel, 29).is_empty());
        assert_eq!(due(&wheel, 30), [21]);
    }

    #[test]
    fn what_is_due_beyond_the_wheel_goes_off_in_its_time() {
        let far = 10 * TICKS * 5 / 2;
        let wheel = wheel(&[far]);
        let early: Vec<u64> = (0..far).step_by(10).flat_map(|now| wheel.due(now)).collect();
        assert!(early.is_empty(), "{early:?}");
        assert_eq!(due(&wheel, far), [far]);
    }

    #[test]
    fn a_wheel_that_stood_still_for_long_lets_go_all_that_is_due_by_then() {
        let wheel = wheel(&[50]);
        let now = 100 * TICKS;
        wheel.add(now + 10, 1);
        wheel.add(now, 2);
        assert_eq!(due(&wheel, now), [2, 50]);
        assert_eq!(due(&wheel, now + 10), [1]);
        assert_eq!(wheel.turning.lock().len, 0);
    }
}
