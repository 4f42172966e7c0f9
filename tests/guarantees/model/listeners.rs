//! Streams that hear, and followers that fetch what they miss.

use std::time::Duration;

use hintwire::cursor::{Cursor, Position};
use hintwire::hub::{Start, Subscribe, Subscription};
use hintwire::topic::Selection;
use tokio_stream::StreamExt;

use super::granted;
use super::play::Play;
use super::steps::selects;
use crate::validate::{What, convert};

/// What is awaited for that long does not come.
const NEVER: Duration = Duration::from_secs(20);

/// A stream, and the cursor that it said last.
pub struct Listener {
    pub number: u64,
    selection: Selection,
    hints: Subscription,
    heard: Option<Position>,
}

/// Who fetches what it has not seen.
#[derive(Clone)]
pub struct Follower {
    number: u64,
    selection: Selection,
    own: Option<Cursor>,
}

impl Play {
    /// The hub runs: streams are opened, and followers go on.
    pub async fn started(&mut self) {
        let extent = self.extent();
        let (earliest, head) = (self.cursor(extent.earliest), self.cursor(extent.head));
        self.recorder.note(What::Started { earliest, head });
        for texts in [&["**"][..], &["a", "b"], &["*/b", "b/~c"]] {
            self.open(selects(texts)).await;
        }
        if self.followers.is_empty() {
            for texts in [&["**"][..], &["**"], &["a/*"]] {
                let follower =
                    Follower { number: self.number(), selection: selects(texts), own: None };
                self.followers.push(follower);
            }
        }
        self.followers.iter().for_each(|follower| self.record_start(follower));
    }

    fn record_start(&self, Follower { number, selection, own }: &Follower) {
        let (selection, from) = (selection.clone(), *own);
        self.recorder.note(What::FollowerStarted { follower: *number, selection, from });
    }

    async fn open(&mut self, selection: Selection) {
        let (number, own) = (self.number(), Some(self.cursor(self.model.earliest)));
        let subscribe = Subscribe {
            selection: granted(selection.clone()),
            cursor: own,
            min_interval: Duration::ZERO,
        };
        let began = self.recorder.began();
        let hints = self.hub().subscribe(subscribe).await.unwrap();
        let opened = What::StreamOpened { stream: number, selection: selection.clone(), own };
        self.recorder.record(began, opened);
        self.streams.push(Listener { number, selection, hints, heard: None });
    }

    /// Every stream hears of what concerns it.
    pub async fn hear(&mut self) {
        for stream in &mut self.streams {
            let newest = self.model.after(Position::INCEPTION, &stream.selection).last().copied();
            while stream.heard.is_none() || stream.heard < newest {
                let began = self.recorder.began();
                let hint = tokio::time::timeout(NEVER, stream.hints.next()).await;
                let hint = hint.expect("a stream hears of what concerns it").unwrap();
                let message = convert::message(stream.number, &hint);
                stream.heard = Some(message.cursor.position);
                self.recorder.record(began, What::Message(message));
            }
        }
    }

    /// Every follower fetches until there is no more.
    pub async fn follow(&mut self) {
        for index in 0..self.followers.len() {
            while self.follow_once(index).await {}
        }
    }

    /// Whether there is more. A follower that was away for longer than retention is given up; another begins at earliest.
    async fn follow_once(&mut self, index: usize) -> bool {
        let Follower { number, selection, own } = self.followers[index].clone();
        match self.fetch_page(Start::Cursor(own), &selection, 3).await {
            Ok(page) => {
                self.followers[index].own = Some(page.next);
                let (events, cursor) = (page.events, page.next);
                self.recorder.note(What::Handled { follower: number, selection, events, cursor });
                page.has_more
            }
            Err(_) => {
                self.recorder.note(What::FollowerStopped { follower: number });
                let own = Some(self.cursor(self.model.earliest));
                self.followers[index] = Follower { number: self.number(), selection, own };
                self.record_start(&self.followers[index]);
                true
            }
        }
    }
}
