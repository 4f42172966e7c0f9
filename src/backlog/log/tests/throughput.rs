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

#[test]
#[ignore = "a measurement"]
fn processor_time_of_the_writer_alone() {
    let mut place = Place::new();
    place.settings = LogSettings::default();
    place.temp = tempfile::tempdir_in(".").unwrap();
    let mut log = place.open();
    let mut spent = 0;
    for group in 0..300 {
        let batches: Vec<_> = (0..1024)
            .map(|n| {
                let topic = format!("bench/{}", (group * 31 + n) % 1000);
                batch([keyed_with(&topic, &format!("k{}", n % 64), vec![7; 200])])
            })
            .collect();
        let before = processor_time();
        let committed = log.writer.commit(batches);
        spent += processor_time() - before;
        drop(committed);
    }
    println!("{} ns an event", spent / (300 * 1024));
}

fn processor_time() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    stat.split(' ').next().unwrap().parse().unwrap()
}
