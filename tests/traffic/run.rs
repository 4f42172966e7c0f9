//! What all parts of a campaign share.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use hintwire::client::{Client, Error};
use hintwire::cursor::{Cursor, Position};
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::validate::{Recorder, What};

/// How many events behind or ahead of the newest a follower may go on.
const FAR: i64 = 100;

/// A campaign that runs. Clones share it.
#[derive(Clone)]
pub struct Run(Arc<Shared>);

pub struct Shared {
    pub seed: u64,
    pub recorder: Recorder,
    /// Straight to the hub, and through the proxy.
    pub direct: String,
    pub proxied: String,
    pub phase: watch::Sender<Phase>,
    pub rare: Rare,
    /// Every cursor that the hub refused, and how.
    pub refused: Mutex<Vec<(Cursor, Error)>>,
    places: Mutex<BTreeSet<Position>>,
    numbers: AtomicU64,
}

/// How far a campaign is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Whatever may go wrong does.
    Chaos,
    /// Nobody goes through the proxy any more.
    Calm,
    /// All is published; this was the last.
    Published(Position),
}

/// States that are seldom reached by chance; a campaign that reaches one never has not tried it.
#[derive(Debug, Default)]
pub struct Rare {
    pub behind_trim: AtomicUsize,
    pub ahead: AtomicUsize,
    pub resumed: AtomicUsize,
    pub conflated: AtomicUsize,
    pub bookmarked: AtomicUsize,
    pub snapshots: AtomicUsize,
    pub repeats: AtomicUsize,
    pub trims: AtomicUsize,
}

impl std::ops::Deref for Run {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Run {
    pub fn new(seed: u64, direct: String, proxied: String) -> Self {
        Self(Arc::new(Shared {
            seed,
            recorder: Recorder::new(),
            direct,
            proxied,
            phase: watch::Sender::new(Phase::Chaos),
            rare: Rare::default(),
            refused: Mutex::default(),
            places: Mutex::default(),
            numbers: AtomicU64::new(0),
        }))
    }

    /// Dice of one part's own.
    pub fn dice(&self, part: &str, nth: usize) -> fastrand::Rng {
        let name = format!("{} {part} {nth}", self.seed);
        fastrand::Rng::with_seed(name.bytes().fold(7, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        }))
    }

    /// A number that nothing else has.
    pub fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Relaxed)
    }

    pub fn is(&self, phase: Phase) -> bool {
        *self.phase.borrow() == phase
    }

    /// Waits for a phase, or a later one.
    pub async fn reaches(&self, phase: Phase) {
        self.phase.subscribe().wait_for(|now| *now >= phase).await.unwrap();
    }

    /// A new connection, made with the first call, by the way that this phase takes.
    pub fn client(&self) -> Client {
        let url = if self.is(Phase::Chaos) { &self.proxied } else { &self.direct };
        Client::connect_lazy(url).unwrap()
    }

    /// There is an event at a place.
    pub fn place(&self, cursor: Cursor) {
        self.places.lock().insert(cursor.position);
    }

    /// The place of an event some way behind the newest, or an invented one as far ahead.
    pub fn somewhere(&self, dice: &mut fastrand::Rng) -> Option<Position> {
        let places = self.places.lock();
        let newest = places.last()?;
        match dice.i64(-FAR..=FAR) {
            ahead @ 1.. => Some(Position(newest.0 + ahead.unsigned_abs())),
            behind => places.iter().rev().nth(behind.unsigned_abs() as usize).copied(),
        }
    }

    pub fn note(&self, what: What) {
        self.recorder.note(what);
    }
}

impl Rare {
    pub fn count(count: &AtomicUsize) {
        count.fetch_add(1, Relaxed);
    }
}
