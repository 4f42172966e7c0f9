//! Clients that connect, subscribe and go, again and again.

use std::time::{Duration, Instant};

use hintwire::v1;
use tokio::task::JoinSet;

use super::Stage;
use super::report::Report;
use crate::Result;
use crate::hub::{Client, Hub};

/// Cycles that run side by side.
const ABREAST: usize = 32;
/// What the hub may keep.
const KEPT: u64 = 5 << 20;
const PATIENCE: Duration = Duration::from_secs(30);
/// How long the allocator has to give memory back.
const SETTLED: Duration = Duration::from_secs(10);

pub(crate) async fn run(stage: Stage<'_>, report: &mut Report) -> Result<()> {
    let data = tempfile::tempdir_in(".")?;
    // Nobody publishes: what is measured is the wire, and what the hub keeps of it.
    let hub = Hub::start_after("", stage.binary, data.path(), &["--ephemeral"]).await?;
    let cycles = stage.scale.pick(100_000, 1_000);
    let (sockets, memory) = (hub.sockets()?, hub.memory()?);
    // What was never used before is not lost: the first cycles grow the caches of runtime and allocator.
    churn(&hub, cycles / 20).await?;
    rest(&hub, sockets).await?;
    let warm = hub.memory()?;
    let (cpu, start) = (hub.cpu()?, Instant::now());
    churn(&hub, cycles).await?;
    let (took, used) = (start.elapsed(), hub.cpu()? - cpu);
    report.note("cycles", format!("{cycles} in {took:.1?}, {used:.1?} of server CPU"));
    let (left, open) = rest(&hub, sockets).await?;
    report.fact("no stream is left", left, left == 0);
    report.fact("no connection is left", open, open == 0);
    tokio::time::sleep(SETTLED.min(took)).await;
    let now = hub.memory()?;
    let grown = |before: u64| now.saturating_sub(before);
    let text = format!("+{} KiB over {} KiB", grown(warm) >> 10, warm >> 10);
    report.figure("memory is back within 5 MB", text, grown(warm) <= KEPT);
    report.note("over a hub that was never used", format!("+{} KiB", grown(memory) >> 10));
    Ok(())
}

async fn churn(hub: &Hub, cycles: usize) -> Result<()> {
    let mut running = JoinSet::new();
    for nth in 0..cycles {
        if running.len() == ABREAST
            && let Some(done) = running.join_next().await
        {
            done??;
        }
        let endpoint = hub.endpoint()?;
        running.spawn(async move {
            let mut client = Client::new(endpoint.connect().await?);
            let topics = vec!["**".to_owned(), format!("churn/t{nth}")];
            let request = v1::SubscribeRequest { topics, ..Default::default() };
            let mut hints = client.subscribe(request).await?.into_inner();
            hints.message().await?.ok_or("a stream that ends before CONFIRMED")?;
            Result::Ok(())
        });
    }
    while let Some(done) = running.join_next().await {
        done??;
    }
    Ok(())
}

/// Waits until all are gone, within reason; the streams and connections that are left.
async fn rest(hub: &Hub, sockets: usize) -> Result<(i32, usize)> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        // The gauge is asked for over a connection that does not outlive the question.
        let streams = {
            let mut client = hub.client().await?;
            client.get_hub(v1::GetHubRequest {}).await?.into_inner().streams
        };
        tokio::time::sleep(Duration::from_millis(50)).await;
        let left = (streams, hub.sockets()?.saturating_sub(sockets));
        if left == (0, 0) || Instant::now() > deadline {
            return Ok(left);
        }
    }
}
