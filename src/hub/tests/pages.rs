//! Snapshots and listings, page by page.

use super::*;
use crate::event::StoredEvent;

fn keyed(topic: &str, key: &str) -> Event {
    Event { key: key.into(), ..event(topic) }
}

fn snapshot(texts: &[&str]) -> Snapshot {
    Snapshot {
        patterns: patterns(texts).into(),
        keys: Vec::new(),
        events: 2,
        bytes: 1 << 20,
        omit_data: false,
        page_token: String::new(),
    }
}

#[tokio::test(start_paused = true)]
async fn snapshot_and_tail_together_are_exact_though_keys_change_between_pages() {
    let hub = hub();
    for key in ["a", "b", "c", "d", "e"] {
        publish(&hub, keyed("t", key)).await;
    }
    let pinned = hub.describe().head;
    let mut state = std::collections::BTreeMap::new();
    let mut take = |events: &[StoredEvent]| {
        for event in events {
            let view = event.view().unwrap();
            if view.deleted {
                state.remove(view.key);
            } else {
                state.insert(view.key.to_owned(), event.position);
            }
        }
    };
    let mut request = snapshot(&["t"]);
    let gone = Event { deleted: true, data: Default::default(), ..keyed("t", "d") };
    for meddling in [keyed("t", "a"), gone, keyed("t", "f")] {
        let page = hub.snapshot(request.clone()).await.unwrap();
        assert_eq!(page.cursor, pinned);
        take(&page.events);
        request.page_token = page.next_page_token;
        publish(&hub, meddling).await;
    }
    assert_eq!(request.page_token, "");
    let tail = hub.fetch(from(Start::Cursor(Some(pinned)), &["t"])).await.unwrap();
    take(&tail.events);
    let expected = hub.snapshot(Snapshot { events: 100, ..snapshot(&["t"]) }).await.unwrap();
    let expected: Vec<_> = expected.events.iter().map(|event| event.position).collect();
    assert_eq!(state.into_values().collect::<Vec<_>>(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_page_token_serves_its_own_request_and_dies_with_its_place() {
    let hub = hub();
    for key in ["a", "b", "c"] {
        publish(&hub, keyed("t", key)).await;
    }
    let token = hub.snapshot(snapshot(&["t"])).await.unwrap().next_page_token;
    let other = Snapshot { page_token: token.clone(), ..snapshot(&["**"]) };
    let refused = hub.snapshot(other).await;
    assert!(matches!(&refused, Err(Error::InvalidField { field, .. }) if field == "page_token"));
    let rest = Snapshot { page_token: token, ..snapshot(&["t"]) };
    assert_eq!(hub.snapshot(rest.clone()).await.unwrap().events.len(), 1);
    let place = publish(&hub, event("busy")).await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    hub.backlog.trim(place.position).await.unwrap();
    let refused = hub.snapshot(rest).await;
    assert!(matches!(refused, Err(Error::Cursor(_))), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn topics_are_listed_in_order_page_by_page() {
    let hub = hub();
    for topic in ["b", "a/x", "c", "a/~y", "a/z", "b"] {
        publish(&hub, event(topic)).await;
    }
    let list = |texts: &[&str], page_token: String| {
        hub.list_topics(ListTopics { patterns: patterns(texts).into(), size: 2, page_token })
    };
    let names = |page: &TopicPage| -> Vec<String> {
        page.topics.iter().map(|info| info.topic.to_string()).collect()
    };
    let first = list(&["**"], String::new()).unwrap();
    assert_eq!(names(&first), ["a/x", "a/z"]);
    let second = list(&["**"], first.next_page_token.clone()).unwrap();
    assert_eq!((names(&second), &*second.next_page_token), (vec!["b".into(), "c".into()], ""));
    assert_eq!(second.topics[0].count, 2);
    assert_eq!(second.topics[0].newest, hub.describe().head);
    let page = hub.fetch(from(Start::Cursor(Some(second.topics[0].first)), &["b"])).await.unwrap();
    assert_eq!(page.events.len(), 2);
    assert!(list(&["a/*"], first.next_page_token).is_err());
}
