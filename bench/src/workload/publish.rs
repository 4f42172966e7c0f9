//! Durable publishing of 256 B events. What the hub has acknowledged is read back after a kill and compared.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::{Lap, Stage};
use crate::Result;
use crate::figures::Figures;
use crate::hub::Hub;
use crate::load::{Load, Numbers};
use crate::seen::quantile;
use crate::target::Kind;
use crate::target::hintwire::read_back;

const TOPICS: usize = 1000;
const TARGETS: [Kind; 6] = [
    Kind::Hintwire,
    Kind::HintwireStream,
    Kind::RedisStreams,
    Kind::JetStream,
    Kind::JetStreamDefault,
    Kind::Etcd,
];

/// How many are in flight, on how many connections, how many events each.
const CASES: [(&str, usize, usize, usize); 7] = [
    ("1 caller", 1, 1, 1),
    ("16 callers", 16, 4, 1),
    ("64 callers", 64, 4, 1),
    ("256 callers", 256, 4, 1),
    ("1,024 callers", 1024, 4, 1),
    ("4 connections × 1,024 in flight", 4096, 4, 1),
    ("batches of 100, 64 in flight", 64, 1, 100),
];

pub(super) async fn run(stage: &Stage, figures: &mut Figures) -> Result<()> {
    let time = Duration::from_millis(stage.scale.pick(1200, 100) as u64);
    stage
        .rounds("publish", &TARGETS, stage.rounds, figures, |stage, kind, figures| {
            Box::pin(one(stage, kind, time, figures))
        })
        .await
}

async fn one(stage: &Stage, kind: Kind, time: Duration, figures: &mut Figures) -> Result<()> {
    let started = stage.start(kind, figures).await?;
    let mut published = 0;
    for (case, in_flight, connections, batch) in CASES {
        if batch > 1 && !has_batches(kind) {
            continue;
        }
        let numbers = Arc::new(Numbers::for_time(published, time));
        let load = Load { numbers, topics: TOPICS, connections, in_flight, batch };
        let lap = Lap::start(&*started.target)?;
        let taken = started.target.publish(&load).await?;
        let events = load.numbers.taken() - published;
        let latency = |name, share| (name, quantile(&taken, share), "ms");
        let metrics =
            [lap.rate(events), latency("p50", 0.5), latency("p99", 0.99), lap.cpu_each(events)?];
        figures.note("publish", case, kind.name(), &metrics);
        published += events;
    }
    if kind.is_hintwire() {
        let data = started.kill();
        compare(&stage.hintwire, data.path(), published).await?;
        println!(
            "  read back after kill -9 and compared: {published} events, none lost, none twice"
        );
    }
    Ok(())
}

/// JetStream takes no batches by default; its client pipelines, which is the case before.
fn has_batches(kind: Kind) -> bool {
    !matches!(kind, Kind::JetStream | Kind::JetStreamDefault)
}

async fn compare(binary: &Path, data: &Path, published: usize) -> Result<()> {
    let hub = Hub::start(binary, data).await?;
    read_back(&mut hub.client().await?, published, TOPICS).await
}
