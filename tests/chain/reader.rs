//! The reader: where it is, and whether each event is the next of the feed.

use std::sync::Arc;

use crate::hub::Hub;
use crate::input::Change;
use crate::read::{self, Way};

/// The place of a reader, whatever way it came by.
pub struct Reader {
    feed: Arc<[Change]>,
    seen: usize,
    cursor: String,
}

impl Reader {
    pub fn new(feed: Arc<[Change]>) -> Self {
        Self { feed, seen: 0, cursor: String::new() }
    }

    pub fn seen(&self) -> usize {
        self.seen
    }

    pub fn cursor(&self) -> &str {
        &self.cursor
    }

    /// It has come to a cursor.
    pub fn is_at(&mut self, cursor: &str) {
        cursor.clone_into(&mut self.cursor);
    }

    /// It gets an event, which must be the next.
    pub fn gets(&mut self, topic: &str, key: &str, data: Option<&str>) {
        let next = self.feed.get(self.seen).expect("nothing after the last");
        let got = (topic, key, data);
        let wanted = (next.topic.as_str(), next.key.as_str(), next.data.as_deref());
        assert_eq!(got, wanted, "event {}", self.seen);
        self.seen += 1;
    }

    /// Reads one way until it has seen so many events. A hub that is away is asked again.
    pub async fn read(&mut self, way: Way, hub: &Hub, until: usize) {
        while self.seen < until {
            if read::some(way, hub, self, until).await.is_err() {
                tokio::task::yield_now().await;
            }
        }
    }

    /// Whichever way it looks, there is nothing after the last event.
    pub async fn finds_nothing_more(&mut self, hub: &Hub) {
        for way in [Way::Fetch, Way::Feed, Way::GrpcWeb] {
            read::some(way, hub, self, self.seen + 1).await.unwrap();
        }
    }
}
