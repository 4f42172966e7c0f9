//! A hub that is out of file descriptors.

use std::time::{Duration, Instant};

use hintwire::v1;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Stage;
use super::report::Report;
use super::victim::Victim;
use crate::Result;
use crate::hub::{Client, Hub, event};

const LIMIT: &str = "ulimit -n 256";
const DIALS: usize = 1_000;
/// How much of a core a hub may take that has nothing to do but to wait for descriptors.
const CPU: f64 = 0.05;
const RECOVERED_WITHIN: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(15);
/// Data of the events that make the log go on to another file, which needs a descriptor too.
const LARGE: usize = 60_000;

pub(crate) async fn run(stage: Stage<'_>, report: &mut Report) -> Result<()> {
    let data = tempfile::tempdir_in(".")?;
    let settings = ["--segment-bytes", "64KiB"];
    let hub = Hub::start_after(LIMIT, stage.binary, data.path(), &settings).await?;
    let mut client = hub.client().await?;
    let dials = dial(&hub).await;
    report.note("connections dialled, descriptors the hub has", format!("{}, 256", dials.len()));

    let time = Duration::from_secs(stage.scale.pick(8, 3) as u64);
    let (cpu, start) = (hub.cpu()?, Instant::now());
    tokio::time::sleep(time).await;
    let share = (hub.cpu()? - cpu).as_secs_f64() / start.elapsed().as_secs_f64();
    report.figure("it does not spin: 5 % CPU at most", percent(share), share <= CPU);

    // The connection that was there before goes on, and so does the log, into new files.
    let went_on = go_on(&mut client).await;
    report.fact("publishing goes on, into new files", verdict(&went_on), went_on.is_ok());

    drop(dials);
    let start = Instant::now();
    let recovered = timeout(PATIENCE, answers(&hub)).await.is_ok();
    let took = start.elapsed();
    report.fact("it accepts again when there are descriptors", recovered, recovered);
    report.figure("within 1 s", format!("{took:?}"), took <= RECOVERED_WITHIN);
    let after = Victim::start(&hub).await?.lap_of(Duration::from_millis(500)).await;
    let rounds = after.map_or(0, |lap| lap.rounds);
    report.fact("and serves as before", format!("{rounds} rounds"), rounds > 0);
    Ok(())
}

/// As many connections as there is room for, in the hub and in the queue before it.
async fn dial(hub: &Hub) -> Vec<TcpStream> {
    let mut dials = Vec::new();
    for _ in 0..DIALS {
        let dialled = timeout(Duration::from_millis(100), TcpStream::connect(hub.address())).await;
        dials.extend(dialled.ok().and_then(|dialled| dialled.ok()));
    }
    dials
}

/// Publishes, with streams open, over a connection that was there before.
async fn go_on(client: &mut Client) -> Result<()> {
    let request = v1::SubscribeRequest { topics: vec!["**".into()], ..Default::default() };
    let mut hints = client.subscribe(request).await?.into_inner();
    hints.message().await?.ok_or("a stream that ends before CONFIRMED")?;
    for number in 0..8 {
        let large = v1::Event { data: vec![b'.'; LARGE].into(), ..event("large".into(), number) };
        let request = v1::PublishRequest { events: vec![large], ..Default::default() };
        let answer = client.publish(request).await?.into_inner();
        let placed = answer.results.into_iter().next().ok_or("an answer without a result")?.cursor;
        let hint = async {
            while hints.message().await?.ok_or("the stream ended")?.cursor < placed {}
            Result::Ok(())
        };
        timeout(PATIENCE, hint).await.map_err(|_| "no hint")??;
    }
    Ok(())
}

async fn answers(hub: &Hub) {
    let mut ticks = tokio::time::interval(Duration::from_millis(5));
    loop {
        ticks.tick().await;
        let asking =
            async { hub.client().await?.get_hub(v1::GetHubRequest {}).await.map_err(Into::into) };
        if timeout(Duration::from_secs(1), asking)
            .await
            .is_ok_and(|answer: Result<_>| answer.is_ok())
        {
            return;
        }
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn verdict(result: &Result<()>) -> String {
    result.as_ref().map_or_else(ToString::to_string, |()| "yes".to_owned())
}
