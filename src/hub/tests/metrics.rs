use super::*;
use crate::metrics::reading::Value;
use crate::metrics::table::{HINTS_CONFLATED, Metric, POLLS_SAVED};

async fn value(hub: &Hub, metric: &Metric) -> f64 {
    let readings = hub.readings().await;
    let reading = readings.iter().find(|reading| reading.metric == metric).unwrap();
    match reading.samples[..] {
        [(_, Value::Number(value))] => value,
        _ => panic!("{reading:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn hints_that_wait_to_be_told_are_merged_and_counted_as_such() {
    let hub = hub();
    let mut subscription = subscribe(&hub, &["a"]).await;
    for _ in 0..3 {
        publish(&hub, event("a")).await;
        // The fan-out gets its turn, the subscriber does not.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(value(&hub, &HINTS_CONFLATED).await, 2.0);
    assert_eq!(next(&mut subscription).await.kind, HintKind::Changed);
    assert_eq!(hub.metrics().hint.buckets().count, 1);
}

#[tokio::test(start_paused = true)]
async fn each_whole_baseline_between_messages_is_a_poll_saved() {
    let hub = hub();
    let mut subscription = subscribe(&hub, &["a"]).await;
    tokio::time::advance(Duration::from_secs(11)).await;
    publish(&hub, event("a")).await;
    assert_eq!(next(&mut subscription).await.kind, HintKind::Changed);
    assert_eq!(value(&hub, &POLLS_SAVED).await, 2.0);
    // The third is due at 15 s, whatever came before it.
    tokio::time::advance(Duration::from_secs(5)).await;
    publish(&hub, event("a")).await;
    assert_eq!(next(&mut subscription).await.kind, HintKind::Changed);
    assert_eq!(value(&hub, &POLLS_SAVED).await, 3.0);
}
