//! A real feed of changes, replayed at 1,000 times its speed: a thousand clients that poll every second beside a thousand that
//! follow hints. Each client has a connection of its own; both crowds have a hub of theirs, and their hubs get the same
//! news at the same moment.

mod audience;
mod changes;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::{Lap, Stage};
use crate::Result;
use crate::figures::Figures;
use crate::hub::Client;
use crate::seen::quantile;
use crate::target::Kind;
use audience::{Audience, Manner};
use changes::Moment;

/// The replay begins with the first change of 2024; each round goes on where the one before ended.
const FROM: u64 = 1_704_067_200;
const SPEED: u64 = 1000;

pub(super) async fn run(stage: &Stage, figures: &mut Figures) -> Result<()> {
    if !stage.feed.exists() {
        figures.leave_out("feed".into(), "the release feed is not there (HINTWIRE_FEED names it)");
        return Ok(());
    }
    let seconds = stage.scale.pick(45, 2) as u64;
    for round in 0..stage.rounds as u64 {
        let from = FROM + round * seconds * SPEED;
        let moments: Arc<[Moment]> = changes::read(&stage.feed, from, seconds, SPEED)?.into();
        stage
            .rounds("feed", &[Kind::Hintwire], 1, figures, move |stage, kind, figures| {
                Box::pin(one(stage, kind, Arc::clone(&moments), seconds, figures))
            })
            .await?;
    }
    Ok(())
}

async fn one(
    stage: &Stage,
    kind: Kind,
    moments: Arc<[Moment]>,
    seconds: u64,
    figures: &mut Figures,
) -> Result<()> {
    let clients = stage.scale.pick(1000, 20);
    let mut crowds = Vec::new();
    let mut started = Vec::new();
    for _ in 0..2 {
        started.push(stage.start(kind, figures).await?);
    }
    for (hub, manner) in started.iter().zip([Manner::Polls, Manner::Follows]) {
        let audience = Arc::new(Audience::new(manner));
        let tasks = audience.gather(hub.target.hub().ok_or("not a hub")?, clients).await?;
        crowds.push((manner, &*hub.target, audience, tasks));
    }
    let mut laps = Vec::new();
    for (_, target, audience, _) in &crowds {
        laps.push((Lap::start(*target)?, target.traffic().total(), audience.asked()));
    }
    let mut publishers = Vec::new();
    for (_, target, ..) in &crowds {
        publishers.push(target.hub().ok_or("not a hub")?.client().await?);
    }
    let events = play(&mut publishers, &moments, Duration::from_secs(seconds)).await?;
    for ((manner, target, audience, mut tasks), (lap, bytes, asked)) in crowds.into_iter().zip(laps)
    {
        let asked = audience.asked() - asked;
        let carried = target.traffic().total() - bytes;
        let ages = audience.ages()?;
        figures.note(
            "feed",
            &format!("1,000 clients, {seconds} s"),
            manner.name(),
            &[
                ("requests", asked as f64, ""),
                ("hints", audience.hints() as f64, ""),
                ("server CPU", lap.cpu()?, "s"),
                ("carried", carried as f64 / 1e6, "MB"),
                ("age p50", quantile(&ages, 0.5), "ms"),
                ("age p99", quantile(&ages, 0.99), "ms"),
                ("changes", moments.len() as f64, ""),
                ("events", events as f64, ""),
                ("memory", target.process().memory()? as f64 / 1e6, "MB"),
            ],
        );
        if let Some(failed) = tasks.try_join_next() {
            failed??;
        }
        if ages.len() != (events * clients) as u64 {
            return Err(format!("{} of {} held", ages.len(), events * clients).into());
        }
    }
    Ok(())
}

/// Publishes each change to all hubs when it is due, and waits for the end; how many events it were.
async fn play(publishers: &mut [Client], moments: &[Moment], time: Duration) -> Result<usize> {
    let (start, mut events) = (Instant::now(), 0);
    for moment in moments {
        sleep_until(start + moment.due).await;
        for batch in &moment.batches {
            events += batch.events.len();
            for publisher in &mut *publishers {
                publisher.publish(batch.clone()).await?;
            }
        }
    }
    // The last change may be a moment old, and a poller asks within a second.
    sleep_until(start + time + Duration::from_secs(2)).await;
    Ok(events)
}
