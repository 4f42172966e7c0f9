//! Where a follower stands: what outlives a crash of its host, and how it gets on.

use std::sync::Arc;

use hintwire::client::Error;
use hintwire::cursor::Position;
use hintwire::topic::Selection;
use hintwire::v1;
use parking_lot::Mutex;

use super::interest::Interest;
use super::pages::Fetches;
use super::scene::Scene;
use crate::validate::convert::{cursor, page_on_wire};
use crate::validate::{Refusal, Seen, Start, What};

/// Where a follower stands. Clones share it.
#[derive(Clone)]
pub struct Place {
    pub scene: Scene,
    pub interest: Interest,
    pub selection: Selection,
    kept: Arc<Mutex<Kept>>,
    /// Of so many answered events, the newest that it wants.
    goal: Arc<Mutex<(usize, Position)>>,
}

struct Kept {
    /// The token; empty: inception.
    own: String,
    /// Its number in the history; another one once it gave up what was trimmed.
    follower: u64,
    /// It has had a stream that was confirmed, and has it still.
    streaming: bool,
}

impl Place {
    /// At inception.
    pub fn new(scene: &Scene, interest: Interest) -> Self {
        let kept = Kept { own: String::new(), follower: scene.number(), streaming: false };
        let (scene, selection) = (scene.clone(), interest.selection());
        Self { scene, interest, selection, kept: Arc::new(Mutex::new(kept)), goal: Arc::default() }
    }

    /// A run of the follower begins.
    pub fn begin(&self) {
        self.streaming(false);
        let own = self.own();
        let follower = self.kept.lock().follower;
        let from = (!own.is_empty()).then(|| cursor(&own));
        let selection = self.selection.clone();
        self.scene.recorder.note(What::FollowerStarted { follower, selection, from });
    }

    /// Gives up what was trimmed: another follower goes on from inception, or from a snapshot's place.
    pub fn start_over(&self, from: &str) {
        self.scene.saw("trimmed cursor met");
        self.jump(from);
    }

    /// Another follower goes on from here.
    pub fn jump(&self, from: &str) {
        let stopped = What::FollowerStopped { follower: self.kept.lock().follower };
        self.scene.recorder.note(stopped);
        let follower = self.scene.number();
        *self.kept.lock() = Kept { own: from.into(), follower, streaming: false };
        self.begin();
    }

    /// The token; empty: inception.
    pub fn own(&self) -> String {
        self.kept.lock().own.clone()
    }

    /// It has, or has no more, a stream that was confirmed.
    pub fn streaming(&self, is: bool) {
        self.kept.lock().streaming = is;
    }

    /// Whether it has a stream that was confirmed.
    pub fn is_streaming(&self) -> bool {
        self.kept.lock().streaming
    }

    /// Whether it has not reached the newest answered event that it wants.
    pub fn is_behind(&self) -> bool {
        let mut goal = self.goal.lock();
        *goal = self.scene.newest(&self.selection, *goal);
        let own = self.own();
        let position = if own.is_empty() { Position::INCEPTION } else { cursor(&own).position };
        position < goal.1
    }

    /// It has handled events, perhaps none, and stands at a token from now on.
    pub fn handled(&self, events: Vec<Seen>, own: &str) {
        let mut kept = self.kept.lock();
        kept.own = own.into();
        self.scene.recorder.note(What::Handled {
            follower: kept.follower,
            selection: self.selection.clone(),
            events,
            cursor: cursor(own),
        });
    }

    /// Makes a fetch, and records it.
    pub async fn fetch(
        &self,
        fetches: &mut Fetches,
        request: v1::FetchRequest,
    ) -> Result<v1::FetchResponse, Error> {
        let began = self.scene.recorder.began();
        let token = request.cursor.clone();
        let limit = if request.limit == 0 { 100 } else { request.limit as usize };
        let answer = fetches.fetch(request).await;
        let result = answer.as_ref().map(page_on_wire).map_err(Refusal::from);
        let (selection, start) = (self.selection.clone(), start(&token));
        self.scene.recorder.record(began, What::Fetch { selection, start, limit, result });
        answer
    }
}

/// Where a token starts.
pub fn start(token: &str) -> Start {
    if token.is_empty() {
        return Start::Cursor(None);
    }
    token.parse().map_or(Start::Malformed(token.into()), |cursor| Start::Cursor(Some(cursor)))
}
