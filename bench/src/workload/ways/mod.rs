//! The ways in which a crowd can get its news from one hub: what each costs while nothing happens, and how old the news is
//! when something does. Each reader has a connection of its own.

mod http;
mod readers;

use std::sync::Arc;
use std::time::Duration;

use hintwire::v1;
use tokio::task::JoinSet;

use super::{Lap, Stage};
use crate::Result;
use crate::figures::{Figures, count};
use crate::hub::{Client, Hub};
use crate::seen::{Seen, quantile};
use crate::target::Kind;
use readers::{Asked, Reader, Way};

/// The topic that all read.
pub(super) const TOPIC: &str = "ways";
/// How long the last event may take to arrive: pollers ask each second.
const LATE: Duration = Duration::from_secs(5);

pub(super) async fn run(stage: &Stage, figures: &mut Figures) -> Result<()> {
    for way in Way::ALL {
        stage
            .rounds(
                "ways",
                &[Kind::Hintwire],
                stage.rounds,
                figures,
                move |stage, kind, figures| Box::pin(one(stage, kind, way, figures)),
            )
            .await?;
    }
    Ok(())
}

async fn one(stage: &Stage, kind: Kind, way: Way, figures: &mut Figures) -> Result<()> {
    let (crowd, seconds) = (stage.scale.pick(500, 10), stage.scale.pick(10, 2));
    let started = stage.start(kind, figures).await?;
    let target = &*started.target;
    let hub = target.hub().ok_or("not a hub")?;
    let mut publisher = hub.client().await?;
    publish(&mut publisher, usize::MAX).await?;
    let (seen, asked) = (Arc::new(Seen::new(seconds, seconds * crowd)), Arc::new(Asked::default()));
    let mut readers = gather(way, hub, crowd, &seen, &asked).await?;

    let (lap, before, carried) = (Lap::start(target)?, asked.count(), target.traffic().total());
    tokio::time::sleep(Duration::from_secs(seconds as u64)).await;
    let each = |total: f64| total / seconds as f64;
    let quiet = [
        ("requests", each((asked.count() - before) as f64), "/s"),
        ("server CPU", each(lap.cpu()? * 1e3), "ms/s"),
        ("carried", each((target.traffic().total() - carried) as f64) / crowd as f64, "B/s each"),
        ("memory", target.process().memory()? as f64 / 1e6, "MB"),
    ];
    let what = format!("{} readers, nothing happens", count(crowd));
    figures.note("ways", &what, way.name(), &quiet);

    let lap = Lap::start(target)?;
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    for number in 0..seconds {
        ticks.tick().await;
        seen.sending(number);
        publish(&mut publisher, number).await?;
    }
    let all = seen.all(LATE).await;
    let ages = seen.ages()?;
    let news = [
        ("p50", quantile(&ages, 0.5), "ms"),
        ("p99", quantile(&ages, 0.99), "ms"),
        ("server CPU", lap.cpu()? * 1e6 / seen.count().max(1) as f64, "µs each"),
    ];
    figures.note(
        "ways",
        &format!("{} readers, an event each second", count(crowd)),
        way.name(),
        &news,
    );
    if let Some(failed) = readers.try_join_next() {
        failed??;
    }
    if all { Ok(()) } else { Err(format!("{} of all were seen", seen.count()).into()) }
}

/// Readers that have come to the head; pollers ask at moments that are evenly spread.
async fn gather(
    way: Way,
    hub: &Hub,
    crowd: usize,
    seen: &Arc<Seen>,
    asked: &Arc<Asked>,
) -> Result<JoinSet<Result<()>>> {
    let head = hub.client().await?.get_hub(v1::GetHubRequest {}).await?.into_inner().head;
    let start = tokio::time::Instant::now() + Duration::from_secs(1);
    let mut readers = JoinSet::new();
    for nth in 0..crowd {
        let first = start + Duration::from_secs(1) * nth as u32 / crowd as u32;
        let reader =
            Reader::new(hub, way, head.clone(), Arc::clone(seen), Arc::clone(asked)).await?;
        readers.spawn(reader.read(first));
    }
    tokio::time::sleep_until(start + Duration::from_secs(2)).await;
    Ok(readers)
}

/// Publishes an event whose key is its number.
async fn publish(publisher: &mut Client, number: usize) -> Result<()> {
    let event = v1::Event {
        topic: TOPIC.into(),
        key: number.to_string(),
        content_type: "application/json".into(),
        data: format!("\"{}\"", ".".repeat(254)).into(),
        ..Default::default()
    };
    let request = v1::PublishRequest { events: vec![event], expected_cursor: None };
    publisher.publish(request).await?;
    Ok(())
}
