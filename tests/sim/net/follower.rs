//! The real client loop, with a cursor that outlives it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use hintwire::client::{
    Batch, Breaker, Client, CursorStore, Follow, FollowError, Handler, HandlerError, Notice,
    OnCursorError, Origin,
};
use parking_lot::Mutex;

use super::place::Place;
use super::scene::{chance, pass, up_to};
use crate::validate::Seen;
use crate::validate::convert::seen_on_wire;

/// How one follower differs from others.
#[derive(Debug, Clone, Copy)]
pub struct Ways {
    /// Polls alone.
    pub poll_only: bool,
    /// Longest time that handling a batch takes.
    pub slow: Duration,
    /// Fetches even without a hint after so long; most never do, so that a hint that is missing is missed.
    pub safety_poll: Option<Duration>,
    /// The least time between two fetches.
    pub least: Duration,
    /// Most events of a batch.
    pub batch: i32,
}

/// The ways of one of several followers.
pub fn ways() -> Ways {
    Ways {
        poll_only: chance(25),
        slow: Duration::from_millis(if chance(30) { 250 } else { 0 }),
        safety_poll: chance(20).then(|| Duration::from_secs(2)),
        least: Duration::from_millis(if chance(30) { fastrand::u64(20..400) } else { 0 }),
        batch: if chance(30) { fastrand::i32(1..20) } else { 1_000 },
    }
}

/// Follows until the loop ends, which it never should.
pub async fn run(place: Place, client: Client, ways: Ways) {
    place.begin();
    let end = follow(&place, client, ways).await;
    place.scene.wrong(format!("a follower ended: {end:?}"));
}

async fn follow(place: &Place, client: Client, ways: Ways) -> FollowError {
    let fetched = Fetched { place: place.clone(), events: Arc::default(), slow: ways.slow };
    let mut follow = Follow::new(client, place.interest.patterns.iter().copied())
        .types(place.interest.types.iter().copied())
        .store(fetched.clone())
        .on_cursor_error(OnCursorError::Earliest)
        .safety_poll(ways.safety_poll)
        .poll_between(Duration::from_millis(200), Duration::from_secs(2))
        .breaker(Breaker::new(4, Duration::from_secs(1)))
        .fetch_interval(ways.least)
        .batch_events(ways.batch);
    for (key, value) in place.interest.attributes {
        follow = follow.attribute(*key, *value);
    }
    if ways.poll_only {
        follow = follow.poll_only();
    }
    let observer = place.clone();
    let follow = follow.observe(move |notice| observe(&observer, notice));
    match follow.run(fetched).await {
        Err(end) => end,
        Ok(never) => match never {},
    }
}

fn observe(place: &Place, notice: &Notice) {
    match notice {
        Notice::CursorLost { .. } => place.start_over(""),
        Notice::BreakerOpened => place.scene.saw("breaker opened"),
        Notice::Hinted => place.streaming(true),
        Notice::Polling { .. } => place.streaming(false),
        _ => {}
    }
}

/// What was handled and is not saved yet. What is not saved when the host crashes was not handled.
#[derive(Clone)]
struct Fetched {
    place: Place,
    events: Arc<Mutex<Vec<Seen>>>,
    slow: Duration,
}

impl Handler for Fetched {
    async fn handle(&mut self, batch: Batch) -> Result<(), HandlerError> {
        pass(up_to(self.slow)).await;
        assert_eq!(batch.origin, Origin::Tail);
        self.events.lock().extend(batch.events.iter().map(seen_on_wire));
        Ok(())
    }
}

impl CursorStore for Fetched {
    async fn load(&mut self) -> io::Result<Option<String>> {
        Ok(Some(self.place.own()).filter(|own| !own.is_empty()))
    }

    async fn save(&mut self, cursor: &str) -> io::Result<()> {
        let events = std::mem::take(&mut *self.events.lock());
        self.place.handled(events, cursor);
        Ok(())
    }
}
