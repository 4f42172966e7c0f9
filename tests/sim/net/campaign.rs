//! Many simulations, and what they must have reached together.

use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::run::{Outcome, run};
use super::scene::Rare;
use crate::validate::Counts;

/// Seeds in `cargo test`; `HINTWIRE_NET_SEEDS` says how many else, and `HINTWIRE_NET_FROM` from which on.
const SEEDS: u64 = 4;
/// From so many seeds on, each rare state must have been reached.
const ENOUGH: u64 = 100;

/// States of the hub in which bugs like to hide.
const RARE: [&str; 19] = [
    "backlog failed seen",
    "cursor moved by head",
    "hint conflated",
    "long poll woken",
    "no space seen",
    "node behind",
    "odd cursor refused",
    "pipeline answered",
    "reconnect",
    "repeat answered",
    "stream ended by age",
    "stream ended by drain",
    "stream opened while its last event was published",
    "trimmed cursor met",
    "waiter dropped",
    "expectation failed",
    "breaker opened",
    "page in a stream",
    "refusal in a stream",
];

#[test]
fn nothing_is_lost_or_invented_and_everybody_is_told_whatever_network_and_disk_do() {
    let (from, seeds) = (number("HINTWIRE_NET_FROM", 0), number("HINTWIRE_NET_SEEDS", SEEDS));
    let campaign =
        Campaign { next: AtomicU64::new(from), end: from + seeds, sum: Mutex::default() };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| campaign.work());
        }
    });
    let Sum { rare, counts, broken } = campaign.sum.into_inner();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    println!("{seeds} seeds from {from}\nrare states: {rare:?}\nguarantees tested: {:?}", counts.0);
    if seeds >= ENOUGH {
        let never: Vec<&str> = RARE.into_iter().filter(|what| !rare.contains_key(what)).collect();
        assert!(never.is_empty(), "never reached: {never:?}");
    }
}

#[test]
fn a_simulation_is_the_same_whenever_it_is_run() {
    let entries = |outcome: Outcome| outcome.history.entries.into_iter();
    let trace = |seed| -> Result<Vec<String>, String> {
        run(seed).map(|outcome| entries(outcome).map(|entry| format!("{entry:?}")).collect())
    };
    for seed in [7, 8] {
        let (once, again) = (trace(seed), trace(seed));
        let (once, again) = (once.unwrap(), again.unwrap());
        let parted = once.iter().zip(&again).find(|(once, again)| once != again);
        assert_eq!(parted, None, "seed {seed} led to two histories");
        assert_eq!(once.len(), again.len(), "seed {seed} led to two histories");
    }
}

/// Seeds that several threads take, a simulation a thread at a time, until one shows something to be broken.
struct Campaign {
    next: AtomicU64,
    end: u64,
    sum: Mutex<Sum>,
}

#[derive(Default)]
struct Sum {
    rare: Rare,
    counts: Counts,
    broken: Vec<String>,
}

impl Campaign {
    fn work(&self) {
        loop {
            let seed = self.next.fetch_add(1, Ordering::Relaxed);
            if seed >= self.end || !self.sum.lock().broken.is_empty() {
                return;
            }
            let outcome = run(seed);
            self.sum.lock().add(seed, outcome);
        }
    }
}

impl Sum {
    fn add(&mut self, seed: u64, outcome: Result<Outcome, String>) {
        match outcome {
            Ok(outcome) => {
                for (what, times) in outcome.rare {
                    *self.rare.entry(what).or_default() += times;
                }
                self.counts.add(&outcome.counts);
            }
            Err(broken) => self
                .broken
                .push(format!("seed {seed}: {broken}\nThe same again: `just net {seed}`")),
        }
    }
}

fn number(name: &str, default: u64) -> u64 {
    let text = std::env::var(name).ok();
    text.map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text}: no number")))
}
