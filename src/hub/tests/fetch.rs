use super::*;
use crate::error::CursorError;
use crate::event::Micros;

async fn fetched(hub: &Hub, start: Start, texts: &[&str]) -> Fetched {
    hub.fetch(from(start, texts)).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_fetch_returns_what_matches_after_its_start_in_order() {
    let hub = hub();
    let first = publish(&hub, event("a")).await;
    publish(&hub, event("b/c")).await;
    publish(&hub, event("a")).await;
    let page = fetched(&hub, Start::Cursor(Some(first)), &["a", "b/*"]).await;
    assert_eq!(topics_of(&page), ["b/c", "a"]);
    assert_eq!((page.next, page.has_more), (page.head, false));
    assert_eq!(page.head, hub.describe().head);
}

#[tokio::test(start_paused = true)]
async fn an_empty_page_moves_the_cursor_to_the_head() {
    let hub = hub();
    let first = publish(&hub, event("a")).await;
    let head = publish(&hub, event("b")).await;
    let page = fetched(&hub, Start::Cursor(Some(first)), &["a"]).await;
    assert_eq!((page.events.len(), page.next, page.has_more), (0, head, false));
}

#[tokio::test(start_paused = true)]
async fn each_start_begins_where_it_says() {
    let hub = hub();
    for topic in ["a", "b", "c"] {
        publish(&hub, event(topic)).await;
    }
    let future = Micros(u64::MAX);
    for (start, expected) in [
        (Start::Cursor(None), 3),
        (Start::Earliest, 3),
        (Start::Time(Micros(0)), 3),
        (Start::Latest, 0),
        (Start::Time(future), 0),
    ] {
        assert_eq!(fetched(&hub, start, &["**"]).await.events.len(), expected, "{start:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_page_says_that_there_is_more_and_where_to_go_on() {
    let hub = hub();
    for _ in 0..5 {
        publish(&hub, event("a")).await;
    }
    let mut start = Start::Earliest;
    let mut sizes = Vec::new();
    loop {
        let page = hub.fetch(Fetch { events: 2, ..from(start, &["a"]) }).await.unwrap();
        sizes.push(page.events.len());
        assert_eq!(page.next == page.head, !page.has_more);
        assert_eq!(page.poll_after.is_zero(), page.has_more);
        if !page.has_more {
            break;
        }
        start = Start::Cursor(Some(page.next));
    }
    assert_eq!(sizes, [2, 2, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_long_poll_ends_with_the_event_that_it_waits_for_and_not_with_others() {
    let hub = hub();
    let selection = typed(&["a"], "wanted");
    let fetch = Fetch {
        wait: Duration::from_secs(60),
        selection: selection.into(),
        ..from(Start::Latest, &["a"])
    };
    let poll = tokio::spawn({
        let hub = Arc::clone(&hub);
        async move { hub.fetch(fetch).await }
    });
    for other in [event("b"), of_type("a", "other")] {
        tokio::time::sleep(Duration::from_secs(1)).await;
        publish(&hub, other).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!poll.is_finished());
    let begun = tokio::time::Instant::now();
    let wanted = publish(&hub, of_type("a", "wanted")).await;
    let page = poll.await.unwrap().unwrap();
    assert_eq!(begun.elapsed(), Duration::ZERO);
    assert_eq!((page.events.len(), page.next), (1, wanted));
}

#[tokio::test(start_paused = true)]
async fn a_long_poll_in_vain_ends_in_time_at_the_place_it_has_looked_up_to() {
    let hub = hub();
    let wait = Duration::from_secs(60);
    let poll = hub.fetch(Fetch { wait, ..from(Start::Latest, &["a"]) });
    let begun = tokio::time::Instant::now();
    let other = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        publish(&hub, event("b")).await
    };
    let (page, elsewhere) = tokio::join!(poll, other);
    let page = page.unwrap();
    assert_eq!((page.events.len(), page.next, page.head), (0, elsewhere, elsewhere));
    let waited = begun.elapsed();
    assert!(waited <= wait && waited >= wait * 9 / 10, "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_long_poll_that_names_no_place_goes_on_where_retention_has_passed_it() {
    for start in [Start::Cursor(None), Start::Earliest, Start::Latest] {
        let hub = hub();
        let poll = hub.fetch(Fetch { wait: Duration::from_secs(60), ..from(start, &["a"]) });
        let passed = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let other = publish(&hub, event("b")).await;
            tokio::time::sleep(Duration::from_secs(1)).await;
            hub.backlog.trim(other.position).await.unwrap();
            publish(&hub, event("a")).await
        };
        let (page, published) = tokio::join!(poll, passed);
        assert_eq!(page.unwrap().next, published, "{start:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_drain_ends_long_polls() {
    let hub = hub();
    let poll = hub.fetch(Fetch { wait: Duration::from_secs(60), ..from(Start::Latest, &["a"]) });
    let drain = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        hub.drain();
    };
    let begun = tokio::time::Instant::now();
    let (page, ()) = tokio::join!(poll, drain);
    assert_eq!(page.unwrap().events, []);
    assert_eq!(begun.elapsed(), Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_trimmed_cursor_is_refused_with_the_way_out() {
    let hub = hub();
    let first = publish(&hub, event("a")).await;
    let second = publish(&hub, event("a")).await;
    let third = publish(&hub, event("a")).await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    hub.backlog.trim(second.position).await.unwrap();
    let error = hub.fetch(from(Start::Cursor(Some(first)), &["quiet"])).await.unwrap_err();
    let Error::Cursor(error) = error else { panic!("{error:?}") };
    let CursorError::Trimmed { earliest, head, lost_events, lost_until, snapshot_covers } = *error
    else {
        panic!("{error:?}")
    };
    assert_eq!((earliest, head), (second, third));
    assert_eq!((lost_events, snapshot_covers), (1, true));
    assert!(lost_until.is_some());
    let at_the_trim_point = fetched(&hub, Start::Cursor(Some(second)), &["a"]).await;
    assert_eq!(at_the_trim_point.events.len(), 1);
    assert!(hub.fetch(from(Start::Time(Micros(0)), &["a"])).await.is_err());
    assert_eq!(fetched(&hub, Start::Earliest, &["a"]).await.events.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_foreign_cursor_and_one_that_is_ahead_are_refused_wherever_one_is_taken() {
    let hub = hub();
    let mine = publish(&hub, event("a")).await;
    let foreign = publish(&super::hub(), event("a")).await;
    let ahead = Cursor { position: crate::cursor::Position(100), ..mine };
    for (cursor, expected) in [(foreign, "another life"), (ahead, "after the head")] {
        let selection = Selection::of(patterns(&["a"]));
        let fetch = from(Start::Cursor(Some(cursor)), &["a"]);
        let subscribe = Subscribe {
            selection: selection.into(),
            cursor: Some(cursor),
            min_interval: Duration::ZERO,
        };
        for error in [
            hub.fetch(fetch).await.err(),
            hub.subscribe(subscribe).await.err(),
            hub.publish(vec![event("a")].into(), Some(Some(cursor))).err(),
        ] {
            let text = error.unwrap().to_string();
            assert!(text.contains(expected), "{text}");
        }
    }
    assert_eq!(hub.streams(), 0, "a refused stream counts as open");
}

#[tokio::test(start_paused = true)]
async fn at_least_waits_for_a_cursor_and_then_says_that_the_node_is_behind() {
    let hub = hub();
    let first = publish(&hub, event("a")).await;
    let second = Cursor { position: crate::cursor::Position(2), ..first };
    let fetch = Fetch { at_least: Some(second), ..from(Start::Cursor(Some(first)), &["a"]) };
    let begun = tokio::time::Instant::now();
    let behind = hub.fetch(fetch.clone()).await;
    assert!(matches!(behind, Err(Error::NodeBehind { .. })), "{behind:?}");
    assert_eq!(begun.elapsed(), Duration::from_secs(1));
    let later = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        publish(&hub, event("a")).await
    };
    let (page, published) = tokio::join!(hub.fetch(fetch), later);
    assert_eq!((page.unwrap().events.len(), published), (1, second));
}
