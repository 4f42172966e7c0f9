//! A quick look at the speed of the engine alone: `cargo test --release --lib throughput -- --ignored --nocapture`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::support::*;
use crate::backlog::log::LogSettings;
use crate::backlog::log::engine::LogBacklog;
use crate::backlog::{Backlog, Outcome};

const EVENTS: usize = 1_000_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn durable_events_a_second() {
    for in_flight in [1, 64, 256, 1024] {
        let temp = tempfile::tempdir_in(".").unwrap();
        let backlog = Arc::new(LogBacklog::open(temp.path(), LogSettings::default()).unwrap());
        let start = Instant::now();
        let tasks: Vec<_> =
            (0..in_flight).map(|n| tokio::spawn(publisher(Arc::clone(&backlog), n))).collect();
        let mut events = 0;
        for task in tasks {
            events += task.await.unwrap();
        }
        let seconds = start.elapsed().as_secs_f64();
        println!("{in_flight:5} in flight: {:9.0} events/s", events as f64 / seconds);
        backlog.close().await.unwrap();
    }
}

async fn publisher(backlog: Arc<LogBacklog>, n: usize) -> usize {
    let (start, mut events) = (Instant::now(), 0);
    while start.elapsed() < Duration::from_secs(3) && events < EVENTS {
        let topic = format!("bench/{}", (n * 31 + events) % 1000);
        let batch = batch([keyed_with(&topic, &format!("k{}", events % 64), vec![7; 200])]);
        let Outcome::Appended(_) = backlog.append(batch).await else { return events };
        events += 1;
    }
    events
}
