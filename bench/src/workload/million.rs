//! A million idle streams: 100 connections × 10,000 streams, spoken in raw frames, since a gRPC client would need more
//! memory than the hub. The caps are raised by flags.

use tokio::task::JoinSet;

use super::Stage;
use crate::Result;
use crate::figures::{Figures, count};
use crate::hostile::raw::frame::{ACK, DATA, PING, frame};
use crate::hostile::raw::{Raw, SUBSCRIBE, call, patterns};
use crate::hub::Hub;
use crate::target::Kind;

const SETTINGS: [&str; 4] = ["--streams", "1100000", "--connection-calls", "10100"];
/// Calls that are made before their first messages are awaited.
const CHUNK: usize = 500;

pub(super) async fn run(stage: &Stage, figures: &mut Figures) -> Result<()> {
    stage
        .rounds("idle, raw frames", &[Kind::HintwireHints], 1, figures, |stage, kind, figures| {
            Box::pin(one(stage, kind, figures))
        })
        .await
}

async fn one(stage: &Stage, kind: Kind, figures: &mut Figures) -> Result<()> {
    let (connections, each) = (stage.scale.pick(100, 2), stage.scale.pick(10_000, 100));
    let (place, _data) = stage.place()?;
    let hub = Hub::start_after("", &place.hintwire, &place.data, &SETTINGS).await?;
    let (before, mut open) = (hub.memory()?, JoinSet::new());
    for connection in 0..connections {
        let mut raw = Raw::open(hub.address(), &[]).await?;
        for first in (0..each).step_by(CHUNK) {
            let numbers = first..each.min(first + CHUNK);
            confirmed(&mut raw, connection * each, numbers).await?;
        }
        // From now on: whatever comes, and an answer to whoever asks for one.
        open.spawn(async move { while take(&mut raw).await.is_ok() {} });
    }
    let streams = connections * each;
    let memory = hub.memory()?.saturating_sub(before);
    let case = format!(
        "{} on {} connections, a stream each, raw frames",
        count(streams),
        count(connections)
    );
    let metrics = [
        ("memory", memory as f64 / streams as f64, "B each"),
        ("in all", hub.memory()? as f64 / 1e9, "GB"),
    ];
    figures.note("idle", &case, kind.name(), &metrics);
    if open.try_join_next().is_some() { Err("a connection was closed".into()) } else { Ok(()) }
}

/// Opens streams, each on a topic of its own, and waits for the first message of each.
async fn confirmed(raw: &mut Raw, base: usize, numbers: std::ops::Range<usize>) -> Result<()> {
    let (mut calls, mut missing) = (Vec::new(), numbers.len());
    for number in numbers {
        let wanted = patterns(&format!("idle/{}", base + number));
        let stream = 2 * number as u32 + 1;
        calls.extend(call(stream, SUBSCRIBE, &wanted));
    }
    raw.write.send(&calls).await?;
    while missing > 0 {
        missing -= usize::from(take(raw).await?);
    }
    Ok(())
}

/// Takes a frame; whether it carries a message.
async fn take(raw: &mut Raw) -> Result<bool> {
    let came = raw.read.next().await.ok_or("the hub has closed the connection")?;
    if came.kind == PING && came.flags & ACK == 0 {
        raw.write.send(&frame(PING, ACK, 0, &came.payload)).await?;
    }
    Ok(came.kind == DATA && !came.payload.is_empty())
}
