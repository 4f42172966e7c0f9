//! A hub that is restarted under ten thousand followers: when they are told to come back, and when they do.

use std::time::{Duration, Instant};

use hintwire::v1;
use hintwire::v1::subscribe_response::Kind;
use tokio::task::JoinSet;
use tonic::transport::Channel;

use super::Stage;
use super::report::Report;
use crate::Result;
use crate::hub::{Client, Hub, endpoint};

const CONNECTIONS: usize = 20;
const PATIENCE: Duration = Duration::from_secs(60);
/// Returns are counted in slots of this length.
const SLOT: Duration = Duration::from_millis(100);
/// Streams that the hub asks back in a slot.
const ASKED: usize = 500;

/// A follower's way back, from when the hub was asked to stop.
struct Return {
    planned: Duration,
    real: Duration,
}

pub(crate) async fn run(stage: Stage<'_>, report: &mut Report) -> Result<()> {
    let data = tempfile::tempdir_in(".")?;
    let mut hub = Hub::start(stage.binary, data.path()).await?;
    let address = hub.address();
    let count = stage.scale.pick(10_000, 1_000);
    let mut followers = JoinSet::new();
    let (tell, told) = tokio::sync::watch::channel(Instant::now());
    for nth in 0..CONNECTIONS {
        let channel = endpoint(address)?.connect_lazy();
        for number in (nth..count).step_by(CONNECTIONS) {
            let stream = subscribe(&channel, number).await?;
            followers.spawn(come_back(channel.clone(), number, stream, told.clone()));
        }
    }
    let asked = Instant::now();
    tell.send_replace(asked);
    hub.terminate()?;
    hub.ended(PATIENCE).await?;
    let down = asked.elapsed();
    let hub = Hub::start_at(address, stage.binary, data.path()).await?;
    report.note("the hub was away", format!("{:.2?} to {:.2?}", down, asked.elapsed()));
    let returns = followers.join_all().await.into_iter().collect::<Result<Vec<Return>>>()?;
    judge(report, &returns, count);
    drop(hub);
    Ok(())
}

fn judge(report: &mut Report, returns: &[Return], count: usize) {
    // Over a second at the least.
    let even = ASKED.min(count / 10);
    let planned = slots(returns.iter().map(|back| back.planned));
    let text = format!("at most {} in 0.1 s, over {} s", most(&planned), seconds(&planned));
    report.fact("asked back evenly", text, most(&planned) <= even * 3 / 2);
    report.fact("all come back", returns.len(), returns.len() == count);
    let real = slots(returns.iter().map(|back| back.real));
    let text = format!("at most {} in 0.1 s, over {} s", most(&real), seconds(&real));
    report.figure("come back spread, at twice the rate at most", text, most(&real) <= 2 * even);
    report.note("asked back, by 0.1 s", format!("{planned:?}"));
    report.note("came back, by 0.1 s", format!("{real:?}"));
}

fn most(slots: &[usize]) -> usize {
    slots.iter().copied().max().unwrap_or_default()
}

/// From the first slot that has any to the last.
fn seconds(slots: &[usize]) -> f64 {
    let first = slots.iter().position(|count| *count > 0).unwrap_or_default();
    (slots.len() - first) as f64 / 10.0
}

/// How many fall into each slot.
fn slots(times: impl Iterator<Item = Duration>) -> Vec<usize> {
    let mut counts = Vec::new();
    for time in times {
        let slot = (time.as_millis() / SLOT.as_millis()) as usize;
        counts.resize(counts.len().max(slot + 1), 0);
        if let Some(count) = counts.get_mut(slot) {
            *count += 1;
        }
    }
    counts
}

type Hints = tonic::Streaming<v1::SubscribeResponse>;

/// A stream that has had its first message.
async fn subscribe(channel: &Channel, number: usize) -> Result<Hints> {
    let topics = vec![format!("returns/t{number}")];
    let request = v1::SubscribeRequest { topics, ..Default::default() };
    let mut hints = Client::new(channel.clone()).subscribe(request).await?.into_inner();
    hints.message().await?.ok_or("a stream that ends before CONFIRMED")?;
    Ok(hints)
}

/// Listens to the end, waits as it is told, and comes back as the client library does: with back-off from a second on.
async fn come_back(
    channel: Channel,
    number: usize,
    mut hints: Hints,
    told: tokio::sync::watch::Receiver<Instant>,
) -> Result<Return> {
    let advice = loop {
        let hint = hints.message().await?.ok_or("a stream that ends without RECONNECT")?;
        if hint.kind() == Kind::Reconnect {
            break Duration::try_from(hint.reconnect_after.unwrap_or_default()).unwrap_or_default();
        }
    };
    let asked = *told.borrow();
    let planned = asked.elapsed() + advice;
    drop(hints);
    tokio::time::sleep(advice).await;
    let mut bound = Duration::from_secs(1);
    loop {
        tokio::time::sleep(bound.mul_f64(fastrand::f64())).await;
        if subscribe(&channel, number).await.is_ok() {
            return Ok(Return { planned, real: asked.elapsed() });
        }
        bound = (bound * 2).min(Duration::from_secs(30));
        if asked.elapsed() > PATIENCE {
            return Err("a follower that does not come back".into());
        }
    }
}
