//! One simulation, from its seed to its verdict.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use hintwire::backlog::Read;
use hintwire::backlog::log::read;
use hintwire::backlog::log::{Dice, Log};
use hintwire::topic::{Patterns, Selection};
use turmoil::{Builder, Sim};

use super::cast::Cast;
use super::conflated::conflated;
use super::director::Director;
use super::hub::Machine;
use super::plan::Plan;
use super::races::races;
use super::scene::{Act, Rare, Scene};
use crate::validate::{Counts, History, What, convert, validate};

/// Rounds of the second act.
const ROUNDS: u32 = 4;
/// In virtual time: for all to catch up after the first act, and for a round's publishers to be answered.
const RECOVERY: Duration = Duration::from_secs(120);
const PUBLISHING: Duration = Duration::from_secs(10);
/// In virtual time: how long a client takes to notice a dead connection.
const NOTICED: Duration = Duration::from_secs(4);
/// In virtual time: how soon a stream must be told what its hub knows. It is the longest `min_interval` there is, the longest
/// way of a hint, and that of each of the pages that two batches may need with the time they take to be handled.
const TOLD: Duration = Duration::from_millis(600 + 100 + 13 * (100 + 200));

/// In virtual time: until the hub has said all that it had put off, and that has come; twice the longest `min_interval`.
const QUIET: Duration = Duration::from_millis(1_200);

/// What came of a simulation.
pub struct Outcome {
    pub history: History,
    pub rare: Rare,
    pub counts: Counts,
}

/// Runs the simulation of a seed.
///
/// # Errors
///
/// What it shows to be broken.
pub fn run(seed: u64) -> Result<Outcome, String> {
    // Everything of a simulation runs on this thread, the jitter of hub and clients included.
    fastrand::seed(seed);
    let scene = Scene::new(Plan::of(seed));
    let machine = Machine::new(&scene);
    let mut sim = network(seed);
    let cast = Cast::enter(&scene, &machine, &mut sim);
    let mut stage = Stage { director: Director::new(&scene, &machine), scene, sim, cast };
    stage.play()?;
    let Stage { scene, sim, cast, .. } = stage;
    drop((sim, cast));
    read_all(&scene, &machine)?;
    let history = scene.recorder.finish();
    (0..conflated(&history)).for_each(|_| scene.saw("hint conflated"));
    let raced = "stream opened while its last event was published";
    (0..races(&history)).for_each(|_| scene.saw(raced));
    let counts = validate(&history).map_err(|violation| violation.to_string())?;
    Ok(Outcome { history, rare: scene.rare(), counts })
}

fn network(seed: u64) -> Sim<'static> {
    Builder::new()
        .rng_seed(seed)
        .epoch(UNIX_EPOCH)
        .simulation_duration(Duration::from_secs(3_600))
        .min_message_latency(Duration::from_millis(2))
        .max_message_latency(Duration::from_millis(30))
        .enable_random_order()
        .build()
}

struct Stage {
    scene: Scene,
    sim: Sim<'static>,
    director: Director,
    cast: Cast,
}

impl Stage {
    fn play(&mut self) -> Result<(), String> {
        let chaos = self.scene.plan.chaos;
        self.until(chaos, |_| false)?;
        self.until(RECOVERY, |stage| stage.director.is_done()).and_then(mended("the faults"))?;
        // A connection that a broken link has cost a segment is dead; it is noticed by then.
        self.until(NOTICED, |_| false)?;
        self.scene.begin(Act::Calm(1));
        self.round(1, RECOVERY)?;
        self.recover()?;
        for round in 2..=ROUNDS {
            self.scene.begin(Act::Calm(round));
            self.round(round, PUBLISHING)?;
            self.all_told()?;
        }
        self.recover()?;
        // Who has fetched all has perhaps not been told of it yet.
        self.until(QUIET, |_| false)?;
        // Retention may have sent somebody back to the beginning meanwhile.
        self.recover()?;
        self.scene.begin(Act::Over);
        self.director.close_the_hub();
        self.until(PUBLISHING, |stage| stage.director.is_closed(&mut stage.sim))
            .and_then(mended("a drain"))
    }

    fn round(&mut self, round: u32, time: Duration) -> Result<(), String> {
        self.until(time, |stage| stage.cast.have_published(round))
            .and_then(mended("publishing once everything is well"))
    }

    /// Everybody catches up, and has a stream.
    fn recover(&mut self) -> Result<(), String> {
        let well = |stage: &mut Self| {
            let mut followers = stage.cast.followers.iter();
            stage.cast.behind().next().is_none()
                && followers.all(|f| !f.wants_stream() || f.place.is_streaming())
        };
        if self.until(RECOVERY, well)? {
            return Ok(());
        }
        let behind: Vec<String> = self.cast.behind().map(|follower| follower.describe()).collect();
        Err(format!("not all caught up: {behind:#?}"))
    }

    /// Whoever has a stream now, and keeps it, is told in time.
    fn all_told(&mut self) -> Result<(), String> {
        let told = |stage: &mut Self| stage.late().is_empty();
        if self.until(TOLD, told)? {
            return Ok(());
        }
        Err(format!("Live: not told in time: {:#?}", self.late()))
    }

    fn late(&self) -> Vec<String> {
        let late = self.cast.behind().filter(|follower| follower.must_hear());
        late.map(|follower| follower.describe()).collect()
    }

    /// Goes on until something is so, or for some virtual time; tells whether it is.
    fn until(&mut self, time: Duration, is_so: impl Fn(&mut Self) -> bool) -> Result<bool, String> {
        let end = self.sim.elapsed() + time;
        while self.sim.elapsed() < end {
            if is_so(self) {
                return Ok(true);
            }
            self.sim.step().map_err(|error| format!("the simulation failed: {error}"))?;
            self.scene.at(self.sim.elapsed());
            self.director.step(&mut self.sim);
            if let Some(wrong) = self.scene.went_wrong() {
                return Err(wrong);
            }
        }
        Ok(is_so(self))
    }
}

fn mended(what: &'static str) -> impl Fn(bool) -> Result<(), String> {
    move |done| if done { Ok(()) } else { Err(format!("{what} took too long")) }
}

/// Reads what is there at the end, as the next life of the hub would.
fn read_all(scene: &Scene, machine: &Arc<Machine>) -> Result<(), String> {
    let disk = machine.disk().kill();
    let dice = Dice { incarnation: 0, salt: 0 };
    let log = Log::open(disk, scene.plan.log.clone(), scene.clock(), dice)
        .map_err(|error| format!("the backlog does not open at the end: {error:?}"))?;
    let (extent, lineage) = (log.shared.extent(), &log.shared.lineage);
    let selection = Selection::of(Patterns::parse(&["**", "~box/**", "a/~in/**"], 9, "").unwrap());
    let (mut after, mut events) = (extent.earliest, Vec::new());
    loop {
        let selection = selection.clone();
        let read = Read { after, selection, events: 1_000, bytes: 1 << 20, omit_data: false };
        let page = read::read(&log.shared, &read)
            .map_err(|error| format!("the backlog cannot be read at the end: {error:?}"))?;
        events.extend(page.events.iter().map(|stored| convert::seen(lineage, stored)));
        after = page.next;
        if !page.has_more {
            break;
        }
    }
    let [earliest, head] = [extent.earliest, extent.head].map(|at| lineage.cursor(at));
    scene.recorder.note(What::Started { earliest, head });
    scene.recorder.note(What::Log { earliest, head, events });
    Ok(())
}
