//! When fetches go over a stream, and what comes of them when it fails.

use super::hub::OnFetchStream;
use super::*;

/// One event each second.
async fn busy(hub: &Hub, seconds: u64) {
    for _ in 0..seconds {
        hub.publish();
        sleep(SECOND).await;
    }
}

fn failed(running: &Running) -> usize {
    running.inbox.noticed(|notice| matches!(notice, Notice::FetchFailed { .. }))
}

#[tokio::test(start_paused = true)]
async fn fetches_that_follow_each_other_go_over_one_stream_which_a_quiet_follower_closes() {
    let hub = Hub::new();
    let running = start(&hub, |follow| follow.safety_poll(None));
    busy(&hub, 60).await;
    assert_eq!(hub.fetch_streams(), (1, 1, hub.fetches() - 1));
    sleep(10 * SECOND).await;
    assert_eq!(hub.fetch_streams(), (0, 1, hub.fetches() - 1));
    hub.publish();
    sleep(SECOND).await;
    assert_eq!(hub.fetch_streams(), (0, 1, hub.fetches() - 2));
    assert_eq!((running.inbox.events(), failed(&running)), (up_to(61), 0));
}

#[tokio::test(start_paused = true)]
async fn an_older_hub_is_asked_by_calls_and_hardly_ever_for_a_stream() {
    let hub = Hub::new();
    hub.state.lock().on_fetch_streams = OnFetchStream::Refuse;
    let running = start(&hub, |follow| follow.safety_poll(None));
    busy(&hub, 3600).await;
    assert_eq!(hub.fetch_streams(), (0, 12, 0));
    assert_eq!((running.inbox.events(), failed(&running)), (up_to(3600), 0));
}

#[tokio::test(start_paused = true)]
async fn what_a_proxy_swallows_is_asked_again_by_a_call() {
    let hub = Hub::new();
    hub.state.lock().on_fetch_streams = OnFetchStream::Swallow;
    let running = start(&hub, |follow| follow.safety_poll(None));
    busy(&hub, 200).await;
    assert_eq!(hub.fetch_streams(), (0, 1, 0));
    assert_eq!((running.inbox.events(), failed(&running)), (up_to(200), 0));
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_costs_no_event_and_no_time() {
    let hub = Hub::new();
    hub.state.lock().on_fetch_streams = OnFetchStream::End(3);
    let running = start(&hub, |follow| follow.safety_poll(None));
    busy(&hub, 100).await;
    let (_, opened, streamed) = hub.fetch_streams();
    assert!(opened >= 20 && streamed >= 60, "{opened} streams, {streamed} fetches over them");
    assert_eq!((running.inbox.events(), failed(&running)), (up_to(100), 0));
}

#[tokio::test(start_paused = true)]
async fn an_error_in_a_stream_is_one_answer_and_the_policy_for_it_the_same() {
    let hub = Hub::new();
    let running = start(&hub, |follow| follow.on_cursor_error(OnCursorError::Earliest));
    busy(&hub, 3).await;
    hub.state.lock().foreign = true;
    busy(&hub, 3).await;
    assert_eq!(hub.fetch_streams(), (1, 1, hub.fetches() - 1));
    assert_eq!(running.inbox.noticed(|notice| matches!(notice, Notice::CursorLost { .. })), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_hangs_in_a_stream_is_repeated_within_the_time_that_a_fetch_may_take() {
    let hub = Hub::new();
    let running = start(&hub, |follow| follow.safety_poll(None));
    busy(&hub, 3).await;
    hub.state.lock().fetch_hangs = true;
    hub.publish();
    sleep(11 * SECOND).await;
    assert_eq!((running.inbox.events(), failed(&running)), (up_to(4), 0));
}
