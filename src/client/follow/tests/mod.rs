//! The loop in virtual time, against a hub of a few lines that can be told to misbehave.

mod course;
mod cursors;
mod faults;
mod fetch_streams;
mod hub;
mod pace;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::{Follow, FollowError, OnCursorError};
use crate::client::{Batch, Handler, HandlerError, MemoryStore, Notice, Origin};
use hub::{Hub, place};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// What a follower was given: the numbers of the events, and what came with them.
#[derive(Clone, Default)]
struct Inbox {
    events: Arc<Mutex<Vec<u64>>>,
    origins: Arc<Mutex<Vec<Origin>>>,
    notices: Arc<Mutex<Vec<Notice>>>,
    /// How long handling a batch takes.
    slowness: Duration,
}

impl Inbox {
    fn events(&self) -> Vec<u64> {
        self.events.lock().clone()
    }

    fn noticed(&self, is_it: impl Fn(&Notice) -> bool) -> usize {
        self.notices.lock().iter().filter(|notice| is_it(notice)).count()
    }
}

impl Handler for Inbox {
    async fn handle(&mut self, batch: Batch) -> Result<(), HandlerError> {
        sleep(self.slowness).await;
        self.events.lock().extend(batch.events.iter().map(hub::number));
        self.origins.lock().push(batch.origin);
        Ok(())
    }
}

/// A follower that runs in the background until it is dropped.
struct Running {
    inbox: Inbox,
    store: MemoryStore,
    task: JoinHandle<FollowError>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Running {
    async fn end(mut self) -> FollowError {
        (&mut self.task).await.unwrap()
    }
}

fn start(hub: &Hub, choose: impl FnOnce(Follow<Hub>) -> Follow<Hub>) -> Running {
    start_with(hub, MemoryStore::default(), Inbox::default(), choose)
}

fn start_with(
    hub: &Hub,
    store: MemoryStore,
    inbox: Inbox,
    choose: impl FnOnce(Follow<Hub>) -> Follow<Hub>,
) -> Running {
    let notices = Arc::clone(&inbox.notices);
    let follow = choose(Follow::new(hub.clone(), ["**"]))
        .observe(move |notice| notices.lock().push(notice.clone()))
        .store(store.clone());
    let run = follow.run(inbox.clone());
    let task = tokio::spawn(async move { run.await.unwrap_err() });
    Running { inbox, store, task }
}

fn up_to(newest: u64) -> Vec<u64> {
    (1..=newest).collect()
}
