//! A backlog to which something is published, and spread, at a moment of the test's choice: before the nth call that is
//! made of it. Trying every n tries every order that matters.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::*;
use crate::backlog::{
    Appended, Batch, BoxFuture, Page, Read, ReadError, Receipt, SnapshotPage, SnapshotRead, Status,
};
use crate::cursor::Position;
use crate::event::Micros;
use crate::lineage::Extent;
use crate::topic::table::TopicTable;

struct Meddled {
    inner: Memory,
    calls: AtomicUsize,
    /// The call before which an event is published, and the index in which it is spread at once.
    before: OnceLock<(usize, Arc<Index>)>,
    /// When it came.
    came: OnceLock<Instant>,
    /// Keeps the tail open. It tells nothing: what is published is spread already.
    tail: OnceLock<mpsc::Sender<Appended>>,
}

/// A hub in which an event comes to `t` before the nth call from now on.
fn meddled(nth: usize) -> (Arc<Meddled>, Arc<Hub>) {
    let backlog = Arc::new(Meddled {
        inner: Memory::default(),
        calls: AtomicUsize::new(0),
        before: OnceLock::new(),
        came: OnceLock::new(),
        tail: OnceLock::new(),
    });
    let hub = Hub::start(Arc::clone(&backlog) as Arc<dyn Backlog>, HubSettings::default());
    let call = backlog.calls.load(Ordering::SeqCst) + nth;
    assert!(backlog.before.set((call, Arc::clone(&hub.index))).is_ok());
    (backlog, hub)
}

impl Meddled {
    fn call(&self) -> &Memory {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        if let Some((before, index)) = self.before.get()
            && call == *before
        {
            let event = of_type("t", "wanted").encode();
            let head = event.head.clone();
            drop(self.inner.append(Batch { events: vec![event], expected: None }));
            let position = self.inner.extent().head;
            index.spread(vec![(position, head)], position, Duration::ZERO);
            assert!(self.came.set(Instant::now()).is_ok());
        }
        &self.inner
    }
}

impl Backlog for Meddled {
    fn append(&self, batch: Batch) -> Receipt {
        self.inner.append(batch)
    }
    fn read(&self, read: Read) -> BoxFuture<'_, Result<Page, ReadError>> {
        // The page is read before the event comes, and used after.
        let page = self.inner.read(read);
        self.call();
        page
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
        let (sender, receiver) = mpsc::channel(1);
        assert!(self.tail.set(sender).is_ok());
        receiver
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
    let mut orders = 0;
    for nth in 0..50 {
        let (backlog, hub) = meddled(nth);
        let selection = Selection::of(patterns(&["t"]));
        let subscribe =
            Subscribe { selection: selection.into(), cursor: None, min_interval: Duration::ZERO };
        let mut subscription = hub.subscribe(subscribe).await.unwrap();
        let mut heard = next(&mut subscription).await;
        if backlog.came.get().is_none() {
            break;
        }
        let head = backlog.inner.extent().head;
        if heard.cursor.position < head {
            heard = at_once(&mut subscription).await.expect("a wake-up was lost");
        }
        assert_eq!(heard.cursor.position, head);
        orders += 1;
    }
    assert!((3..50).contains(&orders), "{orders}");
}

#[tokio::test(start_paused = true)]
async fn whenever_an_event_comes_a_long_poll_returns_it_at_once() {
    let mut orders = 0;
    for nth in 0..50 {
        let (backlog, hub) = meddled(nth);
        // So that there is something to read.
        publish(&hub, of_type("t", "other")).await;
        let (wait, selection) = (Duration::from_secs(60), typed(&["t"], "wanted"));
        let fetch = Fetch { wait, selection: selection.into(), ..from(Start::Earliest, &["t"]) };
        let begun = Instant::now();
        let page = hub.fetch(fetch).await.unwrap();
        let Some(came) = backlog.came.get() else { break };
        // After a wait in vain it may come too late for the page, but not earlier.
        assert_eq!(came.elapsed(), Duration::ZERO, "lost before call {nth}");
        assert!(page.events.len() == 1 || begun.elapsed() > Duration::from_secs(50), "{nth}");
        orders += 1;
    }
    assert!((3..50).contains(&orders), "{orders}");
}
