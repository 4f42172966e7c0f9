//! What all that take part in a simulation share.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hintwire::cursor::{Cursor, Position};
use hintwire::event::{Event, Micros};
use hintwire::topic::Selection;
use parking_lot::Mutex;

use super::plan::Plan;
use crate::validate::Recorder;
use crate::validate::matching::selects;

/// The hub's clock when a simulation begins: in the year 2100, so that no event seems old to the machine's own.
const EPOCH: Micros = Micros(4_102_444_800_000_000);

/// How often somebody looks what is going on.
const LOOK: Duration = Duration::from_millis(20);

/// What all that take part share.
#[derive(Clone)]
pub struct Scene {
    pub plan: Arc<Plan>,
    pub recorder: Recorder,
    /// Virtual time, in microseconds.
    time: Arc<AtomicU64>,
    numbers: Arc<AtomicU64>,
    rare: Arc<Mutex<Rare>>,
    act: Arc<Mutex<Act>>,
    /// Events that were answered.
    acked: Arc<Mutex<Acked>>,
    /// What went wrong, outside of the history.
    wrong: Arc<Mutex<Vec<String>>>,
}

/// Events and their places.
type Acked = Vec<(Position, Arc<Event>)>;

/// How often each rare state was reached.
pub type Rare = BTreeMap<&'static str, usize>;

/// A part of a simulation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// Everybody is busy, and all kinds of things fail.
    Chaos,
    /// Nothing fails, and nothing is published but what is asked for: the number of the round.
    Calm(u32),
    /// All is said. What ends from now on, ends for that reason alone.
    Over,
}

impl Scene {
    /// Before anything has happened.
    pub fn new(plan: Plan) -> Self {
        let time = Arc::<AtomicU64>::default();
        let its_time = Arc::clone(&time);
        let clock = move || Duration::from_micros(its_time.load(Ordering::SeqCst));
        Self {
            plan: Arc::new(plan),
            recorder: Recorder::with_clock(clock),
            time,
            numbers: Arc::default(),
            rare: Arc::default(),
            act: Arc::new(Mutex::new(Act::Chaos)),
            acked: Arc::default(),
            wrong: Arc::default(),
        }
    }

    /// A number that is used once, for a follower or a stream.
    pub fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// Virtual time.
    pub fn elapsed(&self) -> Duration {
        Duration::from_micros(self.time.load(Ordering::SeqCst))
    }

    /// Sets virtual time.
    pub fn at(&self, elapsed: Duration) {
        self.time.store(elapsed.as_micros() as u64, Ordering::SeqCst);
    }

    /// The clock of the hub's machine.
    pub fn clock(&self) -> Arc<dyn Fn() -> Micros + Send + Sync> {
        let time = Arc::clone(&self.time);
        Arc::new(move || Micros(EPOCH.0 + time.load(Ordering::SeqCst)))
    }

    /// What is going on.
    pub fn act(&self) -> Act {
        *self.act.lock()
    }

    /// Something else begins.
    pub fn begin(&self, act: Act) {
        *self.act.lock() = act;
    }

    /// Waits until something is going on, or is over.
    pub async fn until(&self, act: Act) {
        while self.act() < act {
            pass(LOOK).await;
        }
    }

    /// Waits until something else than this is going on. (A `watch` would wake its waiters in a random order.)
    pub async fn after(&self, act: Act) {
        while self.act() == act {
            pass(LOOK).await;
        }
    }

    /// Events were answered.
    pub fn acked(&self, placed: &[(Cursor, bool)], events: &[Arc<Event>]) {
        let places = placed.iter().map(|(cursor, _)| cursor.position);
        self.acked.lock().extend(places.zip(events.iter().cloned()));
    }

    /// The newest answered event of a selection, given that of the first `known`; and how many there are now.
    pub fn newest(
        &self,
        selection: &Selection,
        (known, newest): (usize, Position),
    ) -> (usize, Position) {
        let acked = self.acked.lock();
        let selected = acked[known..].iter().filter(|(_, event)| selects(selection, event));
        (acked.len(), selected.map(|(position, _)| *position).fold(newest, Position::max))
    }

    /// A rare state was reached.
    pub fn saw(&self, what: &'static str) {
        *self.rare.lock().entry(what).or_default() += 1;
    }

    /// All rare states that were reached.
    pub fn rare(&self) -> Rare {
        self.rare.lock().clone()
    }

    /// Something went wrong that ends the simulation.
    pub fn wrong(&self, what: impl Into<String>) {
        self.wrong.lock().push(what.into());
    }

    /// The first thing that went wrong.
    pub fn went_wrong(&self) -> Option<String> {
        self.wrong.lock().first().cloned()
    }
}

/// Lets virtual time pass.
pub async fn pass(time: Duration) {
    tokio::time::sleep_until(tokio::time::Instant::now() + time).await;
}

/// A time up to another, by the seed. Virtual time has milliseconds.
pub fn up_to(most: Duration) -> Duration {
    Duration::from_millis(fastrand::u64(0..=most.as_millis() as u64))
}

/// Whether something happens that does so many times out of a hundred.
pub fn chance(percent: u32) -> bool {
    fastrand::u32(0..100) < percent
}

/// One of several.
pub fn one_of<T>(all: &[T]) -> &T {
    &all[fastrand::usize(..all.len())]
}
