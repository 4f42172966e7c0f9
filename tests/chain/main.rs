//! One reader walks through every way of reading there is, with one cursor: gRPC fetch, long poll, feed, Server-Sent Events,
//! gRPC-Web, gRPC stream. The hub is killed and started again half-way. It ends with exactly the events, in order, none
//! missing, none twice.
//!
//! `HINTWIRE_FEED` names a gzipped file of JSON lines, which then goes through instead of the history of this repository.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

#[path = "../feed/hub.rs"]
mod hub;
#[path = "../feed/input.rs"]
#[allow(dead_code)]
mod input;
mod publisher;
mod read;
mod reader;

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use hub::Hub;
use input::Change;
use read::Way;
use reader::Reader;

/// The origin that the hub allows, as gRPC-Web wants.
const ORIGIN: &str = "http://page.example";

fn feed() -> Arc<[Change]> {
    let file = std::env::var_os("HINTWIRE_FEED");
    let read = file.map(|path| input::from_file(Path::new(&path)));
    let changes = read.unwrap_or_else(|| input::from_seed(7, 6_000));
    changes.into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_changes_its_way_of_reading_five_times_gets_exactly_the_events() {
    let feed = feed();
    let data = tempfile::tempdir().unwrap();
    let mut hub = Hub::start(data.path().join("backlog"), &["--allowed-origins", ORIGIN]);
    let mut reader = Reader::new(Arc::clone(&feed));
    for (leg, way) in Way::ALL.into_iter().enumerate() {
        let part = part(feed.len(), leg);
        let published = publisher::publish(hub.client(), Arc::clone(&feed), part.clone());
        let published = tokio::spawn(published);
        if way == Way::Sse {
            // In the middle of a stream, and of what is being published.
            reader.read(way, &hub, feed.len() / 2 + 1).await;
            hub.kill_and_restart();
        }
        reader.read(way, &hub, part.end).await;
        published.await.unwrap();
        println!("{way:?}: {} events so far, cursor {}", reader.seen(), reader.cursor());
    }
    assert_eq!(reader.seen(), feed.len());
    reader.finds_nothing_more(&hub).await;
}

/// What is published while one leg is read.
fn part(events: usize, leg: usize) -> Range<usize> {
    let legs = Way::ALL.len();
    events * leg / legs..events * (leg + 1) / legs
}
