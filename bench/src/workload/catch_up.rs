//! Catching up: a million events on one connection; one rare topic among a million; a thousand followers that come back at
//! the same moment.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::{Lap, Stage};
use crate::Result;
use crate::figures::{Figures, count};
use crate::hub::Hub;
use crate::load::{Load, Numbers};
use crate::target::hintwire::read_all;
use crate::target::{Kind, Target};

const TARGETS: [Kind; 4] =
    [Kind::HintwireStream, Kind::RedisStreams, Kind::JetStreamDefault, Kind::Etcd];

pub(super) async fn run(stage: &Stage, figures: &mut Figures) -> Result<()> {
    alone(stage, figures).await?;
    stage
        .rounds("catch-up", &TARGETS[..3], 1, figures, |stage, kind, figures| {
            Box::pin(together(stage, kind, figures))
        })
        .await
}

/// How many events a target reads; etcd takes too long to be given as many.
fn events(stage: &Stage, kind: Kind) -> usize {
    stage.scale.pick(if kind == Kind::Etcd { 100_000 } else { 1_000_000 }, 5_000)
}

/// All are loaded first, and then read in turn.
async fn alone(stage: &Stage, figures: &mut Figures) -> Result<()> {
    let mut loaded = Vec::new();
    for kind in stage.kinds(&TARGETS) {
        let events = events(stage, kind);
        let load = async {
            let started = stage.start(kind, figures).await?;
            let batch = if kind == Kind::Etcd { 100 } else { 1 };
            load(&*started.target, events, events, batch).await?;
            Result::Ok(started)
        };
        match load.await {
            Ok(started) => loaded.push((kind, started, events)),
            Err(error) => {
                figures.leave_out(format!("catch-up, {}", kind.name()), &error.to_string())
            }
        }
    }
    for _ in 0..stage.rounds {
        for (kind, started, events) in &loaded {
            let lap = Lap::start(&*started.target)?;
            started.target.catch_up(*events).await?;
            let metrics = [lap.rate(*events), lap.cpu_each(*events)?];
            let case = format!("{} events, one connection", count(*events));
            figures.note("catch-up", &case, kind.name(), &metrics);
            if let Some(hub) = started.target.hub() {
                rare(hub, *events, figures).await?;
            }
        }
    }
    Ok(())
}

/// Publishes so many events over so many topics, as fast as it goes.
async fn load(target: &dyn Target, events: usize, topics: usize, batch: usize) -> Result<()> {
    let flood = Load::flood(Numbers::of(0..events), topics);
    target.publish(&Load { connections: 4, in_flight: 4000 / batch, batch, ..flood }).await?;
    Ok(())
}

/// The one event of one topic, from the beginning.
async fn rare(hub: &Hub, topics: usize, figures: &mut Figures) -> Result<()> {
    let mut client = hub.client().await?;
    let start = std::time::Instant::now();
    let read = read_all(&mut client, &format!("bench/t{}", topics / 3), |_| Ok(())).await?;
    let took = ("took", start.elapsed().as_secs_f64() * 1e3, "ms");
    let case = format!("one topic of {}", count(topics));
    figures.note("catch-up", &case, Kind::HintwireStream.name(), &[took]);
    if read == 1 { Ok(()) } else { Err(format!("{read} events of a rare topic").into()) }
}

async fn together(stage: &Stage, kind: Kind, figures: &mut Figures) -> Result<()> {
    let (events, followers) = (stage.scale.pick(10_000, 500), stage.scale.pick(1000, 20));
    let started = stage.start(kind, figures).await?;
    load(&*started.target, events, 100, 1).await?;
    let target: Arc<dyn Target> = Arc::from(started.target);
    let lap = Lap::start(&*target)?;
    let mut tasks = JoinSet::new();
    for _ in 0..followers {
        let target = Arc::clone(&target);
        tasks.spawn(async move { target.catch_up(events).await });
    }
    let finished = async {
        while let Some(done) = tasks.join_next().await {
            done??;
        }
        Result::Ok(())
    };
    tokio::time::timeout(Duration::from_secs(100), finished)
        .await
        .map_err(|_| "more than 100 s")??;
    let read = events * followers;
    let metrics = [("all have all", lap.seconds(), "s"), lap.rate(read), lap.cpu_each(read)?];
    figures.note("catch-up", "1,000 followers, each 10,000 events behind", kind.name(), &metrics);
    Ok(())
}
