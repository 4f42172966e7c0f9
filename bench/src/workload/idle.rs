//! Server memory of subscriptions on which nothing happens.

use std::sync::Arc;

use super::{Stage, million};
use crate::Result;
use crate::figures::{Figures, count};
use crate::seen::Seen;
use crate::target::{Crowd, Kind, Wanted};

/// Who has streams on shared connections; of all others a subscription is part of its connection.
const STREAMS: [Kind; 2] = [Kind::HintwireHints, Kind::Etcd];
const MANY: [Kind; 5] =
    [Kind::HintwireHints, Kind::Etcd, Kind::NatsCore, Kind::JetStream, Kind::RedisPubSub];
const ALONE: [Kind; 7] = [
    Kind::HintwireHints,
    Kind::Etcd,
    Kind::NatsCore,
    Kind::JetStream,
    Kind::RedisPubSub,
    Kind::RedisStreams,
    Kind::Mercure,
];

pub(super) async fn run(stage: &Stage, figures: &mut Figures) -> Result<()> {
    for (targets, subscribers, connections, per_stream, what) in [
        (&STREAMS[..], 10_000, 10, 1, "a stream each"),
        (&STREAMS[..1], 100_000, 100, 1, "a stream each"),
        (&MANY, 10_000, 10, 1000, "1,000 on one stream or connection"),
        (&ALONE, connections(8000), connections(8000), 1, "a connection each"),
    ] {
        let subscribers = stage.scale.pick(subscribers, 200);
        let connections = connections.min(subscribers);
        let crowd = Crowd { subscribers, connections, wanted: Wanted::Own, per_stream };
        stage
            .rounds("idle", targets, 1, figures, move |stage, kind, figures| {
                Box::pin(one(stage, kind, crowd, what, figures))
            })
            .await?;
    }
    million::run(stage, figures).await
}

/// As many connections, or as many as this process may open.
fn connections(wanted: usize) -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find(|line| line.starts_with("Max open files"));
    let open = line.and_then(|line| line.split_whitespace().nth(3)?.parse().ok());
    open.map_or(wanted, |open: usize| wanted.min(open.saturating_sub(200)))
}

async fn one(
    stage: &Stage,
    kind: Kind,
    crowd: Crowd,
    what: &str,
    figures: &mut Figures,
) -> Result<()> {
    let started = stage.start(kind, figures).await?;
    let target = &*started.target;
    let before = target.process().memory()?;
    let seen = Arc::new(Seen::new(0, usize::MAX));
    let readers = target.subscribe(crowd, &seen).await?;
    let each = target.process().memory()?.saturating_sub(before) / crowd.subscribers as u64;
    drop(readers);
    let (subscribers, connections) = (count(crowd.subscribers), count(crowd.connections));
    let case = format!("{subscribers} on {connections} connections, {what}");
    figures.note("idle", &case, kind.name(), &[("memory", each as f64, "B each")]);
    Ok(())
}
