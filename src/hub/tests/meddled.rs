//! A backlog to which something is published at a moment of the test's choice: before the nth call that is made of it.
//! Trying every n tries every order that matters.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::mpsc;

use super::*;
use crate::backlog::{
    Appended, Batch, BoxFuture, Page, Read, ReadError, Receipt, SnapshotPage, SnapshotRead, Status,
};
use crate::cursor::Position;
use crate::event::Micros;
use crate::lineage::Extent;
use crate::topic::table::TopicTable;

pub struct Meddled {
    inner: Memory,
    calls: AtomicUsize,
    /// Publishes to `t` before this call.
    pub at: AtomicUsize,
}

impl Meddled {
    pub fn new() -> Arc<Self> {
        let (calls, at) = (AtomicUsize::new(0), AtomicUsize::new(usize::MAX));
        Arc::new(Self { inner: Memory::default(), calls, at })
    }

    /// Has an event published before the nth call from now on.
    pub fn meddle_before(&self, nth: usize) {
        self.at.store(self.calls.load(Ordering::SeqCst) + nth, Ordering::SeqCst);
    }

    /// Whether that has happened.
    pub fn has_meddled(&self) -> bool {
        self.inner.extent().head > Position::INCEPTION
    }

    fn call(&self) -> &Memory {
        if self.calls.fetch_add(1, Ordering::SeqCst) == self.at.load(Ordering::SeqCst) {
            let batch = Batch { events: vec![event("t").encode()], expected: None };
            drop(self.inner.append(batch));
        }
        &self.inner
    }
}

impl Backlog for Meddled {
    fn append(&self, batch: Batch) -> Receipt {
        self.inner.append(batch)
    }
    fn read(&self, read: Read) -> BoxFuture<'_, Result<Page, ReadError>> {
        self.call().read(read)
    }
    fn snapshot(&self, read: SnapshotRead) -> BoxFuture<'_, Result<SnapshotPage, ReadError>> {
        self.inner.snapshot(read)
    }
    fn seek(&self, time: Micros) -> BoxFuture<'_, Result<Option<Position>, ReadError>> {
        self.inner.seek(time)
    }
    fn published(&self, at: Position) -> BoxFuture<'_, Result<Option<Micros>, ReadError>> {
        self.inner.published(at)
    }
    fn trim(&self, before: Position) -> BoxFuture<'_, Result<(), ReadError>> {
        self.inner.trim(before)
    }
    fn topics(&self) -> &Arc<TopicTable> {
        self.call().topics()
    }
    fn extent(&self) -> Extent {
        self.call().extent()
    }
    fn lineage(&self) -> &Lineage {
        self.call().lineage()
    }
    fn tail(&self) -> mpsc::Receiver<Appended> {
        self.inner.tail()
    }
    fn status(&self) -> Status {
        self.inner.status()
    }
    fn close(&self) -> BoxFuture<'_, Result<(), Error>> {
        self.inner.close()
    }
}

#[tokio::test(start_paused = true)]
async fn whenever_an_event_comes_a_new_subscriber_hears_of_it() {
    let mut meddled = 0;
    for nth in 0..20 {
        let backlog = Meddled::new();
        let hub = Hub::start(Arc::clone(&backlog) as Arc<dyn Backlog>, HubSettings::default());
        backlog.meddle_before(nth);
        let selection = Selection::of(patterns(&["t"]));
        let subscribe = Subscribe { selection, cursor: None, min_interval: Duration::ZERO };
        let mut subscription = hub.subscribe(subscribe).await.unwrap();
        let mut heard = next(&mut subscription).await;
        if !backlog.has_meddled() {
            break;
        }
        let head = backlog.inner.extent().head;
        if heard.cursor.position < head {
            heard = at_once(&mut subscription).await.expect("a wake-up was lost");
        }
        assert_eq!(heard.cursor.position, head);
        meddled += 1;
    }
    assert!((3..20).contains(&meddled), "{meddled}");
}

#[tokio::test(start_paused = true)]
async fn whenever_an_event_comes_a_long_poll_returns_it_at_once() {
    let mut meddled = 0;
    for nth in 0..20 {
        let backlog = Meddled::new();
        let hub = Hub::start(Arc::clone(&backlog) as Arc<dyn Backlog>, HubSettings::default());
        backlog.meddle_before(nth);
        let fetch = Fetch { wait: Duration::from_secs(60), ..from(Start::Earliest, &["t"]) };
        let begun = tokio::time::Instant::now();
        let page = hub.fetch(fetch).await.unwrap();
        if begun.elapsed() > Duration::ZERO {
            break;
        }
        assert_eq!(page.events.len(), 1, "{nth}");
        meddled += 1;
    }
    assert!((3..20).contains(&meddled), "{meddled}");
}
