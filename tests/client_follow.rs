//! The follow loop against a real hub, over a real connection.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, clippy::panic)]

#[path = "support/flaky.rs"]
mod flaky;

use std::net::SocketAddr;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use flaky::Flaky;
use hintwire::client::{
    Batch, Breaker, Client, CursorStore, FileStore, Follow, Handler, HandlerError,
};
use hintwire::config::Config;
use hintwire::server::{self, ServeError};
use hintwire::v1::{Event, PublishRequest};
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

const SHORT: Duration = Duration::from_millis(50);

/// A hub that runs until it is stopped or dropped.
struct Hub {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<Result<(), ServeError>>,
}

impl Hub {
    async fn start(address: &str, config: Config) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async { drop(stopped.await) };
        Self { address, stop, served: tokio::spawn(server::run(listener, config, shutdown)) }
    }

    async fn in_memory() -> Self {
        let heartbeat_interval = Duration::from_secs(1);
        let config = Config { ephemeral: true, heartbeat_interval, ..Config::default() };
        Self::start("127.0.0.1:0", config).await
    }

    fn client(&self) -> Client {
        Client::connect_lazy(&format!("http://{}", self.address)).unwrap()
    }

    async fn stop(self) {
        drop(self.stop);
        self.served.await.unwrap().unwrap();
    }
}

/// Publishes numbers, each an event of its own between two that nobody follows.
async fn publish(client: &Client, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let event = |topic: &str| Event {
            topic: topic.into(),
            data: number.to_string().into(),
            ..Event::default()
        };
        let events = vec![event("other"), event("news/today"), event("other")];
        client.publish(PublishRequest { events, expected_cursor: None }).await.unwrap();
    }
}

/// Keeps the numbers that a follower was given.
struct Inbox(watch::Sender<Vec<usize>>);

impl Handler for Inbox {
    async fn handle(&mut self, batch: Batch) -> Result<(), HandlerError> {
        let numbers: Result<Vec<usize>, HandlerError> =
            batch.events.into_iter().map(number).collect();
        let numbers = numbers?;
        self.0.send_modify(|all| all.extend(numbers));
        Ok(())
    }
}

fn number(stored: hintwire::v1::StoredEvent) -> Result<usize, HandlerError> {
    Ok(std::str::from_utf8(&stored.event.unwrap_or_default().data)?.parse()?)
}

/// A follower in the background.
struct Running {
    inbox: watch::Receiver<Vec<usize>>,
    task: JoinHandle<()>,
}

impl Running {
    fn start<S: CursorStore + 'static>(follow: Follow<Flaky, S>) -> Self {
        let (sender, inbox) = watch::channel(Vec::new());
        let run = follow.run(Inbox(sender));
        let task = tokio::spawn(async move { panic!("{}", run.await.unwrap_err()) });
        Self { inbox, task }
    }

    /// Waits for the number, then says all that came.
    async fn until(&mut self, last: usize) -> Vec<usize> {
        let arrived = self.inbox.wait_for(|numbers| numbers.contains(&last));
        timeout(Duration::from_secs(60), arrived).await.expect("it never came").unwrap().clone()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A follower that gives up nothing for long, so that tests are quick.
fn brisk(flaky: &Flaky) -> Follow<Flaky> {
    Follow::new(flaky.clone(), ["news/**"])
        .poll_between(SHORT, SHORT)
        .breaker(Breaker::new(5, SHORT))
}

fn up_to(end: usize) -> Vec<usize> {
    (0..end).collect()
}

#[tokio::test]
async fn hints_alone_bring_all_news_with_one_fetch_a_hint_at_most() {
    let hub = Hub::in_memory().await;
    let flaky = Flaky::new(hub.client());
    let mut running = Running::start(Follow::new(flaky.clone(), ["news/**"]).safety_poll(None));
    for number in 0..50 {
        publish(&hub.client(), number..number + 1).await;
        if number % 5 == 0 {
            running.until(number).await;
        }
    }
    assert_eq!(running.until(49).await, up_to(50));
    let (fetches, hints) = (flaky.counts.fetches.load(Relaxed), flaky.counts.hints.load(Relaxed));
    assert!(hints > 0 && fetches <= 1 + hints, "{fetches} fetches, {hints} hints");
    assert_eq!(flaky.counts.streamed_fetches.load(Relaxed), fetches - 1, "the first is a call");
}

#[tokio::test]
async fn where_streams_are_refused_polling_alone_brings_all_news() {
    let hub = Hub::in_memory().await;
    let flaky = Flaky::new(hub.client());
    flaky.counts.refuses_streams.store(true, Relaxed);
    let mut running = Running::start(brisk(&flaky).safety_poll(None));
    publish(&hub.client(), 0..20).await;
    running.until(19).await;
    publish(&hub.client(), 20..40).await;
    assert_eq!(running.until(39).await, up_to(40));
    assert_eq!(flaky.counts.hints.load(Relaxed), 0);
}

#[tokio::test]
async fn with_every_second_hint_dropped_and_fetches_failing_nothing_is_missed() {
    let hub = Hub::in_memory().await;
    let flaky = Flaky::new(hub.client());
    flaky.counts.drops_every_second_hint.store(true, Relaxed);
    let mut running = Running::start(brisk(&flaky).safety_poll(None));
    publish(&hub.client(), 0..20).await;
    running.until(19).await;
    flaky.counts.failing_fetches.store(20, Relaxed);
    for number in 20..40 {
        publish(&hub.client(), number..number + 1).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(running.until(39).await, up_to(40));
    assert_eq!(flaky.counts.failing_fetches.load(Relaxed), 0);
}

#[tokio::test]
async fn a_follower_outlives_its_hub_and_misses_nothing_when_it_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config { data: folder.path().join("hub"), ..Config::default() };
    let hub = Hub::start("127.0.0.1:0", config.clone()).await;
    let address = hub.address.to_string();
    let flaky = Flaky::new(hub.client());
    let store = FileStore::new(folder.path().join("cursor"));
    let mut running = Running::start(brisk(&flaky).store(store));
    publish(&hub.client(), 0..20).await;
    running.until(19).await;
    hub.stop().await;
    let hub = Hub::start(&address, config).await;
    publish(&hub.client(), 20..40).await;
    assert_eq!(running.until(39).await, up_to(40));
}

#[tokio::test]
async fn a_new_follower_goes_on_where_the_one_before_saved_its_cursor_also_at_a_restarted_hub() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config { data: folder.path().join("hub"), ..Config::default() };
    let store = || FileStore::new(folder.path().join("cursor"));
    for round in 0..3 {
        let hub = Hub::start("127.0.0.1:0", config.clone()).await;
        publish(&hub.client(), round * 10..round * 10 + 10).await;
        let mut running = Running::start(brisk(&Flaky::new(hub.client())).store(store()));
        let numbers = running.until(round * 10 + 9).await;
        // What was handled but not yet saved when the one before was dropped comes again.
        assert_eq!(numbers, (numbers[0]..round * 10 + 10).collect::<Vec<_>>());
        assert!(numbers[0] <= round * 10 && numbers[0] >= (round * 10).saturating_sub(10));
        drop(running);
        hub.stop().await;
    }
}
