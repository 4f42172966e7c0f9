//! A real feed through the real binary: many followers on different patterns, some from the start and some that join
//! half-way, a snapshot, and the same with a kill -9 in between.
//!
//! `HINTWIRE_FEED` names a gzipped file of JSON lines, which then goes through instead of what every clone has: the
//! history of this repository, and changes made up from a seed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod followers;
mod hub;
mod input;
mod publisher;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use hintwire::client::Client;
use hintwire::v1;
use hub::Hub;
use input::Change;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The feeds to send through.
fn feeds() -> Vec<Arc<[Change]>> {
    match std::env::var_os("HINTWIRE_FEED") {
        Some(path) => vec![input::from_file(Path::new(&path)).into()],
        None => {
            let feeds = [input::from_git(), input::from_seed(7, 4_000)];
            feeds.into_iter().filter(|feed| !feed.is_empty()).map(Arc::from).collect()
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_follower_ends_with_exactly_its_events_and_a_snapshot_with_the_live_keys() {
    for feed in feeds() {
        send_through(&feed, None).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_in_the_middle_of_everything_loses_nothing_and_repeats_nothing() {
    for feed in feeds() {
        let third = feed.len() / 3;
        let seed = fastrand::u64(..);
        println!("kill seed {seed}");
        let at = third + fastrand::Rng::with_seed(seed).usize(..third.max(1));
        send_through(&feed, Some(at)).await;
    }
}

/// Publishes a feed; 50 followers are there from the start and 50 join half-way. `kill` is the number of acknowledged
/// events at which the hub is killed and started again.
async fn send_through(feed: &Arc<[Change]>, kill: Option<usize>) {
    let data = tempfile::tempdir().unwrap();
    let mut hub = Hub::start(data.path().join("backlog"), &[]);
    let clients: Vec<Client> = (0..10).map(|_| hub.client()).collect();
    let mut tasks = JoinSet::new();
    let join = |tasks: &mut JoinSet<()>| {
        for (patterns, client) in followers::patterns(feed).into_iter().zip(clients.iter().cycle())
        {
            followers::follow(tasks, client.clone(), patterns, feed.clone());
        }
    };
    join(&mut tasks);
    let (progress, mut acked) = watch::channel(0);
    tasks.spawn(publisher::publish(hub.client(), feed.clone(), progress));
    let mut late = Some(feed.len() / 2);
    let mut kill = kill;
    while late.is_some() || kill.is_some() {
        let next = late.into_iter().chain(kill).min().unwrap();
        acked.wait_for(|&acked| acked >= next).await.unwrap();
        if late.take_if(|at| *at == next).is_some() {
            join(&mut tasks);
        }
        if kill.take_if(|at| *at == next).is_some() {
            hub.kill_and_restart();
        }
    }
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
    check_snapshot(&hub.client(), feed).await;
}

async fn check_snapshot(client: &Client, feed: &[Change]) {
    let mut expected = BTreeMap::new();
    for change in feed {
        let key = (change.topic.clone(), change.key.clone());
        match &change.data {
            Some(data) => expected.insert(key, data.clone()),
            None => expected.remove(&key),
        };
    }
    let mut found = BTreeMap::new();
    let mut request =
        v1::SnapshotRequest { topics: vec!["**".into()], page_size: 1000, ..Default::default() };
    loop {
        let page = client.snapshot(request.clone()).await.unwrap();
        for event in page.events.into_iter().map(|stored| stored.event.unwrap()) {
            let data = String::from_utf8(event.data.to_vec()).unwrap();
            assert_eq!(found.insert((event.topic, event.key), data), None, "a key comes once");
        }
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    println!("{} events, {} live keys", feed.len(), found.len());
    assert_eq!(found.len(), expected.len());
    assert!(found == expected, "a snapshot has the newest value of each live key");
}
