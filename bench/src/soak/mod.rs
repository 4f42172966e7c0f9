//! A hub under an ordinary load for long: does it hold still?
//!
//! Followers, each of a topic of its own, subscribe, are told, and fetch; a publisher goes through their topics at a steady
//! rate; some followers reconnect all the time; retention drops what is old. From half an hour on, what must hold is judged:
//! memory, descriptors and p99 after the warm-up. A shorter run bounds what may grow, and judges that nothing is missed.

mod follower;
mod judge;
mod publisher;
mod shared;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hintwire::v1;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::hostile::report::Report;
use crate::hub::{Client, Hub};
use crate::{Result, Scale};
use follower::{Follower, follow};
use judge::Sample;
use shared::Shared;

/// Followers, each of a topic of its own.
const FOLLOWERS: usize = 5_000;
/// One follower in so many has a connection of its own, and reconnects with it.
const ALONE: usize = 50;
/// Connections that the others share.
const CONNECTIONS: usize = 49;
/// Time between two reconnects, in turn of a stream and of a connection: 50 a second.
const RECONNECT: Duration = Duration::from_millis(20);
/// The shortest run in which figures are judged.
const JUDGED: u64 = 1800;
/// How long the last events may take to arrive.
const PATIENCE: Duration = Duration::from_secs(60);
/// So small that retention is at work after half a minute, and ids are forgotten before the warm-up is over.
const SETTINGS: [&str; 6] = [
    "--segment-bytes=1MiB",
    "--retention-bytes=8MiB",
    "--id-window=10s",
    "--connections=20000",
    "--connections-per-peer=20000",
    "--log-level=warn",
];

/// Runs for so many seconds.
pub(crate) async fn run(binary: &Path, words: &[String]) -> Result<()> {
    let seconds: u64 = words.first().map_or(Ok(3600), |word| word.parse())?;
    let time = Duration::from_secs(seconds);
    let data = tempfile::tempdir_in(".")?;
    let mut hub = Hub::start_after("", binary, data.path(), &SETTINGS).await?;
    let mut report = Report::new(if seconds < JUDGED { Scale::smoke() } else { Scale::full() });
    println!("== soak: {seconds} s, {FOLLOWERS} followers");
    let shared = Arc::new(Shared::new(FOLLOWERS));
    let mut followers = followers(&hub, &shared).await?;
    let mut load = JoinSet::new();
    load.spawn(publisher::publish(hub.clients(4).await?, shared.clone(), Instant::now() + time));
    load.spawn(reconnect(shared.clone()));

    let samples = watch(&hub, &shared, time).await?;
    let published = load.join_next().await.ok_or("nobody publishes")???;
    load.abort_all();
    let arrived = arrive(&shared, published, &mut followers).await?;
    let trimmed = trimmed(&hub).await?;
    drop(followers);

    judge::judge(&mut report, &samples, time);
    let rate = published as f64 / time.as_secs_f64();
    report.figure("1,000 publishes a second", format!("{rate:.0}"), rate >= 990.0);
    let text = format!("{arrived} of {published}, {} out of turn", shared.wrong());
    report.fact(
        "each event arrives, once and in order",
        text,
        arrived == published && shared.wrong() == 0,
    );
    report.note("reconnects", shared.reconnects());
    report.fact("retention was at work", trimmed.1, trimmed.0);
    hub.terminate()?;
    let code = hub.ended(PATIENCE).await?;
    report.fact("the hub ends by itself", format!("{code:?}"), code == Some(0));
    if report.missed() == 0 { Ok(()) } else { Err("not all that must hold does".into()) }
}

async fn followers(hub: &Hub, shared: &Arc<Shared>) -> Result<JoinSet<Result<usize>>> {
    let clients = hub.clients(CONNECTIONS).await?;
    let mut followers = JoinSet::new();
    for (number, client) in (0..FOLLOWERS).zip(clients.iter().cycle()) {
        let alone = number % ALONE == 0;
        let endpoint = hub.endpoint()?;
        let client = if alone { Client::new(endpoint.connect().await?) } else { client.clone() };
        let endpoint = alone.then_some(endpoint);
        let follower = Follower { number, client, endpoint, cursor: String::new() };
        followers.spawn(follow(follower, shared.clone()));
    }
    Ok(followers)
}

/// Has one follower after the other reconnect, in turn one of each kind.
async fn reconnect(shared: Arc<Shared>) -> Result<usize> {
    let mut ticks = interval(RECONNECT);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for turn in 0.. {
        ticks.tick().await;
        let nth = turn / 2;
        let streams = FOLLOWERS - FOLLOWERS / ALONE;
        let number = match turn % 2 {
            0 => nth * ALONE % FOLLOWERS,
            // Those between.
            _ => nth % streams / (ALONE - 1) * ALONE + nth % streams % (ALONE - 1) + 1,
        };
        shared.move_on(number);
    }
    Ok(0)
}

/// Looks at the hub each second.
async fn watch(hub: &Hub, shared: &Shared, time: Duration) -> Result<Vec<Sample>> {
    let (start, mut samples) = (Instant::now(), Vec::new());
    let mut ticks = interval(Duration::from_secs(1));
    while start.elapsed() < time {
        ticks.tick().await;
        let (memory, descriptors) = (hub.memory()?, hub.process().descriptors()?);
        let latencies = shared.take_latencies();
        samples.push(Sample { at: start.elapsed(), memory, descriptors, latencies });
    }
    Ok(samples)
}

/// Waits until what was published has arrived; how much has.
async fn arrive(
    shared: &Shared,
    published: usize,
    followers: &mut JoinSet<Result<usize>>,
) -> Result<usize> {
    let deadline = Instant::now() + PATIENCE;
    while shared.arrived() < published && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    match followers.try_join_next() {
        Some(ended) => Err(format!("a follower ended: {ended:?}").into()),
        None => Ok(shared.arrived()),
    }
}

/// Whether retention has dropped something, and what is left.
async fn trimmed(hub: &Hub) -> Result<(bool, String)> {
    let status = hub.client().await?.get_hub(v1::GetHubRequest {}).await?.into_inner();
    let backlog = status.backlog.unwrap_or_default();
    let text = format!("{} events in {} MiB are left", backlog.events, backlog.bytes >> 20);
    let first = status.lineage.first().map(|life| life.first.clone());
    Ok((first.is_some_and(|first| first != status.earliest), text))
}
