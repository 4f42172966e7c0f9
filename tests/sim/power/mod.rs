//! Power loss, torn writes and bad disks under the very log that `serve` opens.
//!
//! A seed makes settings, a bad disk, and some dozens of operations: publishes with ids, keys and expectations, fetches,
//! snapshots, trims, maintenance; each may be interrupted by the others as if by threads, and by the end of the process
//! or of the power at any call. After each start, and now and then, all that is there is held against a model; at the
//! end, the recovery is crashed itself, at one call or at each.
//!
//! | variable | what it says | default |
//! | --- | --- | --- |
//! | `HINTWIRE_SIM_SEEDS` | how many seeds | 48 |
//! | `HINTWIRE_SIM_EVERY_CALL` | for how many of them the recovery is crashed at each call | 2 |
//! | `HINTWIRE_SIM_TWO_DEEP` | for how many what follows is crashed at each call again | 0 |
//! | `HINTWIRE_SIM_FIRST` | the first seed | 0 |
//! | `HINTWIRE_SIM_FAILURES` | how many seeds fail before it ends | 1 |
//! | `HINTWIRE_SIM_TRACE` | print the trace of this seed, which runs alone | |

mod change;
mod counts;
mod explore;
mod r#gen;
mod judge;
mod look;
mod model;
mod restart;
mod rot;
mod scribe;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use parking_lot::Mutex;

use crate::validate;
use counts::Counts;
use explore::Depth;
use r#gen::Op;
use world::World;

/// Seeds from which on a campaign must have reached every state.
const ENOUGH: u64 = 2000;
/// Those of the guarantees that a log alone can keep.
const GUARANTEES: [&str; 8] = [
    "Durable",
    "Atomic",
    "Ordered",
    "Unique",
    "Gap-free",
    "Resumable",
    "Idempotent",
    "Recoverable",
];
/// One in so many seeds has a long backlog of small events.
const BULKY: u64 = 50;

/// How large a campaign is.
#[derive(Debug, Clone, Copy)]
struct Size {
    first: u64,
    seeds: u64,
    every_call: u64,
    two_deep: u64,
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().expect(name))
}

impl Size {
    fn from_environment() -> Self {
        Self {
            first: number("HINTWIRE_SIM_FIRST", 0),
            seeds: number("HINTWIRE_SIM_SEEDS", 48),
            every_call: number("HINTWIRE_SIM_EVERY_CALL", 2),
            two_deep: number("HINTWIRE_SIM_TWO_DEEP", 0),
        }
    }

    fn depth(self, seed: u64) -> Depth {
        match seed - self.first {
            n if n < self.two_deep => Depth::TwoDeep,
            n if n < self.every_call => Depth::EveryCall,
            _ => Depth::Sampled,
        }
    }
}

/// What was reached, and how often each guarantee was put to the test.
#[derive(Debug, Clone, Default)]
struct Tested {
    counts: Counts,
    guarantees: validate::Counts,
}

impl Tested {
    fn add(&mut self, other: Self) {
        self.counts.add(other.counts);
        self.guarantees.add(&other.guarantees);
    }
}

/// What a seed did, and how it ended.
struct Run {
    ops: Vec<Op>,
    trace: String,
    result: Result<Tested, String>,
}

/// Which of two batches of unknown outcome wrote an event that is in both cannot be told from a history alone; the model
/// knows in which order they were staged, and holds each to being there whole or not at all.
fn is_ambiguous(violation: &validate::Violation) -> bool {
    violation.guarantee == "Atomic" && violation.what.starts_with("a batch is there in")
}

fn run(seed: u64, depth: Depth, record: bool) -> Run {
    let mut world = World::new(seed, record);
    let mut ops = Vec::new();
    let mut live = || {
        world.start()?;
        for _ in 0..world.r#gen.rng.u32(20..60) {
            let op = world.r#gen.op();
            ops.push(op);
            world.step(op)?;
        }
        if seed % BULKY == BULKY - 1 {
            ops.push(Op::Bulk);
            world.step(Op::Bulk)?;
        }
        world.finish(depth)
    };
    let lived = catch_unwind(AssertUnwindSafe(&mut live));
    let lived = lived.unwrap_or_else(|_| Err("it panicked, see above".into()));
    world.counts.calls = world.disk.calls();
    world.counts.events = world.model.events.len() as u64;
    let valid = lived.and_then(|()| {
        let history = world.scribe.finish();
        match validate::violations(&history).into_iter().find(|violation| !is_ambiguous(violation))
        {
            Some(violation) => Err(violation.to_string()),
            None => Ok(validate::validate(&history).unwrap_or_default()),
        }
    });
    let counts = world.counts;
    Run {
        ops,
        trace: world.disk.trace(),
        result: valid.map(|guarantees| Tested { counts, guarantees }),
    }
}

/// Runs all seeds on all cores, until some have failed.
fn campaign(size: Size) -> Result<Tested, String> {
    let (next, failures) = (AtomicU64::new(size.first), Mutex::new(Vec::new()));
    let enough = number("HINTWIRE_SIM_FAILURES", 1) as usize;
    let work = || {
        let mut sum = Tested::default();
        while failures.lock().len() < enough {
            let seed = next.fetch_add(1, Ordering::SeqCst);
            if seed >= size.first + size.seeds {
                break;
            }
            let Run { ops, result, .. } = run(seed, size.depth(seed), false);
            match result {
                Ok(counts) => sum.add(counts),
                Err(why) => failures.lock().push(told(seed, &ops, &why)),
            }
        }
        sum
    };
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let mut sum = Tested::default();
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        running.into_iter().for_each(|thread| sum.add(thread.join().expect("a thread")));
    });
    let failures = failures.into_inner();
    if failures.is_empty() { Ok(sum) } else { Err(failures.join("\n")) }
}

/// A failure, for people.
fn told(seed: u64, ops: &[Op], why: &str) -> String {
    let (count, last) = (ops.len(), &ops[ops.len().saturating_sub(9)..]);
    format!(
        "seed {seed}: {why}\n  after {count} operations, the last {last:?}; `just sim {seed}` repeats it"
    )
}

#[test]
fn nothing_acked_is_lost_and_nothing_unacked_half_appears_whenever_the_power_goes() {
    if let Ok(seed) = std::env::var("HINTWIRE_SIM_TRACE") {
        let run = run(seed.parse().expect("a seed"), Depth::EveryCall, true);
        println!("{}{:?}", run.trace, run.result.as_ref().err());
        assert!(run.result.is_ok(), "seed {seed}: {}", run.result.unwrap_err());
        return;
    }
    let (size, start) = (Size::from_environment(), Instant::now());
    let Tested { mut counts, guarantees } = campaign(size).unwrap_or_else(|why| panic!("{why}"));
    println!("{counts}{:>12.1} seconds", start.elapsed().as_secs_f64());
    for guarantee in GUARANTEES {
        let tested = guarantees.of(guarantee);
        println!("{tested:>12} times {guarantee} was put to the test");
        assert!(tested > 0, "{guarantee} was never put to the test");
    }
    if size.seeds >= ENOUGH && size.two_deep > 0 {
        assert_eq!(counts.unreached(), [""; 0], "never reached");
    }
}

#[test]
fn a_seed_does_the_same_twice_byte_for_byte() {
    for seed in [1, 2, 3] {
        let [first, second] = [(); 2].map(|()| run(seed, Depth::Sampled, true));
        assert!(first.trace.len() > 1000);
        assert!(first.trace == second.trace, "seed {seed} is not repeatable");
    }
}
