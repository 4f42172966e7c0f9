//! An empty Fetch beside a health check of the same server: what a poll without news costs.

use std::path::Path;
use std::time::Instant;

use hintwire::v1;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::hub::{Hub, event, report, report_rate};
use crate::{Result, Scale};

const CALLERS: usize = 64;
const ROUNDS: usize = 3;

pub(crate) async fn run(binary: &Path, scale: Scale) -> Result<()> {
    let data = tempfile::tempdir_in(".")?;
    let hub = Hub::start(binary, data.path()).await?;
    let mut client = hub.client().await?;
    let topics = scale.pick(100_000, 100);
    for first in (0..topics).step_by(1000) {
        let events = (first..topics.min(first + 1000)).map(|n| event(format!("bench/t{n}"), n));
        client
            .publish(v1::PublishRequest { events: events.collect(), ..Default::default() })
            .await?;
    }
    let head = client.get_hub(v1::GetHubRequest {}).await?.into_inner().head;
    let calls = scale.pick(100_000, 640) / CALLERS;
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let health = checks(&hub, calls).await?;
        ratios.push(fetches(&hub, calls, &head).await? / health);
    }
    ratios.sort_by(f64::total_cmp);
    let median = ratios.get(ROUNDS / 2).copied().unwrap_or_default();
    report("server CPU of an empty Fetch ÷ of a health check, median", format!("{median:.2}"));
    Ok(())
}

async fn checks(hub: &Hub, calls: usize) -> Result<f64> {
    let channel = hub.channel().await?;
    let (cpu, start) = (hub.cpu()?, Instant::now());
    let tasks = (0..CALLERS).map(|_| {
        let mut client = HealthClient::new(channel.clone());
        tokio::spawn(async move {
            for _ in 0..calls {
                client.check(HealthCheckRequest { service: String::new() }).await?;
            }
            Result::Ok(())
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await??;
    }
    let used = hub.cpu()? - cpu;
    report_rate("health check, 64 callers", calls * CALLERS, start.elapsed(), used);
    Ok(used.as_secs_f64())
}

async fn fetches(hub: &Hub, calls: usize, head: &str) -> Result<f64> {
    let client = hub.client().await?;
    let (cpu, start) = (hub.cpu()?, Instant::now());
    let tasks = (0..CALLERS).map(|caller| {
        let mut client = client.clone();
        let cursor = head.to_owned();
        tokio::spawn(async move {
            for call in 0..calls {
                let topics = vec![format!("bench/t{}", caller * calls + call)];
                let cursor = cursor.clone();
                client.fetch(v1::FetchRequest { topics, cursor, ..Default::default() }).await?;
            }
            Result::Ok(())
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await??;
    }
    let used = hub.cpu()? - cpu;
    report_rate("empty Fetch, 64 callers", calls * CALLERS, start.elapsed(), used);
    Ok(used.as_secs_f64())
}
