//! Peers that connect and then say nothing, or only half of HTTP/2's preface.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::Stage;
use super::report::Report;
use super::victim::Victim;
use crate::Result;
use crate::hub::Hub;

/// What the hub grants a peer to say its preface, and a scheduler's delay.
const CLOSED_WITHIN: Duration = Duration::from_millis(10_250);
const STOPPED_WITHIN: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(30);
const HALF_A_PREFACE: &[u8] = b"PRI * HTTP/2";

pub(crate) async fn run(stage: Stage<'_>, report: &mut Report) -> Result<()> {
    let data = tempfile::tempdir_in(".")?;
    let mut hub = Hub::start(stage.binary, data.path()).await?;
    let mut victim = Victim::start(&hub).await?;
    let each = stage.scale.pick(2_000, 100);
    let before = victim.lap_of(Duration::from_secs(stage.scale.pick(10, 1) as u64)).await?;

    let (closed, slowest) = until_closed(connect(&hub, each).await?).await;
    let during = victim.lap().await?;
    report.fact("every one is closed", format!("{closed} of {}", 2 * each), closed == 2 * each);
    report.figure(
        "within 10 s",
        format!("{:.2} s", slowest.as_secs_f64()),
        slowest <= CLOSED_WITHIN,
    );
    report.compare(&before, &during, 1.2);

    let _open = connect(&hub, each).await?;
    let asked = Instant::now();
    hub.terminate()?;
    let code = hub.ended(PATIENCE).await?;
    report.fact("SIGTERM ends the hub all the same", format!("{code:?}"), code == Some(0));
    let took = asked.elapsed();
    let text = format!("{:.2} s", took.as_secs_f64());
    report.figure("SIGTERM ends it within 10 s", text, took <= STOPPED_WITHIN);
    Ok(())
}

/// So many peers that say nothing, and so many that say half of the preface; each with the time when it came.
async fn connect(hub: &Hub, each: usize) -> Result<Vec<(TcpStream, Instant)>> {
    let mut peers = Vec::with_capacity(2 * each);
    for nth in 0..2 * each {
        let mut peer = TcpStream::connect(hub.address()).await?;
        if nth % 2 == 1 {
            peer.write_all(HALF_A_PREFACE).await?;
        }
        peers.push((peer, Instant::now()));
    }
    Ok(peers)
}

/// How many were closed, and how long the last of them had been open.
async fn until_closed(peers: Vec<(TcpStream, Instant)>) -> (usize, Duration) {
    let mut open: JoinSet<Option<Duration>> = JoinSet::new();
    for (mut peer, since) in peers {
        open.spawn(async move {
            let closed =
                async { while peer.read(&mut [0; 64]).await.is_ok_and(|read| read > 0) {} };
            tokio::time::timeout(PATIENCE, closed).await.ok().map(|()| since.elapsed())
        });
    }
    let closed: Vec<Duration> = open.join_all().await.into_iter().flatten().collect();
    (closed.len(), closed.iter().max().copied().unwrap_or_default())
}
