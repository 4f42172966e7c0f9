use super::*;
use crate::limits::HINT_TOPICS;

#[tokio::test(start_paused = true)]
async fn the_first_message_comes_at_once_and_says_whether_the_cursor_is_behind() {
    let hub = hub();
    let first = publish(&hub, event("a")).await;
    let newest = publish(&hub, event("a")).await;
    publish(&hub, event("b")).await;
    for (own, behind) in [(Some(first), true), (Some(newest), false), (None, false)] {
        let selection = Selection::of(patterns(&["a"]));
        let subscribe =
            Subscribe { selection: selection.into(), cursor: own, min_interval: Duration::ZERO };
        let mut subscription = hub.subscribe(subscribe).await.unwrap();
        let hint = at_once(&mut subscription).await.unwrap();
        assert_eq!(hint.kind, HintKind::Confirmed);
        assert_eq!((hint.cursor, hint.topics_truncated), (newest, behind));
        assert_eq!(hint.head, hub.describe().head);
        assert_eq!(hint.topics, []);
    }
}

#[tokio::test(start_paused = true)]
async fn a_hint_names_the_new_cursor_and_the_changed_topics_that_match() {
    let hub = hub();
    let mut subscription = subscribe(&hub, &["a/*"]).await;
    let batch = vec![event("a/x"), event("b"), event("a/y"), event("a/x")];
    let published = hub.publish(batch.into(), None).unwrap().await.unwrap();
    let hint = at_once(&mut subscription).await.unwrap();
    assert_eq!(hint.kind, HintKind::Changed);
    assert_eq!(hint.cursor, published[3].cursor);
    let topics: Vec<_> = hint.topics.iter().map(Topic::as_str).collect();
    assert_eq!((topics, hint.topics_truncated), (vec!["a/x", "a/y"], false));
}

#[tokio::test(start_paused = true)]
async fn what_does_not_match_or_does_not_pass_the_filter_wakes_nobody() {
    let hub = hub();
    let mut patterned = subscribe(&hub, &["a/*", "c"]).await;
    let mut filtered = subscribe_to(&hub, typed(&["**"], "wanted")).await;
    publish(&hub, event("b")).await;
    publish(&hub, of_type("a", "other")).await;
    assert!(at_once(&mut patterned).await.is_none());
    assert!(at_once(&mut filtered).await.is_none());
    let batch = vec![of_type("c", "wanted"), of_type("c", "other"), event("d")];
    let published = hub.publish(batch.into(), None).unwrap().await.unwrap();
    assert_eq!(at_once(&mut patterned).await.unwrap().cursor, published[1].cursor);
    assert_eq!(at_once(&mut filtered).await.unwrap().cursor, published[0].cursor);
}

#[tokio::test(start_paused = true)]
async fn more_changed_topics_than_a_hint_names_are_said_to_be_more() {
    let hub = hub();
    let mut subscription = subscribe(&hub, &["**"]).await;
    let batch: Vec<Event> = (0..HINT_TOPICS).map(|i| event(&format!("t/{i}"))).collect();
    hub.publish(batch.clone().into(), None).unwrap().await.unwrap();
    let hint = next(&mut subscription).await;
    assert_eq!((hint.topics.len(), hint.topics_truncated), (HINT_TOPICS, false));
    hub.publish([batch, vec![event("one/more")]].concat().into(), None).unwrap().await.unwrap();
    let hint = next(&mut subscription).await;
    assert_eq!((hint.topics.len(), hint.topics_truncated), (HINT_TOPICS, true));
}

#[tokio::test(start_paused = true)]
async fn the_first_hint_after_quiet_goes_at_once_and_the_last_one_after_the_interval() {
    let hub = hub();
    let selection = Selection::of(patterns(&["a"]));
    let min_interval = Duration::from_secs(2);
    let mut subscription = hub
        .subscribe(Subscribe { selection: selection.into(), cursor: None, min_interval })
        .await
        .unwrap();
    next(&mut subscription).await;
    let first = publish(&hub, event("a")).await;
    assert_eq!(at_once(&mut subscription).await.unwrap().cursor, first);
    let told = tokio::time::Instant::now();
    let mut last = first;
    for _ in 0..5 {
        last = publish(&hub, event("a")).await;
        assert!(at_once(&mut subscription).await.is_none(), "told too early");
        tokio::time::advance(Duration::from_millis(100)).await;
    }
    let hint = next(&mut subscription).await;
    assert_eq!((hint.kind, hint.cursor), (HintKind::Changed, last));
    let waited = told.elapsed();
    assert!(waited >= min_interval && waited < min_interval * 11 / 10, "{waited:?}");
    tokio::time::advance(min_interval).await;
    assert!(at_once(&mut subscription).await.is_none(), "told twice");
    let after_quiet = publish(&hub, event("a")).await;
    assert_eq!(at_once(&mut subscription).await.unwrap().cursor, after_quiet);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_finds_one_hint_with_the_newest_cursor() {
    let hub = hub();
    let mut subscription = subscribe(&hub, &["**"]).await;
    let mut last = publish(&hub, event("a")).await;
    for _ in 0..5000 {
        last = publish(&hub, event("a")).await;
    }
    let hint = at_once(&mut subscription).await.unwrap();
    assert_eq!((hint.cursor, hint.topics_truncated), (last, true));
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(at_once(&mut subscription).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn an_idle_stream_gets_a_heartbeat_within_each_interval_that_it_was_told() {
    let hub = hub();
    let mut subscription = subscribe(&hub, &["a"]).await;
    let mut told = Duration::from_secs(15);
    for _ in 0..20 {
        let begun = tokio::time::Instant::now();
        let hint = next(&mut subscription).await;
        assert_eq!(hint.kind, HintKind::Heartbeat);
        assert!(begun.elapsed() <= told, "{:?}", begun.elapsed());
        assert!(begun.elapsed() >= told * 3 / 4, "{:?}", begun.elapsed());
        told = hint.heartbeat_interval;
    }
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_does_not_tell_news_that_has_to_wait_but_moves_the_head_of_a_quiet_topic() {
    let hub = hub();
    let selection = Selection::of(patterns(&["a"]));
    let min_interval = Duration::from_secs(60);
    let mut subscription = hub
        .subscribe(Subscribe { selection: selection.into(), cursor: None, min_interval })
        .await
        .unwrap();
    next(&mut subscription).await;
    let first = publish(&hub, event("a")).await;
    assert_eq!(next(&mut subscription).await.cursor, first);
    let elsewhere = publish(&hub, event("b")).await;
    let quiet = next(&mut subscription).await;
    assert_eq!((quiet.kind, quiet.cursor, quiet.head), (HintKind::Heartbeat, first, elsewhere));
    let waiting = publish(&hub, event("a")).await;
    let silent = next(&mut subscription).await;
    assert_eq!((silent.kind, silent.cursor, silent.head), (HintKind::Heartbeat, first, elsewhere));
    let told = loop {
        let hint = next(&mut subscription).await;
        if hint.kind == HintKind::Changed {
            break hint;
        }
    };
    assert_eq!((told.cursor, told.head), (waiting, waiting));
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_at_its_age_with_advice_to_come_back() {
    let hub = hub();
    let mut subscription = subscribe(&hub, &["a"]).await;
    let begun = tokio::time::Instant::now();
    let last = loop {
        let hint = next(&mut subscription).await;
        if hint.kind != HintKind::Heartbeat {
            break hint;
        }
    };
    let reason = ReconnectReason::Age;
    assert!(matches!(last.kind, HintKind::Reconnect { reason: r, .. } if r == reason));
    let age = begun.elapsed();
    assert!(age <= Duration::from_secs(1801) && age >= Duration::from_secs(1600), "{age:?}");
    assert!(subscription.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_drain_ends_streams_with_the_news_they_lack_and_refuses_what_is_new() {
    let hub = hub();
    let mut subscription = subscribe(&hub, &["a"]).await;
    let newest = publish(&hub, event("a")).await;
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(at_once(&mut subscription).await.is_some());
    hub.drain();
    let last = next(&mut subscription).await;
    let reason = ReconnectReason::Drain;
    assert!(matches!(last.kind, HintKind::Reconnect { reason: r, .. } if r == reason));
    assert_eq!(last.cursor, newest);
    assert!(subscription.next().await.is_none());
    let refused = hub.publish(vec![event("a")].into(), None).err();
    assert!(matches!(refused, Some(Error::Draining { .. })), "{refused:?}");
    let selection = Selection::of(patterns(&["a"]));
    let again =
        Subscribe { selection: selection.into(), cursor: None, min_interval: Duration::ZERO };
    assert!(matches!(hub.subscribe(again).await.err(), Some(Error::Draining { .. })));
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_drained_streams_come_back_evenly_at_five_thousand_a_second() {
    let hub = hub();
    let mut open = Vec::new();
    for _ in 0..10_000 {
        open.push(subscribe(&hub, &["a"]).await);
    }
    hub.drain();
    let mut quarters = [0; 4];
    for mut subscription in open {
        let HintKind::Reconnect { after, .. } = next(&mut subscription).await.kind else {
            panic!("it goes on");
        };
        quarters[(after.as_millis() / 500) as usize] += 1;
    }
    assert!(quarters.iter().all(|count| (2_250..2_750).contains(count)), "{quarters:?}");
}

#[tokio::test(start_paused = true)]
async fn no_more_streams_are_opened_than_allowed_and_a_dropped_one_makes_room() {
    let limits = Limits { streams: 1, ..Limits::default() };
    let settings = HubSettings { limits, ..HubSettings::default() };
    let hub = Hub::start(Arc::new(Memory::default()), settings);
    let open = subscribe(&hub, &["a"]).await;
    let selection = Selection::of(patterns(&["a"]));
    let more =
        Subscribe { selection: selection.into(), cursor: None, min_interval: Duration::ZERO };
    let refused = hub.subscribe(more).await.err();
    assert!(matches!(refused, Some(Error::LimitReached { limit: 1, .. })), "{refused:?}");
    assert_eq!(hub.streams(), 1);
    drop(open);
    assert_eq!(hub.streams(), 0);
    subscribe(&hub, &["a"]).await;
}
