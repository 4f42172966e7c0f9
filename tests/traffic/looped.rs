//! The client library's own loop, which is dropped and run again, and goes on from a snapshot when retention has passed
//! it: what it has at the end is the present state.

use std::collections::BTreeMap;
use std::time::Duration;

use hintwire::client::{
    Batch, CursorStore, Follow, Handler, HandlerError, MemoryStore, OnCursorError, Origin, Start,
};
use hintwire::cursor::Cursor;
use hintwire::v1;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::run::{Phase, Rare, Run};
use crate::validate::{What, convert};
use crate::view::{END, TOPICS, View, topic};

/// The live keys, and what they hold.
pub type State = BTreeMap<(String, String), Vec<u8>>;

const POLLS: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(100));

/// What a loop has handled; it outlives the runs of the loop.
struct Inbox {
    run: Run,
    view: View,
    number: u64,
    /// Whether the follower of this number has begun; a snapshot may not be complete yet.
    is_started: bool,
    state: State,
    ends: watch::Sender<usize>,
}

/// Follows until it has the last events; the state that it has then, and what it followed.
pub async fn follow(run: Run, nth: usize) -> (View, State) {
    let (view, mut dice) = (View::unfiltered(nth), run.dice("loop", nth));
    let wanted = (0..TOPICS).filter(|&nth| view.selection.patterns.matches(&topic(nth))).count();
    let (ends, mut ended) = watch::channel(0);
    let (number, is_started, state) = (run.number(), false, State::new());
    let mut inbox = Inbox { run: run.clone(), view: view.clone(), number, is_started, state, ends };
    let mut store = MemoryStore::default();
    while *ended.borrow() < wanted {
        if inbox.is_started {
            let from = store.load().await.unwrap();
            inbox.started(from.map(|token| convert::cursor(&token)));
        }
        let follow = Follow::new(run.client(), view.topics.clone())
            .store(store.clone())
            .start(Start::Snapshot)
            .on_cursor_error(OnCursorError::Advised)
            .poll_between(POLLS.0, POLLS.1)
            .batch_events(50);
        let while_chaos = async {
            if run.is(Phase::Chaos) {
                let stay = Duration::from_millis(dice.u64(50..1500));
                _ = timeout(stay, run.reaches(Phase::Calm)).await;
            } else {
                _ = ended.wait_for(|ends| *ends >= wanted).await;
            }
        };
        tokio::select! {
            ended = follow.run(&mut inbox) => panic!("seed {}: {:?}", run.seed, ended.err()),
            () = while_chaos => {}
        }
    }
    (view, inbox.state)
}

impl Handler for &mut Inbox {
    async fn handle(&mut self, batch: Batch) -> Result<(), HandlerError> {
        let cursor = (!batch.cursor.is_empty()).then(|| convert::cursor(&batch.cursor));
        match batch.origin {
            Origin::Snapshot { first, last } => {
                if first {
                    self.begin_anew();
                }
                batch.events.iter().for_each(|stored| self.apply(stored));
                if last {
                    self.is_started = true;
                    self.started(cursor);
                }
            }
            Origin::Tail => {
                batch.events.iter().for_each(|stored| self.apply(stored));
                let events = batch.events.iter().map(convert::seen_on_wire).collect();
                let (follower, selection) = (self.number, self.view.selection.clone());
                let cursor = cursor.expect("a page has a cursor");
                self.run.note(What::Handled { follower, selection, events, cursor });
            }
        }
        Ok(())
    }
}

impl Inbox {
    fn begin_anew(&mut self) {
        if self.is_started {
            Rare::count(&self.run.rare.snapshots);
            self.run.note(What::FollowerStopped { follower: self.number });
        }
        self.number = self.run.number();
        self.is_started = false;
        self.state.clear();
        self.ends.send_replace(0);
    }

    fn started(&self, from: Option<Cursor>) {
        let (follower, selection) = (self.number, self.view.selection.clone());
        self.run.note(What::FollowerStarted { follower, selection, from });
    }

    fn apply(&mut self, stored: &v1::StoredEvent) {
        let event = stored.event.as_ref().expect("an event");
        apply(&mut self.state, &event.topic, &event.key, event.deleted, &event.data);
        if event.id == END {
            self.ends.send_modify(|ends| *ends += 1);
        }
    }
}

/// An event without a key is no state, but the newest of its topic.
pub fn apply(state: &mut State, topic: &str, key: &str, deleted: bool, data: &[u8]) {
    let key = (topic.to_owned(), key.to_owned());
    if deleted {
        state.remove(&key);
    } else {
        state.insert(key, data.to_vec());
    }
}
