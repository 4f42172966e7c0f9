//! What fails, and what is missed then: nothing.

use tonic::Code;

use super::*;

#[tokio::test(start_paused = true)]
async fn with_every_second_hint_dropped_and_fetches_failing_for_a_while_nothing_is_missed() {
    let hub = Hub::new();
    hub.state.lock().drop_every_second_hint = true;
    let running = start(&hub, |follow| follow.safety_poll(None));
    for round in 0..60 {
        if round == 20 {
            hub.fail_fetches_for(10 * SECOND);
        }
        hub.publish();
        sleep(SECOND).await;
    }
    sleep(MINUTE).await;
    assert_eq!(running.inbox.events(), up_to(60));
    assert!(running.inbox.noticed(|notice| matches!(notice, Notice::FetchFailed { .. })) > 0);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_falls_silent_is_replaced_after_three_intervals() {
    let hub = Hub::new();
    let running = start(&hub, |follow| follow.safety_poll(None));
    sleep(SECOND).await;
    hub.state.lock().mute = 1;
    sleep(hub::HEARTBEAT).await;
    hub.publish();
    sleep(hub::HEARTBEAT * 2).await;
    assert_eq!(hub.state.lock().streams.len(), 1);
    sleep(hub::HEARTBEAT + SECOND).await;
    assert_eq!((hub.state.lock().streams.len(), running.inbox.events()), (2, vec![1]));
}

#[tokio::test(start_paused = true)]
async fn a_hub_that_asks_for_it_is_reconnected_to_when_it_says() {
    let hub = Hub::new();
    let running = start(&hub, |follow| follow);
    sleep(SECOND).await;
    hub.state.lock().reconnect = true;
    hub.publish();
    sleep(hub::RECONNECT - SECOND).await;
    assert_eq!(hub.state.lock().streams.len(), 1);
    sleep(3 * SECOND).await;
    assert_eq!(hub.state.lock().streams.len(), 2);
    assert_eq!(running.inbox.noticed(|notice| matches!(notice, Notice::Hinted)), 2);
}

#[tokio::test(start_paused = true)]
async fn a_hub_that_ends_every_stream_at_once_is_asked_less_and_less() {
    let hub = Hub::new();
    hub.state.lock().ends_streams = true;
    let running = start(&hub, |follow| follow);
    sleep(HOUR).await;
    let streams = hub.calls().1;
    assert!((100..1000).contains(&streams), "{streams}");
    hub.publish();
    sleep(2 * MINUTE).await;
    assert_eq!(running.inbox.events(), vec![1]);
}

#[tokio::test(start_paused = true)]
async fn a_hub_that_keeps_failing_is_probed_now_and_then_until_it_answers() {
    let hub = Hub::new();
    hub.state.lock().refuse_streams = true;
    let running = start(&hub, |follow| follow);
    sleep(SECOND).await;
    hub.fail_fetches_for(HOUR);
    sleep(2 * MINUTE).await;
    let (fetches, streams) = hub.calls();
    sleep(50 * MINUTE).await;
    let probes = hub.fetches() - fetches;
    assert!((100..=201).contains(&probes), "one every 15 to 30 s, not {probes}");
    assert_eq!(hub.calls().1, streams, "no stream is tried while the breaker is open");
    hub.publish();
    hub.state.lock().refuse_streams = false;
    sleep(20 * MINUTE).await;
    assert_eq!(running.inbox.events(), vec![1]);
    let opened = running.inbox.noticed(|notice| matches!(notice, Notice::BreakerOpened));
    let closed = running.inbox.noticed(|notice| matches!(notice, Notice::BreakerClosed));
    assert_eq!((opened, closed, hub.calls().1), (1, 1, streams + 1));
}

#[tokio::test(start_paused = true)]
async fn an_overloaded_hub_is_left_alone_for_as_long_as_it_asks() {
    let hub = Hub::new();
    hub.state.lock().retry_after = Some(MINUTE);
    hub.state.lock().refuse_streams = true;
    hub.fail_fetches_for(SECOND);
    let _running = start(&hub, |follow| follow);
    sleep(MINUTE - SECOND).await;
    assert_eq!(hub.calls(), (1, 0));
    sleep(2 * SECOND).await;
    assert_eq!(hub.calls(), (2, 1));
    sleep(MINUTE - 2 * SECOND).await;
    assert_eq!(hub.calls().1, 1);
    sleep(5 * SECOND).await;
    assert_eq!(hub.calls().1, 2);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_without_an_answer_is_given_up_and_repeated() {
    let hub = Hub::new();
    hub.state.lock().fetch_hangs = true;
    hub.publish();
    let running = start(&hub, |follow| follow);
    sleep(MINUTE).await;
    assert_eq!((hub.fetches(), running.inbox.events()), (2, vec![1]));
}

#[tokio::test(start_paused = true)]
async fn a_failed_handler_ends_the_loop_and_its_batch_comes_again_in_the_next_run() {
    let hub = Hub::new();
    (0..20).for_each(|_| hub.publish());
    let store = MemoryStore::default();
    let mut batches = 0;
    let fails_on_the_second = move |_: Batch| {
        batches += 1;
        let outcome = if batches == 2 { Err("full".into()) } else { Ok(()) };
        async move { outcome }
    };
    let follow = Follow::new(hub.clone(), ["**"]).batch_events(10).store(store.clone());
    let end = follow.run(fails_on_the_second).await.unwrap_err();
    assert!(matches!(end, FollowError::Handler(_)), "{end}");
    assert_eq!(store.cursor(), Some(place(10)));
    let again = start_with(&hub, store, Inbox::default(), |follow| follow);
    sleep(SECOND).await;
    assert_eq!(again.inbox.events(), (11..=20).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_dropped_loop_stops_and_the_next_goes_on_where_it_was() {
    let hub = Hub::new();
    let first = start(&hub, |follow| follow);
    for _ in 0..5 {
        hub.publish();
        sleep(SECOND).await;
    }
    let (store, seen) = (first.store.clone(), first.inbox.events());
    drop(first);
    let calls = hub.fetches();
    hub.publish();
    sleep(HOUR).await;
    assert_eq!((hub.fetches(), seen), (calls, up_to(5)));
    let second = start_with(&hub, store, Inbox::default(), |follow| follow);
    sleep(SECOND).await;
    assert_eq!(second.inbox.events(), vec![6]);
}

#[tokio::test(start_paused = true)]
async fn a_follower_that_was_let_in_asks_again_until_its_credentials_hold_and_misses_nothing() {
    let hub = Hub::new();
    hub.publish();
    let running = start(&hub, |follow| follow);
    sleep(SECOND).await;
    hub.state.lock().fails_with = Code::Unauthenticated;
    hub.fail_fetches_for(MINUTE);
    hub.publish();
    sleep(2 * MINUTE).await;
    assert_eq!(running.inbox.events(), up_to(2));
}

#[tokio::test(start_paused = true)]
async fn credentials_that_were_never_good_end_a_follower() {
    let hub = Hub::new();
    hub.state.lock().fails_with = Code::Unauthenticated;
    hub.fail_fetches_for(MINUTE);
    let end = start(&hub, |follow| follow).end().await;
    assert!(
        matches!(&end, FollowError::Hub(error) if error.code() == Code::Unauthenticated),
        "{end}"
    );
}
