//! Where it starts, what it saves, and what it does about a cursor that cannot be used.

use super::*;
use crate::client::{OnCursorError, Start};

fn trimmed(hub: &Hub, to: u64) -> MemoryStore {
    (0..10).for_each(|_| hub.publish());
    hub.state.lock().earliest = to;
    MemoryStore::at(place(2))
}

#[tokio::test(start_paused = true)]
async fn by_default_a_lost_cursor_ends_the_loop_with_the_hubs_reason() {
    let hub = Hub::new();
    let store = trimmed(&hub, 5);
    let end = start_with(&hub, store.clone(), Inbox::default(), |follow| follow).end().await;
    assert!(matches!(&end, FollowError::Hub(error) if error.reason() == "CURSOR_TRIMMED"), "{end}");
    assert_eq!(store.cursor(), Some(place(2)));
}

#[tokio::test(start_paused = true)]
async fn by_choice_a_lost_cursor_leads_to_a_snapshot_and_the_news_after_it() {
    let hub = Hub::new();
    let store = trimmed(&hub, 5);
    let choose = |follow: Follow<Hub>| follow.on_cursor_error(OnCursorError::Snapshot);
    let running = start_with(&hub, store, Inbox::default(), choose);
    sleep(SECOND).await;
    hub.publish();
    sleep(SECOND).await;
    assert_eq!(running.inbox.events(), up_to(11));
    let pages = [(true, false), (false, true)];
    let pages = pages.map(|(first, last)| Origin::Snapshot { first, last });
    assert_eq!(*running.inbox.origins.lock(), [pages[0], pages[1], Origin::Tail]);
    assert_eq!(running.store.cursor(), Some(place(11)));
}

#[tokio::test(start_paused = true)]
async fn by_choice_a_lost_cursor_leads_to_the_earliest_event() {
    let hub = Hub::new();
    let store = trimmed(&hub, 5);
    let choose = |follow: Follow<Hub>| follow.on_cursor_error(OnCursorError::Earliest);
    let running = start_with(&hub, store, Inbox::default(), choose);
    sleep(SECOND).await;
    assert_eq!(running.inbox.events(), (6..=10).collect::<Vec<_>>());
    let lost = |notice: &Notice| matches!(notice, Notice::CursorLost { snapshot: false, .. });
    assert_eq!((running.inbox.noticed(lost), hub.state.lock().snapshots), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn by_choice_the_hubs_advice_is_followed() {
    for (action, snapshots) in [("SNAPSHOT", 2), ("EARLIEST", 0)] {
        let hub = Hub::new();
        hub.state.lock().action = action;
        let store = trimmed(&hub, 5);
        let choose = |follow: Follow<Hub>| follow.on_cursor_error(OnCursorError::Advised);
        let running = start_with(&hub, store, Inbox::default(), choose);
        sleep(SECOND).await;
        assert_eq!(
            (hub.state.lock().snapshots, running.store.cursor()),
            (snapshots, Some(place(10)))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_cursor_that_a_person_must_judge_ends_the_loop_under_every_policy() {
    use OnCursorError::{Advised, Earliest, Fail, Snapshot};
    for policy in [Advised, Earliest, Fail, Snapshot] {
        let (hub, store) = (Hub::new(), MemoryStore::at(place(9)));
        let choose = |follow: Follow<Hub>| follow.on_cursor_error(policy);
        let end = start_with(&hub, store, Inbox::default(), choose).end().await;
        assert!(matches!(&end, FollowError::Hub(error) if error.reason() == "CURSOR_AHEAD"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_cursor_that_is_lost_between_two_streams_is_noticed_and_replaced() {
    let hub = Hub::new();
    let choose = |follow: Follow<Hub>| follow.on_cursor_error(OnCursorError::Earliest);
    let running = start(&hub, |follow| choose(follow).safety_poll(None).poll_between(HOUR, HOUR));
    sleep(SECOND).await;
    hub.state.lock().mute = 1;
    sleep(hub::HEARTBEAT).await;
    (0..10).for_each(|_| hub.publish());
    hub.state.lock().earliest = 5;
    sleep(10 * MINUTE).await;
    assert_eq!(running.inbox.events(), (6..=10).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn who_wants_news_only_gets_them_also_after_a_restart_before_the_first() {
    let hub = Hub::new();
    (0..3).for_each(|_| hub.publish());
    let first = start(&hub, |follow| follow.start(Start::Latest));
    sleep(SECOND).await;
    let store = first.store.clone();
    assert_eq!((first.inbox.events(), store.cursor()), (vec![], Some(place(3))));
    drop(first);
    hub.publish();
    let second = start_with(&hub, store, Inbox::default(), |follow| follow.start(Start::Latest));
    sleep(SECOND).await;
    assert_eq!(second.inbox.events(), vec![4]);
}

#[tokio::test(start_paused = true)]
async fn a_start_with_a_snapshot_hands_over_the_state_and_saves_its_place() {
    let hub = Hub::new();
    (0..3).for_each(|_| hub.publish());
    let running = start(&hub, |follow| follow.start(Start::Snapshot));
    sleep(SECOND).await;
    assert_eq!((running.inbox.events(), running.store.cursor()), (up_to(3), Some(place(3))));
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_that_is_overtaken_half_way_starts_over() {
    let hub = Hub::new();
    (0..3).for_each(|_| hub.publish());
    hub.state.lock().snapshot_overtaken = true;
    let running = start(&hub, |follow| follow.start(Start::Snapshot));
    sleep(SECOND).await;
    let pages = [(true, false), (true, false), (false, true)];
    let pages = pages.map(|(first, last)| Origin::Snapshot { first, last });
    assert_eq!(*running.inbox.origins.lock(), pages);
    assert_eq!(running.store.cursor(), Some(place(3)));
}

#[tokio::test(start_paused = true)]
async fn on_a_quiet_topic_the_cursor_moves_with_the_head_and_is_saved_now_and_then() {
    let hub = Hub::new();
    let running = start(&hub, |follow| follow.safety_poll(None));
    sleep(SECOND).await;
    for n in 1..=600 {
        hub.publish_unmatched();
        sleep(SECOND).await;
        let saved: u64 = running.store.cursor().unwrap().parse().unwrap();
        assert!(n - saved <= 100, "it is saved within two minutes");
    }
    assert_eq!((hub.fetches(), running.inbox.events()), (1, vec![]));
}

#[tokio::test(start_paused = true)]
async fn after_the_cursor_was_replaced_hints_bring_news_as_before() {
    let hub = Hub::new();
    let choose = |follow: Follow<Hub>| follow.on_cursor_error(OnCursorError::Advised);
    let running = start(&hub, |follow| choose(follow).safety_poll(None));
    sleep(SECOND).await;
    for _ in 0..2 {
        hub.state.lock().foreign = true;
        hub.publish();
        sleep(MINUTE).await;
    }
    assert_eq!((running.inbox.events(), hub.calls().1), (vec![1, 1, 2], 3));
}

#[tokio::test(start_paused = true)]
async fn what_is_remembered_is_not_handed_over_twice() {
    let hub = Hub::new();
    let choose = |follow: Follow<Hub>| follow.on_cursor_error(OnCursorError::Advised);
    let running = start(&hub, |follow| choose(follow).remember(100));
    sleep(SECOND).await;
    for _ in 0..5 {
        hub.state.lock().foreign = true;
        hub.publish();
        sleep(MINUTE).await;
    }
    assert_eq!(running.inbox.events(), up_to(5));
}
