//! Publishers side by side, and what became of each event.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hintwire::client::{Client, Error};
use hintwire::v1;
use tokio::task::JoinSet;
use tonic::Code;

/// Ids of events, by what was answered.
#[derive(Debug, Default)]
pub struct Tally {
    pub acked: BTreeSet<String>,
    pub unknown: BTreeSet<String>,
    pub not_written: BTreeSet<String>,
}

/// Publishes from so many tasks until each was refused twice by a failed backlog. Asserts that nothing is acknowledged
/// that was asked for after a failure was answered, and that each refusal says what it must.
pub async fn until_it_fails(clients: Vec<Client>, size: usize) -> Tally {
    let failed = Arc::new(AtomicBool::new(false));
    let mut publishing = JoinSet::new();
    for (number, client) in clients.into_iter().enumerate() {
        publishing.spawn(one_until_it_fails(number, client, size, Arc::clone(&failed)));
    }
    let mut all = Tally::default();
    for mut tally in publishing.join_all().await {
        all.acked.append(&mut tally.acked);
        all.unknown.append(&mut tally.unknown);
        all.not_written.append(&mut tally.not_written);
    }
    all
}

async fn one_until_it_fails(
    number: usize,
    client: Client,
    size: usize,
    failed: Arc<AtomicBool>,
) -> Tally {
    let mut tally = Tally::default();
    for n in 0.. {
        let id = format!("{number} {n}");
        let after_failure = failed.load(Ordering::SeqCst);
        match publish(&client, &id, size).await {
            Ok(_) => {
                assert!(!after_failure, "{id} was acknowledged after a failure");
                tally.acked.insert(id);
            }
            Err(error) => {
                failed.store(true, Ordering::SeqCst);
                assert_eq!(error.code(), Code::Unavailable, "{error:?}");
                assert_eq!(error.reason(), "BACKLOG_FAILED", "{error:?}");
                match error.metadata()["outcome"].as_str() {
                    "unknown" if !after_failure => tally.unknown.insert(id),
                    "not_written" => tally.not_written.insert(id),
                    other => panic!("{id}: {other}, after a failure: {after_failure}"),
                };
                if after_failure {
                    return tally;
                }
            }
        }
    }
    tally
}

/// Publishes one event of so many bytes.
pub async fn publish(client: &Client, id: &str, size: usize) -> Result<String, Error> {
    let event = v1::Event {
        topic: "load/a".into(),
        key: id.into(),
        id: id.into(),
        data: vec![b'd'; size].into(),
        ..Default::default()
    };
    let request = v1::PublishRequest { events: vec![event], expected_cursor: None };
    Ok(client.publish(request).await?.results.remove(0).cursor)
}

/// Ids of all events that are there, each once.
pub async fn ids(client: &Client) -> BTreeSet<String> {
    let (mut found, mut cursor) = (BTreeSet::new(), String::new());
    loop {
        let request = v1::FetchRequest {
            topics: vec!["**".into()],
            cursor,
            limit: 1000,
            ..Default::default()
        };
        let page = client.fetch(request).await.unwrap();
        for event in page.events.into_iter().map(|stored| stored.event.unwrap()) {
            assert!(found.insert(event.id.clone()), "{} is there twice", event.id);
        }
        cursor = page.next_cursor;
        if !page.has_more {
            return found;
        }
    }
}
