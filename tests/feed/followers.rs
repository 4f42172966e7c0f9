//! Followers that know what they must get, and say at once when they get anything else.

use std::sync::Arc;

use hintwire::client::{Batch, Client, Follow};
use hintwire::topic::Patterns;
use hintwire::v1;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::input::Change;

/// Starts a follower from inception; it ends when it has exactly the changes of its patterns, or fails.
pub fn follow(
    followers: &mut JoinSet<()>,
    client: Client,
    patterns: Vec<String>,
    changes: Arc<[Change]>,
) {
    let parsed = Patterns::parse(&patterns, 1000, "topics").unwrap();
    let wanted: Vec<usize> =
        (0..changes.len()).filter(|&n| parsed.matches(&changes[n].topic)).collect();
    followers.spawn(async move {
        let (done, complete) = oneshot::channel();
        let mut done = (!wanted.is_empty()).then_some(done);
        let mut next = 0;
        let named = patterns.clone();
        let handler = move |batch: Batch| {
            for event in &batch.events {
                let number = *wanted.get(next).expect("nothing after the last");
                check(event, &changes[number], number, &named);
                next += 1;
            }
            if next == wanted.len() {
                done.take().map(|done| done.send(()));
            }
            async { Ok(()) }
        };
        tokio::select! {
            ended = Follow::new(client, patterns.clone()).run(handler) => {
                panic!("the follower of {patterns:?} ended: {:?}", ended.err());
            }
            // A follower that wants nothing is complete from the start: its end is dropped.
            _ = complete => {}
        }
    });
}

fn check(stored: &v1::StoredEvent, change: &Change, number: usize, patterns: &[String]) {
    let event = stored.event.as_ref().unwrap();
    let context = format!("event {number} of the follower of {patterns:?}");
    assert_eq!((&event.topic, &event.key), (&change.topic, &change.key), "{context}");
    assert_eq!(event.id, format!("feed-{number}"), "{context}");
    assert_eq!(event.deleted, change.data.is_none(), "{context}");
    assert_eq!(event.data, change.data.clone().unwrap_or_default(), "{context}");
    assert_eq!(stored.data_size as usize, event.data.len(), "{context}");
}

/// Patterns for 50 followers: two of everything, the rest narrower, of every kind.
pub fn patterns(changes: &[Change]) -> Vec<Vec<String>> {
    let mut topics: Vec<&str> = changes.iter().map(|change| change.topic.as_str()).collect();
    topics.sort_unstable();
    topics.dedup();
    let topic = |n: usize| topics[n * 7919 % topics.len()];
    let narrow = |n: usize| {
        let (folder, name) = topic(n).rsplit_once('/').unwrap_or(("top", topic(n)));
        match n % 6 {
            0 => vec![topic(n).to_owned()],
            1 => vec![topic(n).to_owned(), topic(n + 1).to_owned(), topic(n + 2).to_owned()],
            2 => vec![format!("{folder}/*")],
            3 => vec![format!("{folder}/**")],
            4 => vec![format!("*/{name}"), format!("*/*/{name}")],
            _ => vec![topic(n).to_owned(), format!("{folder}/nothing/**"), "*".to_owned()],
        }
    };
    let all = || vec!["**".to_owned()];
    [all(), all()].into_iter().chain((0..48).map(narrow)).collect()
}
