//! Who follows a hub, across a restore of it.

use std::path::Path;
use std::time::Duration;

use hintwire::client::{
    Batch, Client, FileStore, Follow, FollowError, Handler, HandlerError, Notice, OnCursorError,
};
use hintwire::v1::{Event, PublishRequest};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::backup::{back_up, restore};
use crate::run::Hub;

const SHORT: Duration = Duration::from_millis(50);

/// What a follower was given, and what it was told.
struct Follower {
    seen: watch::Receiver<Vec<String>>,
    lost: watch::Receiver<Option<(String, bool)>>,
    task: JoinHandle<FollowError>,
}

struct Inbox(watch::Sender<Vec<String>>);

impl Handler for Inbox {
    async fn handle(&mut self, batch: Batch) -> Result<(), HandlerError> {
        let data = |stored: hintwire::v1::StoredEvent| {
            String::from_utf8(stored.event.unwrap_or_default().data.to_vec())
        };
        let data = batch.events.into_iter().map(data).collect::<Result<Vec<_>, _>>()?;
        self.0.send_modify(|all| all.extend(data));
        Ok(())
    }
}

impl Follower {
    /// Follows everything from the place in a file.
    fn start(hub: &str, place: &Path, policy: OnCursorError) -> Self {
        let (sender, seen) = watch::channel(Vec::new());
        let (tell, lost) = watch::channel(None);
        let observe = move |notice: &Notice| {
            if let Notice::CursorLost { error, snapshot } = notice {
                tell.send_replace(Some((error.reason().to_owned(), *snapshot)));
            }
        };
        let follow = Follow::new(Client::connect_lazy(hub).unwrap(), ["**"])
            .store(FileStore::new(place))
            .on_cursor_error(policy)
            .poll_between(SHORT, SHORT)
            .observe(observe);
        let task = tokio::spawn(async move { follow.run(Inbox(sender)).await.unwrap_err() });
        Self { seen, lost, task }
    }

    /// Waits for an event; all that came up to it.
    async fn until(&mut self, last: &str) -> Vec<String> {
        let arrived = self.seen.wait_for(|seen| seen.iter().any(|data| data == last));
        timeout(Duration::from_secs(60), arrived).await.expect("it never came").unwrap().clone()
    }

    async fn stop(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }
}

async fn publish(hub: &Hub, data: &[&str]) {
    let client = Client::connect_lazy(&hub.url).unwrap();
    let event = |data: &&str| Event {
        topic: "a/b".into(),
        key: data.get(..1).unwrap_or_default().into(),
        data: (*data).to_owned().into(),
        ..Event::default()
    };
    let events = data.iter().map(event).collect();
    client.publish(PublishRequest { events, expected_cursor: None }).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_behind_the_fork_goes_on_and_one_beyond_it_is_told_so_and_recovers() {
    let temp = tempfile::tempdir().unwrap();
    let dir = |name: &str| temp.path().join(name);
    let hub = Hub::start(&dir("data"));
    let url = hub.url.clone();
    publish(&hub, &["a1"]).await;
    let mut behind = Follower::start(&url, &dir("behind"), OnCursorError::Fail);
    assert_eq!(behind.until("a1").await, ["a1"]);
    behind.stop().await;
    publish(&hub, &["b2", "c3"]).await;
    let mut at_fork = Follower::start(&url, &dir("at fork"), OnCursorError::Fail);
    assert_eq!(at_fork.until("c3").await, ["a1", "b2", "c3"]);
    at_fork.stop().await;
    back_up(&dir("data"), &dir("backup")).ok();
    publish(&hub, &["c4", "d5"]).await;
    for name in ["advised", "earliest", "fail"] {
        let mut beyond = Follower::start(&url, &dir(name), OnCursorError::Fail);
        beyond.until("d5").await;
        beyond.stop().await;
    }
    // One stays connected, over the end of the one life and the beginning of the other.
    let mut connected = Follower::start(&url, &dir("connected"), OnCursorError::Fail);
    connected.until("d5").await;
    let address = hub.address().to_owned();
    hub.kill();

    let told = restore(&dir("backup"), &dir("new")).json().remove(0);
    let hub = Hub::start_at(&dir("new"), &address);
    publish(&hub, &["e6"]).await;
    let mut behind = Follower::start(&url, &dir("behind"), OnCursorError::Fail);
    assert_eq!(behind.until("e6").await, ["b2", "c3", "e6"]);
    let mut from_fork = Follower::start(&url, &dir("at fork"), OnCursorError::Fail);
    assert_eq!(from_fork.until("e6").await, ["e6"]);

    let ended = timeout(Duration::from_secs(60), connected.task).await.unwrap().unwrap();
    assert!(matches!(ended, FollowError::Hub(error) if error.reason() == "CURSOR_FOREIGN"));
    let failing = Follower::start(&url, &dir("fail"), OnCursorError::Fail);
    match failing.task.await.unwrap() {
        FollowError::Hub(error) => {
            assert_eq!(error.reason(), "CURSOR_FOREIGN");
            assert_eq!(error.metadata()["action"], "SNAPSHOT");
            assert_eq!(error.metadata()["snapshot_covers"], "true");
            assert_eq!(error.metadata()["incarnation"], told["incarnation"].as_str().unwrap());
            assert!(error.metadata().contains_key("earliest"));
            assert!(error.metadata().contains_key("head"));
        }
        other => panic!("{other}"),
    }
    let mut advised = Follower::start(&url, &dir("advised"), OnCursorError::Advised);
    let mut newest = advised.until("e6").await;
    newest.sort();
    assert_eq!(newest, ["a1", "b2", "c3", "e6"]);
    assert_eq!(advised.lost.borrow().clone(), Some(("CURSOR_FOREIGN".into(), true)));
    let mut earliest = Follower::start(&url, &dir("earliest"), OnCursorError::Earliest);
    assert_eq!(earliest.until("e6").await, ["a1", "b2", "c3", "e6"]);
    assert_eq!(earliest.lost.borrow().clone(), Some(("CURSOR_FOREIGN".into(), false)));
    publish(&hub, &["f7"]).await;
    for follower in [&mut behind, &mut from_fork, &mut advised, &mut earliest] {
        assert_eq!(follower.until("f7").await.last().unwrap(), "f7");
    }
}
