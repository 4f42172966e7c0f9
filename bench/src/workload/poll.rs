//! An empty Fetch beside a health check of the same server: what a poll without news costs.

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_stream::wrappers::ReceiverStream;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use hintwire::v1;

use super::{Lap, Stage};
use crate::Result;
use crate::figures::Figures;
use crate::hub::Hub;
use crate::load::{Load, Numbers, topic};
use crate::target::Kind;

const CALLERS: usize = 64;
/// Fetches of a stream that wait for their answers.
const IN_FLIGHT: usize = 4;
const KIND: Kind = Kind::HintwireStream;

pub(super) async fn run(stage: &Stage, figures: &mut Figures) -> Result<()> {
    stage
        .rounds("poll", &[KIND], 1, figures, |stage, kind, figures| {
            Box::pin(one(stage, kind, figures))
        })
        .await
}

async fn one(stage: &Stage, kind: Kind, figures: &mut Figures) -> Result<()> {
    let (topics, calls) = (stage.scale.pick(100_000, 100), stage.scale.pick(60_000, 640));
    let started = stage.start(kind, figures).await?;
    let target = &*started.target;
    target.publish(&Load::flood(Numbers::of(0..topics), topics)).await?;
    let hub = target.hub().ok_or("not a hub")?;
    let head = hub.client().await?.get_hub(v1::GetHubRequest {}).await?.into_inner().head;
    for _ in 0..stage.rounds {
        let lap = Lap::start(target)?;
        checks(hub, calls / CALLERS).await?;
        let health = lap.cpu()?;
        figures.note(
            "poll",
            "health check, 64 callers",
            "hintwire",
            &[lap.rate(calls), lap.cpu_each(calls)?],
        );
        let lap = Lap::start(target)?;
        fetches(hub, calls / CALLERS, &head).await?;
        let ratio = ("÷ health check", lap.cpu()? / health, "× its CPU");
        let metrics = [lap.rate(calls), lap.cpu_each(calls)?, ratio];
        figures.note("poll", "empty Fetch, 64 callers, 100,000 topics", "hintwire", &metrics);
        let lap = Lap::start(target)?;
        streamed(hub, calls / CALLERS, &head).await?;
        let ratio = ("÷ health check", lap.cpu()? / health, "× its CPU");
        let metrics = [lap.rate(calls), lap.cpu_each(calls)?, ratio];
        let what = "empty fetch, 64 FetchStreams with 4 in flight, 100,000 topics";
        figures.note("poll", what, "hintwire", &metrics);
    }
    Ok(())
}

async fn checks(hub: &Hub, calls: usize) -> Result<()> {
    let channel = hub.channel().await?;
    let mut tasks = JoinSet::new();
    for _ in 0..CALLERS {
        let mut client = HealthClient::new(channel.clone());
        tasks.spawn(async move {
            for _ in 0..calls {
                client.check(HealthCheckRequest { service: String::new() }).await?;
            }
            Result::Ok(())
        });
    }
    tasks.join_all().await.into_iter().collect()
}

async fn fetches(hub: &Hub, calls: usize, head: &str) -> Result<()> {
    let client = hub.client().await?;
    let mut tasks = JoinSet::new();
    for caller in 0..CALLERS {
        let (mut client, cursor) = (client.clone(), head.to_owned());
        tasks.spawn(async move {
            for call in 0..calls {
                let (topics, cursor) = (vec![topic(caller * calls + call, '/')], cursor.clone());
                client.fetch(v1::FetchRequest { topics, cursor, ..Default::default() }).await?;
            }
            Result::Ok(())
        });
    }
    tasks.join_all().await.into_iter().collect()
}

/// The same over a stream of each caller.
async fn streamed(hub: &Hub, calls: usize, head: &str) -> Result<()> {
    let client = hub.client().await?;
    let mut tasks = JoinSet::new();
    for caller in 0..CALLERS {
        let (mut client, cursor) = (client.clone(), head.to_owned());
        tasks.spawn(async move {
            let (requests, sent) = mpsc::channel(IN_FLIGHT);
            let mut answers = client.fetch_stream(ReceiverStream::new(sent)).await?.into_inner();
            for call in 0..calls + IN_FLIGHT {
                if call >= IN_FLIGHT && answers.message().await?.is_none() {
                    return Err("the stream has ended".into());
                }
                if call < calls {
                    let (topics, cursor) =
                        (vec![topic(caller * calls + call, '/')], cursor.clone());
                    let request = v1::FetchRequest { topics, cursor, ..Default::default() };
                    requests.send(v1::FetchStreamRequest { request: Some(request) }).await?;
                }
            }
            Result::Ok(())
        });
    }
    tasks.join_all().await.into_iter().collect()
}
