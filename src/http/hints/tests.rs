//! Readers of events in virtual time.

use std::sync::Arc;

use futures_util::FutureExt;
use tokio::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

use super::query::From;
use super::tail::{Tail, Wanted};
use super::*;
use crate::access::Access;
use crate::backlog::Backlog;
use crate::backlog::memory::Memory;
use crate::event::Event;
use crate::hub::{Hub, HubSettings};
use crate::limits::{Limits, SSE_PAGE_BYTES, UNREAD_BYTES, UNREAD_WAIT};
use crate::service::Connection;
use crate::topic::{Patterns, Selection, Topic};

struct Open {
    memory: Arc<Memory>,
    service: Service,
}

impl Open {
    fn with(settings: HubSettings) -> Self {
        let memory = Arc::<Memory>::default();
        let service = Service {
            hub: Hub::start(Arc::<Memory>::clone(&memory), settings),
            limits: Limits::default(),
            id_window: Duration::ZERO,
            draining: CancellationToken::new(),
            connection: Arc::new(Connection::new(
                ([127, 0, 0, 1], 1).into(),
                Arc::default(),
                Arc::default(),
            )),
            access: Access::unrestricted(),
        };
        Self { memory, service }
    }

    async fn publish(&self, count: usize) {
        let event = || Event::new(Topic::parse("a", "topic").unwrap(), "x".repeat(1000));
        let events: Vec<_> = (0..count).map(|_| event()).collect();
        self.service.hub.publish(events.into(), None).unwrap().await.unwrap();
        // The fan-out gets its turn: retention takes nothing that was not told of.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    }

    /// A reader that was confirmed.
    async fn reader(&self, from: From) -> Tail {
        let selection = Selection::of(Patterns::parse(&["a"], 1, "topics").unwrap());
        let request = Subscribe {
            selection: selection.clone().into(),
            cursor: None,
            min_interval: Duration::ZERO,
        };
        let hints = self.service.hub.subscribe(request).await.unwrap();
        let wanted = Wanted { selection: selection.into(), from, omit_data: false, once: false };
        let mut tail = Tail::new(self.service.clone(), wanted, hints, Place(None), Duration::ZERO);
        assert!(next(&mut tail).await.starts_with("retry: "));
        tail
    }
}

async fn next(tail: &mut Tail) -> String {
    String::from_utf8(tail.next().await.unwrap().to_vec()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_crowd_reads_at_the_pace_that_the_hub_gives_and_a_drain_waits_for_nobody() {
    let open = Open::with(HubSettings { fetch_rate: 1.0, ..HubSettings::default() });
    let mut crowd = Vec::new();
    for _ in 0..8 {
        crowd.push(open.reader(From::Latest).await);
    }
    open.publish(1).await;
    let began = Instant::now();
    let mut waits = std::collections::BTreeSet::new();
    let mut last = crowd.pop().unwrap();
    let read = crowd.iter_mut().map(|tail| async move {
        assert!(next(tail).await.contains("event: event\n"));
        began.elapsed()
    });
    waits.extend(futures_util::future::join_all(read).await);
    assert!(waits.len() > 1 && *waits.last().unwrap() <= Duration::from_secs(9), "{waits:?}");

    next(&mut last).await;
    open.publish(1).await;
    for tail in &mut crowd {
        // All but those whose turn it is at once wait now.
        let _ = tail.next().now_or_never();
    }
    open.service.hub.drain();
    let began = Instant::now();
    for tail in &mut crowd {
        assert!(next(tail).await.contains("event: reconnect\n"));
        assert_eq!(tail.next().await, None);
    }
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_reader_holds_one_page_at_most_and_reads_none_while_its_connection_has_no_room() {
    let open = Open::with(HubSettings::default());
    open.publish(500).await;
    let connection = &open.service.connection;
    let mut tail = open.reader(From::Place).await;
    assert!(next(&mut tail).await.contains("event: event\n"));
    let rest = connection.hold(UNREAD_BYTES - SSE_PAGE_BYTES - 1);
    assert!(connection.has_room(), "more than a page is held");
    let page = connection.hold(SSE_PAGE_BYTES);
    assert!(!connection.has_room(), "the page does not count");
    drop((rest, page));

    let all = connection.hold(UNREAD_BYTES);
    let began = Instant::now();
    while next(&mut tail).await.contains("event: event\n") {}
    assert!(began.elapsed() >= UNREAD_WAIT, "it read on");
    assert_eq!(tail.next().await, None);
    drop((all, tail));
    assert_eq!(open.service.hub.streams(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_retention_overtakes_is_told_so_and_never_skips() {
    let open = Open::with(HubSettings::default());
    open.publish(500).await;
    for (from, name) in [(From::Place, "event: event\n"), (From::Snapshot, "event: snapshot-end\n")]
    {
        let mut tail = open.reader(from).await;
        assert!(next(&mut tail).await.contains(name));
        if from == From::Snapshot {
            open.publish(500).await;
        }
        open.memory.trim(open.memory.extent().head).await.unwrap();
        let mut last = next(&mut tail).await;
        while last.contains("event: event\n") && !last.contains("cursor-error") {
            last = next(&mut tail).await;
        }
        assert!(
            last.contains("event: cursor-error\n") && last.contains("CURSOR_TRIMMED"),
            "{last}"
        );
        assert_eq!(tail.next().await, None);
    }
}
