//! HTTP/1 as an attacker speaks it: heads that do not end, answers that nobody reads, requests without a pause, clients that
//! come and go; and the end of a hub among long polls.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::Stage;
use super::report::Report;
use super::victim::Victim;
use crate::Result;
use crate::hub::Hub;

const HALF_A_HEAD: &str = "GET /v1/topics?topic=** HTT";
const SMALL: &str = "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";
const LARGE: &str = "GET /v1/openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n";
const LAST: &str = "GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
const POLL: &str = "GET /v1/events?topic=http/quiet&wait=60s HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// What the hub grants a peer to end its head, and to take something of its answer, and a scheduler's delay.
const HEAD_WITHIN: Duration = Duration::from_millis(30_250);
const READ_WITHIN: Duration = Duration::from_millis(12_000);
/// What a connection may hold above its idle state.
const HELD: u64 = 128 << 10;
/// What the hub may keep of those that have gone.
const KEPT: u64 = 5 << 20;
const ABREAST: usize = 32;
const PATIENCE: Duration = Duration::from_secs(60);
const STOPPED_WITHIN: Duration = Duration::from_secs(10);

pub(crate) async fn run(stage: Stage<'_>, report: &mut Report) -> Result<()> {
    let data = tempfile::tempdir_in(".")?;
    let mut hub = Hub::start_after("", stage.binary, data.path(), &["--ephemeral"]).await?;
    let mut victim = Victim::start(&hub).await?;
    let time = Duration::from_secs(stage.scale.pick(10, 1) as u64);
    victim.lap_of(time).await?;
    let before = victim.lap_of(time).await?;

    slow(&hub, stage.scale.pick(1_000, 50), report).await?;
    report.compare(&before, &victim.lap().await?, 1.2);
    let answered = flood(hub.address(), time).await?;
    report.fact("a flood of requests is answered", answered, answered > 0);
    report.compare(&before, &victim.lap().await?, 2.0);
    drop(victim);
    churn(&hub, stage.scale.pick(100_000, 1_000), report).await?;
    drain(&mut hub, stage.scale.pick(2_000, 100), report).await
}

/// So many peers that do not end their heads, and so many that do not read: each is cut.
async fn slow(hub: &Hub, each: usize, report: &mut Report) -> Result<()> {
    let idle = hub.memory()?;
    let (mut heads, mut readers) = (JoinSet::new(), JoinSet::new());
    for _ in 0..each {
        let mut peer = TcpStream::connect(hub.address()).await?;
        peer.write_all(HALF_A_HEAD.as_bytes()).await?;
        heads.spawn(until(
            async move { while peer.read(&mut [0; 64]).await.is_ok_and(|n| n > 0) {} },
        ));
        let mut peer = TcpStream::connect(hub.address()).await?;
        let requests = LARGE.repeat(100);
        readers.spawn(until(
            async move { while peer.write_all(requests.as_bytes()).await.is_ok() {} },
        ));
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    let held = hub.memory()?.saturating_sub(idle) / (2 * each) as u64;
    report.figure("at most 128 KiB a connection", format!("{held} B"), held <= HELD);
    for (who, peers, within) in [
        ("heads that do not end", heads, HEAD_WITHIN),
        ("peers that do not read", readers, READ_WITHIN),
    ] {
        let cut: Vec<Duration> = peers.join_all().await.into_iter().flatten().collect();
        let slowest = cut.iter().max().copied().unwrap_or_default();
        let text = format!("{} of {each}", cut.len());
        report.fact(&format!("{who} are cut"), text, cut.len() == each);
        report.figure("in time", format!("{:.2} s", slowest.as_secs_f64()), slowest <= within);
    }
    Ok(())
}

/// How long that took; `None` if it has no end.
async fn until(ended: impl Future<Output = ()>) -> Option<Duration> {
    let began = Instant::now();
    timeout(PATIENCE, ended).await.ok().map(|()| began.elapsed())
}

/// Requests without a pause on a few connections; the bytes of the answers.
async fn flood(hub: SocketAddr, time: Duration) -> Result<usize> {
    const CONNECTIONS: usize = 4;
    let mut floods = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (mut read, mut write) = TcpStream::connect(hub).await?.into_split();
        let requests = SMALL.repeat(100);
        floods.spawn(async move {
            let mut answered = 0;
            let mut buffer = vec![0; 64 << 10];
            let asking = async { while write.write_all(requests.as_bytes()).await.is_ok() {} };
            let hearing = async {
                while let Ok(read) = read.read(&mut buffer).await {
                    answered += read;
                }
            };
            let _ = timeout(time, async { tokio::join!(asking, hearing) }).await;
            answered
        });
    }
    Ok(floods.join_all().await.into_iter().sum())
}

/// Clients that connect, ask once and go.
async fn churn(hub: &Hub, cycles: usize, report: &mut Report) -> Result<()> {
    let sockets = hub.sockets()?;
    come_and_go(hub.address(), cycles / 20).await?;
    let warm = hub.memory()?;
    let (cpu, began) = (hub.cpu()?, Instant::now());
    come_and_go(hub.address(), cycles).await?;
    let (took, used) = (began.elapsed(), hub.cpu()? - cpu);
    report.note("cycles", format!("{cycles} in {took:.1?}, {used:.1?} of server CPU"));
    let deadline = Instant::now() + PATIENCE;
    while hub.sockets()? > sockets && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let left = hub.sockets()?.saturating_sub(sockets);
    report.fact("no connection is left", left, left == 0);
    let grown = hub.memory()?.saturating_sub(warm);
    report.figure("memory is back within 5 MB", format!("+{} KiB", grown >> 10), grown <= KEPT);
    Ok(())
}

async fn come_and_go(hub: SocketAddr, cycles: usize) -> Result<()> {
    let mut running = JoinSet::new();
    for _ in 0..ABREAST {
        running.spawn(async move {
            for _ in 0..cycles / ABREAST {
                let mut peer = TcpStream::connect(hub).await?;
                peer.write_all(LAST.as_bytes()).await?;
                if peer.read_to_end(&mut Vec::new()).await? == 0 {
                    return Err("a client that is not answered".into());
                }
            }
            Result::Ok(())
        });
    }
    running.join_all().await.into_iter().collect()
}

/// SIGTERM among long polls, idle connections and heads that do not end: each poll is answered, and the hub ends.
async fn drain(hub: &mut Hub, each: usize, report: &mut Report) -> Result<()> {
    let (mut polls, mut others) = (JoinSet::new(), Vec::new());
    for _ in 0..each {
        let mut poll = TcpStream::connect(hub.address()).await?;
        poll.write_all(POLL.as_bytes()).await?;
        polls.spawn(async move { poll.read(&mut [0; 64]).await.is_ok_and(|read| read > 0) });
        for said in [SMALL, HALF_A_HEAD] {
            let mut other = TcpStream::connect(hub.address()).await?;
            other.write_all(said.as_bytes()).await?;
            others.push(other);
        }
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let asked = Instant::now();
    hub.terminate()?;
    let code = hub.ended(PATIENCE).await?;
    let took = asked.elapsed();
    let answered = polls.join_all().await.into_iter().filter(|answered| *answered).count();
    report.fact("every long poll is answered", format!("{answered} of {each}"), answered == each);
    report.fact("SIGTERM ends the hub all the same", format!("{code:?}"), code == Some(0));
    report.figure("within 10 s", format!("{:.2} s", took.as_secs_f64()), took <= STOPPED_WITHIN);
    Ok(())
}
