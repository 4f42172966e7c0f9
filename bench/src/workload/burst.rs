//! A burst: 10,000 events on one topic to 1,000 subscribers, as fast as they can be published. How long until all have all
//! (or, of hints, until all know the newest cursor), and what it costs.

use std::sync::Arc;
use std::time::Duration;

use super::{Lap, Stage};
use crate::Result;
use crate::figures::Figures;
use crate::load::{Load, Numbers};
use crate::seen::Seen;
use crate::target::{Crowd, Kind};

const TARGETS: [Kind; 7] = [
    Kind::HintwireHints,
    Kind::HintwireStream,
    Kind::NatsCore,
    Kind::JetStream,
    Kind::Etcd,
    Kind::RedisPubSub,
    Kind::Mercure,
];
/// Who has not told all by then is counted up to there.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) async fn run(stage: &Stage, figures: &mut Figures) -> Result<()> {
    stage
        .rounds("burst", &TARGETS, stage.rounds, figures, |stage, kind, figures| {
            Box::pin(one(stage, kind, figures))
        })
        .await
}

async fn one(stage: &Stage, kind: Kind, figures: &mut Figures) -> Result<()> {
    let (events, subscribers) = (stage.scale.pick(10_000, 200), stage.scale.pick(1000, 20));
    let started = stage.start(kind, figures).await?;
    let target = &*started.target;
    let hints = kind == Kind::HintwireHints;
    // Hints need not be one each: all are there when each subscriber knows of the last event.
    let seen = if hints {
        Seen::last(events - 1, subscribers)
    } else {
        Seen::new(0, events * subscribers)
    };
    let seen = Arc::new(seen);
    let crowd = Crowd::of(subscribers, kind.connections(subscribers, 10));
    let mut readers = target.subscribe(crowd, &seen).await?;
    let (lap, received) = (Lap::start(target)?, target.traffic().received());
    // One topic for all, but the last event: to a subscriber of hints its topic says that it is the last.
    let publish = async {
        target.publish(&Load::flood(Numbers::of(0..events - 1), 1)).await?;
        target.publish(&Load::flood(Numbers::of(events - 1..events), usize::MAX)).await?;
        let published = lap.seconds();
        seen.all(2 * PATIENCE).await;
        Result::Ok(published)
    };
    let all = tokio::time::timeout(PATIENCE, publish).await;
    let mut metrics = vec![
        ("server CPU", lap.cpu()?, "s"),
        ("sent", (target.traffic().received() - received) as f64 / 1e6, "MB"),
        ("seen", seen.count() as f64, "events or hints"),
    ];
    if let Ok(published) = &all {
        let published = published.as_ref().map_err(ToString::to_string)?;
        metrics.push(("published", *published, "s"));
        metrics.push(("all have all", lap.seconds(), "s"));
    }
    if let Some(failed) = readers.try_join_next() {
        failed??;
    }
    figures.note("burst", "10,000 events to 1,000", kind.name(), &metrics);
    if all.is_err() {
        return Err(format!("{} seen, then its {PATIENCE:?} were over", seen.count()).into());
    }
    Ok(())
}
