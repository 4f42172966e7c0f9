//! Who takes part: a hub, publishers, and hosts full of followers.

use std::rc::Rc;
use std::sync::Arc;

use parking_lot::Mutex;
use turmoil::Sim;

use super::follower::{self, Ways};
use super::hub::Machine;
use super::interest::{INTERESTS, JOINED};
use super::place::Place;
use super::publisher::Publisher;
use super::raw::{self, Habits, Raw};
use super::scene::{Act, Scene, one_of};
use super::{poller, port};

/// The hub's host.
pub const HUB: &str = "hub";
const PUBLISHERS: usize = 2;
/// On each host with followers; of each kind one, and one more of any.
const FOLLOWERS: usize = 4;
/// On each host with followers, those that join in a round. How long each is on its way, the network decides.
const JOINERS: usize = 12;

/// The name of a host: 0 has the publishers, the others have followers.
pub fn host(nth: usize) -> &'static str {
    ["publishers", "reader-1", "reader-2", "reader-3"][nth]
}

/// All followers, and what the publishers have done.
pub struct Cast {
    pub followers: Vec<Follower>,
    /// The last round that each publisher has finished.
    done: Arc<Mutex<Vec<u32>>>,
}

/// A follower, which outlives its host.
#[derive(Clone)]
pub struct Follower {
    pub place: Place,
    kind: Kind,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Raw(Habits),
    Follow(Ways),
    LongPoll,
    /// Comes in a round just when its topic gets its only event.
    Joiner(u32, Habits),
}

impl Cast {
    /// Gives each its host.
    pub fn enter(scene: &Scene, machine: &Arc<Machine>, sim: &mut Sim<'_>) -> Self {
        let beside_the_hub = Follower::new(scene, Kind::Raw(raw::habits()));
        let mut followers = vec![beside_the_hub.clone()];
        let machine = Arc::clone(machine);
        sim.host(HUB, move || {
            tokio::task::spawn_local(beside_the_hub.clone().run("127.0.0.1"));
            Arc::clone(&machine).run()
        });
        let done = Arc::new(Mutex::new(vec![0; PUBLISHERS]));
        publishers(scene, sim, &done);
        for nth in 1..=scene.plan.readers {
            let here: Rc<Vec<Follower>> = Rc::new(crowd(scene));
            followers.extend(here.iter().cloned());
            sim.host(host(nth), move || {
                let here = Rc::clone(&here);
                async move {
                    for follower in here.iter() {
                        tokio::task::spawn_local(follower.clone().run(HUB));
                    }
                    std::future::pending().await
                }
            });
        }
        Self { followers, done }
    }

    /// Whether each publisher has finished a round.
    pub fn have_published(&self, round: u32) -> bool {
        self.done.lock().iter().all(|done| *done >= round)
    }

    /// The followers that have not reached the newest event that they want.
    pub fn behind(&self) -> impl Iterator<Item = &Follower> {
        self.followers.iter().filter(|follower| follower.place.is_behind())
    }
}

fn publishers(scene: &Scene, sim: &mut Sim<'_>, done: &Arc<Mutex<Vec<u32>>>) {
    let (scene, done) = (scene.clone(), Arc::clone(done));
    sim.host(host(0), move || {
        for nth in 0..PUBLISHERS {
            let publisher = Publisher::new(&scene, nth);
            tokio::task::spawn_local(publisher.run(Arc::clone(&done), nth));
        }
        std::future::pending()
    });
}

/// Those of a host.
fn crowd(scene: &Scene) -> Vec<Follower> {
    let joiners = (1..).zip(JOINED).flat_map(|(round, interest)| [(round, interest); JOINERS]);
    let joiners = joiners.map(|(round, interest)| Follower {
        place: Place::new(scene, interest),
        kind: Kind::Joiner(round, raw::habits()),
    });
    (0..FOLLOWERS).map(|nth| any(scene, nth)).chain(joiners).collect()
}

/// The first are one of each kind.
fn any(scene: &Scene, nth: usize) -> Follower {
    let kind = match nth {
        0 => Kind::Raw(raw::habits()),
        1 => Kind::Follow(follower::ways()),
        2 => Kind::LongPoll,
        _ => *one_of(&[Kind::Raw(raw::habits()), Kind::Follow(follower::ways())]),
    };
    Follower::new(scene, kind)
}

impl Follower {
    fn new(scene: &Scene, kind: Kind) -> Self {
        Self { place: Place::new(scene, *one_of(&INTERESTS)), kind }
    }

    /// Whether news must reach it soon: it has a stream, and waits for nothing else.
    pub fn must_hear(&self) -> bool {
        matches!(self.kind, Kind::Raw(_) | Kind::Joiner(..)) && self.place.is_streaming()
    }

    /// Whether it is one that has a stream all the time.
    pub fn wants_stream(&self) -> bool {
        matches!(self.kind, Kind::Raw(_))
    }

    /// For people.
    pub fn describe(&self) -> String {
        format!("{:?} of {:?} at {:?}", self.kind, self.place.interest, self.place.own())
    }

    async fn run(self, hub: &'static str) {
        let client = port::client(hub);
        match self.kind {
            Kind::Raw(habits) => Raw { place: self.place, client, habits }.run().await,
            Kind::Joiner(round, habits) => {
                self.place.scene.until(Act::Calm(round)).await;
                Raw { place: self.place, client, habits }.run().await;
            }
            Kind::Follow(ways) => follower::run(self.place, client, ways).await,
            Kind::LongPoll => poller::run(self.place, client).await,
        }
    }
}
