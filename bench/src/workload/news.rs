//! News: from publishing until a subscriber holds the event's bytes; and until it has a hint, nothing fetched.

use std::sync::Arc;
use std::time::Duration;

use super::{Lap, Stage};
use crate::Result;
use crate::figures::{Figures, count};
use crate::seen::{Seen, quantile};
use crate::target::{Crowd, Kind};

const HOLDERS: [Kind; 7] = [
    Kind::Hintwire,
    Kind::NatsCore,
    Kind::JetStream,
    Kind::Etcd,
    Kind::RedisStreams,
    Kind::RedisPubSub,
    Kind::Mercure,
];
const HINTED: [Kind; 4] = [Kind::HintwireHints, Kind::NatsCore, Kind::JetStream, Kind::Etcd];
const HINTED_APART: [Kind; 3] = [Kind::HintwireHints, Kind::NatsCore, Kind::RedisPubSub];
/// How long the last events may take to arrive.
const LATE: Duration = Duration::from_secs(10);

/// Events a second to so many subscribers on so many connections, for so many seconds.
#[derive(Clone, Copy)]
struct Case {
    per_second: usize,
    subscribers: usize,
    connections: usize,
    seconds: usize,
    /// What it is called in the report.
    workload: &'static str,
}

pub(super) async fn run(stage: &Stage, figures: &mut Figures) -> Result<()> {
    let case = |workload, per_second, subscribers, connections: usize| {
        let seconds = stage.scale.pick(3, 1);
        let subscribers = stage.scale.pick(subscribers, 20);
        let connections = connections.min(subscribers);
        Case { per_second, subscribers, connections, seconds, workload }
    };
    for (targets, case) in [
        (&HOLDERS[..], case("news", 50, 100, 10)),
        (&HOLDERS, case("news", 5, 1000, 10)),
        (&HOLDERS, case("news", 1, 10_000, 10)),
        (&HOLDERS[..1], case("news", 50, 1000, 10)),
        (&HINTED, case("hints", 50, 1000, 10)),
        (&HINTED_APART, case("hints", 50, 1000, 1000)),
    ] {
        stage
            .rounds("news", targets, stage.rounds, figures, move |stage, kind, figures| {
                Box::pin(one(stage, kind, case, figures))
            })
            .await?;
    }
    Ok(())
}

async fn one(stage: &Stage, kind: Kind, case: Case, figures: &mut Figures) -> Result<()> {
    let Case { per_second, subscribers, seconds, workload, .. } = case;
    let connections = kind.connections(subscribers, case.connections);
    let events = per_second * seconds;
    let started = stage.start(kind, figures).await?;
    let target = &*started.target;
    let seen = Arc::new(Seen::new(events, events * subscribers));
    let mut readers = target.subscribe(Crowd::of(subscribers, connections), &seen).await?;
    let mut publisher = target.publisher().await?;
    let lap = Lap::start(target)?;
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / per_second as u32);
    for number in 0..events {
        ticks.tick().await;
        seen.sending(number);
        publisher.publish(number).await?;
    }
    let all = seen.all(LATE).await;
    let ages = seen.ages()?;
    let age = |name, share| (name, quantile(&ages, share), "ms");
    let mut metrics = vec![age("p50", 0.5), age("p99", 0.99), lap.cpu_each(seen.count())?];
    if kind == Kind::Hintwire {
        metrics.push(("events per fetch", seen.count() as f64 / seen.fetches().max(1) as f64, ""));
    }
    metrics.push(("seen", 100.0 * seen.count() as f64 / (events * subscribers) as f64, "%"));
    metrics.push(("connections", connections as f64, ""));
    let on = if workload == "hints" {
        format!(" on {}", count(case.connections))
    } else {
        String::new()
    };
    let what = format!("{per_second}/s × {}{on}", count(subscribers));
    figures.note(workload, &what, kind.name(), &metrics);
    if let Some(failed) = readers.try_join_next() {
        failed??;
    }
    if all || kind == Kind::HintwireHints { Ok(()) } else { Err("not all have seen all".into()) }
}
