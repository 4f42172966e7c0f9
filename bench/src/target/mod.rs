//! The servers that are measured, behind one small trait: what a workload asks of each.

mod etcd;
pub(crate) mod hintwire;
mod jetstream;
mod kind;
mod mercure;
mod nats;
mod redis;

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use tokio::task::JoinSet;

pub(crate) use kind::Kind;

use crate::Result;
use crate::hub::Hub;
use crate::load::Load;
use crate::process::Process;
use crate::seen::{Seen, Times};
use crate::traffic::Traffic;

/// Something that a target does.
pub(crate) type Doing<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// The tasks of subscribers; dropped, they end.
pub(crate) type Readers = JoinSet<Result<()>>;

/// A crowd of subscribers.
#[derive(Clone, Copy)]
pub(crate) struct Crowd {
    pub subscribers: usize,
    pub connections: usize,
    pub wanted: Wanted,
    /// Subscriptions that share one stream, where the protocol has streams.
    pub per_stream: usize,
}

/// What subscribers want.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Whatever is published.
    All,
    /// A topic of its own for each, on which nothing happens.
    Own,
}

impl Crowd {
    /// Subscribers to everything, each with a stream of its own.
    pub(crate) fn of(subscribers: usize, connections: usize) -> Self {
        Self { subscribers, connections, wanted: Wanted::All, per_stream: 1 }
    }

    /// The subscribers of one connection.
    pub(crate) fn of_connection(&self, nth: usize) -> impl Iterator<Item = usize> + use<> {
        (nth..self.subscribers).step_by(self.connections)
    }
}

/// A running server of some kind, and how to speak to it.
pub(crate) trait Target: Send + Sync {
    /// Its process.
    fn process(&self) -> &Process;

    /// The hub, if it is one.
    fn hub(&self) -> Option<&Hub> {
        None
    }

    /// What connections to it have carried.
    fn traffic(&self) -> &Traffic;

    /// What it was started with.
    fn settings(&self) -> String;

    /// Publishes, and says how long each answer took.
    fn publish<'a>(&'a self, load: &'a Load) -> Doing<'a, Times>;

    /// A connection that publishes one event at a time.
    fn publisher(&self) -> Doing<'_, Box<dyn Publisher>>;

    /// Subscribes; returns when all subscriptions are in force.
    fn subscribe<'a>(&'a self, crowd: Crowd, seen: &'a Arc<Seen>) -> Doing<'a, Readers>;

    /// Reads everything from the beginning, on one connection, until it has this many events.
    fn catch_up(&self, events: usize) -> Doing<'_, ()>;
}

/// A connection that publishes.
pub(crate) trait Publisher: Send {
    /// Publishes an event to a topic of its number, and waits for the answer, if there is one.
    fn publish(&mut self, number: usize) -> Doing<'_, ()>;
}

/// Where things are.
#[derive(Clone)]
pub(crate) struct Place {
    /// The hub's program.
    pub hintwire: PathBuf,
    /// The folder with the peers' programs.
    pub peers: PathBuf,
    /// A folder for what the server keeps.
    pub data: PathBuf,
}

impl Place {
    fn program(&self, name: &str) -> PathBuf {
        self.peers.join(name)
    }
}
