//! When it fetches, and how often.

use super::*;

#[tokio::test(start_paused = true)]
async fn hints_alone_bring_all_news_with_one_fetch_a_hint_at_most() {
    let hub = Hub::new();
    let running = start(&hub, |follow| follow.safety_poll(None));
    for _ in 0..100 {
        sleep(SECOND.mul_f64(fastrand::f64() * 20.0)).await;
        (0..fastrand::u8(0..4)).for_each(|_| hub.publish());
        hub.publish();
    }
    sleep(SECOND).await;
    let newest = *running.inbox.events().last().unwrap();
    assert_eq!(running.inbox.events(), up_to(newest));
    assert!(newest >= 100 && hub.fetches() <= 1 + hub.state.lock().hints, "{}", hub.fetches());
}

#[tokio::test(start_paused = true)]
async fn a_quiet_stream_costs_one_fetch_a_safety_interval_at_most() {
    let hub = Hub::new();
    let _running = start(&hub, |follow| follow.safety_poll(Some(5 * MINUTE)));
    sleep(HOUR).await;
    assert!((11..=13).contains(&hub.fetches()), "{}", hub.fetches());
    assert_eq!(hub.state.lock().streams.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn hints_that_come_during_a_fetch_lead_to_one_more_and_no_two_run_at_once() {
    let hub = Hub::new();
    let inbox = Inbox { slowness: MINUTE, ..Inbox::default() };
    let running = start_with(&hub, MemoryStore::default(), inbox, |follow| follow);
    sleep(SECOND).await;
    for _ in 0..10 {
        hub.publish();
        sleep(SECOND).await;
    }
    assert_eq!(hub.fetches(), 2, "at the start, and for the first hint");
    sleep(3 * MINUTE).await;
    assert_eq!((hub.fetches(), running.inbox.events()), (3, up_to(10)));
}

#[tokio::test(start_paused = true)]
async fn a_fetch_waits_as_long_as_the_hint_says_and_later_hints_do_not_postpone_it() {
    let hub = Hub::new();
    hub.state.lock().fetch_after = 10 * SECOND;
    let running = start(&hub, |follow| follow);
    sleep(SECOND).await;
    for _ in 0..9 {
        hub.publish();
        sleep(SECOND).await;
        assert_eq!(hub.fetches(), 1);
    }
    sleep(2 * SECOND).await;
    assert_eq!((hub.fetches(), running.inbox.events()), (2, up_to(9)));
}

#[tokio::test(start_paused = true)]
async fn fetches_keep_their_least_interval_but_the_pages_of_one_catch_up_do_not_wait() {
    let hub = Hub::new();
    (0..50).for_each(|_| hub.publish());
    let running = start(&hub, |follow| follow.fetch_interval(MINUTE).batch_events(10));
    sleep(SECOND).await;
    assert_eq!((hub.fetches(), running.inbox.events()), (5, up_to(50)));
    for _ in 0..600 {
        hub.publish();
        sleep(SECOND).await;
    }
    assert!(hub.fetches() <= 5 + 10 * 7, "a catch-up of six or seven pages a minute");
    sleep(2 * MINUTE).await;
    assert_eq!(running.inbox.events(), up_to(650));
}

#[tokio::test(start_paused = true)]
async fn a_hint_that_the_predicate_declines_is_left_to_the_safety_poll() {
    let hub = Hub::new();
    let running = start(&hub, |follow| follow.fetch_if(|_| false).safety_poll(Some(10 * MINUTE)));
    sleep(SECOND).await;
    hub.publish();
    sleep(9 * MINUTE).await;
    assert_eq!((hub.fetches(), running.inbox.events()), (1, vec![]));
    sleep(3 * MINUTE).await;
    assert_eq!((hub.fetches(), running.inbox.events()), (2, vec![1]));
}

#[tokio::test(start_paused = true)]
async fn without_streams_polling_alone_brings_all_news_when_the_hub_advises() {
    let hub = Hub::new();
    hub.state.lock().refuse_streams = true;
    hub.state.lock().poll_after = Some(30 * SECOND);
    let running = start(&hub, |follow| follow);
    for _ in 0..60 {
        sleep(MINUTE).await;
        hub.publish();
    }
    sleep(MINUTE).await;
    assert_eq!(running.inbox.events(), up_to(60));
    assert!((108..=121).contains(&hub.fetches()), "{}", hub.fetches());
    assert!(hub.state.lock().streams.len() > 60, "a stream is tried again now and then");
}

#[tokio::test(start_paused = true)]
async fn polling_as_a_mode_opens_no_stream_and_adapts_within_its_bounds() {
    let hub = Hub::new();
    let choose = |follow: Follow<Hub>| follow.poll_only().poll_between(2 * SECOND, 32 * SECOND);
    let running = start(&hub, choose);
    sleep(HOUR).await;
    let quiet = hub.fetches();
    assert!((100..=120).contains(&quiet), "{quiet}");
    for _ in 0..MINUTE.as_secs() {
        hub.publish();
        sleep(SECOND).await;
    }
    assert!(hub.fetches() - quiet >= 12, "news make it poll more often");
    sleep(MINUTE).await;
    assert_eq!((running.inbox.events(), hub.state.lock().streams.len()), (up_to(60), 0));
}
