//! Growth: 1, 2, 4 and 8 times the topics, the subscribers, the backlog; what an operation then costs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Lap, Stage};
use crate::Result;
use crate::figures::{Figures, count};
use crate::load::{Load, Numbers};
use crate::seen::{Seen, quantile};
use crate::target::hintwire::read_all;
use crate::target::{Crowd, Kind, Target};

const TIMES: [usize; 4] = [1, 2, 4, 8];

pub(super) async fn run(stage: &Stage, figures: &mut Figures) -> Result<()> {
    for times in TIMES {
        let rounds = stage.rounds;
        stage
            .rounds("growth", &[Kind::HintwireHints], rounds, figures, |stage, kind, figures| {
                Box::pin(one(stage, kind, times, figures))
            })
            .await?;
    }
    Ok(())
}

async fn one(stage: &Stage, kind: Kind, times: usize, figures: &mut Figures) -> Result<()> {
    let started = stage.start(kind, figures).await?;
    subscribers(stage, &*started.target, times, figures).await?;
    let started = stage.start(kind, figures).await?;
    backlog(stage, &*started.target, times, figures).await
}

/// Events over so many topics, and then the backlog of them: read as a whole, and one topic of it.
async fn backlog(
    stage: &Stage,
    target: &dyn Target,
    times: usize,
    figures: &mut Figures,
) -> Result<()> {
    let topics = stage.scale.pick(50_000, 500) * times;
    let lap = Lap::start(target)?;
    target.publish(&Load::flood(Numbers::of(0..topics), topics)).await?;
    let case = format!("publish to {} new topics", count(topics));
    figures.note("growth", &case, "hintwire", &[lap.rate(topics), lap.cpu_each(topics)?]);
    let mut client = target.hub().ok_or("not a hub")?.client().await?;
    let lap = Lap::start(target)?;
    read_all(&mut client, "**", |_| Ok(())).await?;
    let case = format!("catch-up of {} events", count(topics));
    figures.note("growth", &case, "hintwire", &[lap.rate(topics), lap.cpu_each(topics)?]);
    let start = Instant::now();
    read_all(&mut client, &format!("bench/t{}", topics / 3), |_| Ok(())).await?;
    let took = ("took", start.elapsed().as_secs_f64() * 1e3, "ms");
    figures.note("growth", &format!("one topic of {}", count(topics)), "hintwire", &[took]);
    Ok(())
}

/// Hints at 50 events a second.
async fn subscribers(
    stage: &Stage,
    target: &dyn Target,
    times: usize,
    figures: &mut Figures,
) -> Result<()> {
    let (subscribers, events) = (stage.scale.pick(250, 10) * times, stage.scale.pick(100, 10));
    let seen = Arc::new(Seen::new(events, events * subscribers));
    let _readers = target.subscribe(Crowd::of(subscribers, 10), &seen).await?;
    let mut publisher = target.publisher().await?;
    let lap = Lap::start(target)?;
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    for number in 0..events {
        ticks.tick().await;
        seen.sending(number);
        publisher.publish(number).await?;
    }
    seen.all(Duration::from_secs(5)).await;
    let ages = seen.ages()?;
    let metrics = [("p50", quantile(&ages, 0.5), "ms"), lap.cpu_each(seen.count())?];
    figures.note("growth", &format!("hints to {}", count(subscribers)), "hintwire", &metrics);
    Ok(())
}
