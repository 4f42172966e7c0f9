//! Peers that send frames by hand, as fast as the hub takes them: whatever costs the sender little and the hub more.

use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::Stage;
use super::raw::frame::{self, CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS};
use super::raw::{Raw, SUBSCRIBE, begin, hpack};
use super::report::Report;
use super::victim::Victim;
use crate::Result;
use crate::hub::Hub;

/// A connection is closed this soon after its first bad frame.
const CLOSED_WITHIN: Duration = Duration::from_secs(1);
/// Memory that an attack may take.
const MEMORY: u64 = 4 << 20;
const PATIENCE: Duration = Duration::from_secs(10);
/// Frames sent at once.
const TOGETHER: u32 = 100;

/// What one peer sends: something to begin with, and then the nth of many.
struct Attack {
    name: &'static str,
    begin: fn() -> Vec<u8>,
    nth: fn(u32) -> Vec<u8>,
}

const ATTACKS: [Attack; 8] = [
    Attack { name: "PING", begin: Vec::new, nth: |_| frame::ping(0) },
    Attack { name: "SETTINGS", begin: Vec::new, nth: |_| frame::settings(&[]) },
    Attack {
        name: "empty DATA",
        begin: || begin(1, SUBSCRIBE),
        nth: |_| frame::frame(DATA, 0, 1, &[]),
    },
    Attack {
        name: "WINDOW_UPDATE",
        begin: || begin(1, SUBSCRIBE),
        nth: |_| frame::window_update(1, 1),
    },
    Attack {
        name: "rapid reset",
        begin: Vec::new,
        nth: |nth| [begin(stream(nth), SUBSCRIBE), frame::reset(stream(nth))].concat(),
    },
    Attack {
        name: "MadeYouReset",
        begin: Vec::new,
        nth: |nth| [begin(stream(nth), SUBSCRIBE), frame::window_update(stream(nth), 0)].concat(),
    },
    Attack {
        name: "CONTINUATION",
        begin: || frame::frame(HEADERS, 0, 1, &hpack::call(SUBSCRIBE)),
        nth: |_| frame::frame(CONTINUATION, 0, 1, &hpack::block(&[("a", "b")])),
    },
    Attack { name: "HPACK bomb", begin: Vec::new, nth: bomb },
];

/// Of the nth call of a peer.
fn stream(nth: u32) -> u32 {
    2 * nth + 1
}

/// 24 KB of headers in 200 bytes: too large for a call, too small to be cut for at once.
fn bomb(nth: u32) -> Vec<u8> {
    let fuse = match nth {
        0 => hpack::indexed("bomb", &"x".repeat(4_000)),
        _ => Vec::new(),
    };
    let block = [hpack::call(SUBSCRIBE), fuse, vec![hpack::NEWEST; 6]].concat();
    frame::frame(HEADERS, END_HEADERS | END_STREAM, stream(nth), &block)
}

pub(crate) async fn run(stage: Stage<'_>, report: &mut Report) -> Result<()> {
    let data = tempfile::tempdir_in(".")?;
    let hub = Hub::start(stage.binary, data.path()).await?;
    let mut victim = Victim::start(&hub).await?;
    let time = Duration::from_secs(stage.scale.pick(10, 1) as u64);
    // The caches fill first; then nothing grows but for the attacks.
    victim.lap_of(time).await?;
    let before = victim.lap_of(time).await?;
    for attack in &ATTACKS {
        let name = attack.name;
        let quiet = hub.memory()?;
        let (mut peers, mut slowest, mut most) = (0, Duration::ZERO, quiet);
        let start = Instant::now();
        while start.elapsed() < time {
            slowest = slowest.max(until_closed(&hub, attack).await?);
            most = most.max(hub.memory()?);
            peers += 1;
        }
        let during = victim.lap().await?;
        report.fact(&format!("{name}: every peer is cut"), peers, slowest < PATIENCE);
        report.figure("within 1 s", format!("{slowest:?} at most"), slowest <= CLOSED_WITHIN);
        let grown = most.saturating_sub(quiet);
        report.figure("memory + 4 MiB at most", format!("{grown} B"), grown <= MEMORY);
        report.compare(&before, &during, 2.0);
    }
    Ok(())
}

/// How long a peer lasts that attacks without a pause.
async fn until_closed(hub: &Hub, attack: &Attack) -> Result<Duration> {
    let Raw { mut read, mut write } = Raw::open(hub.address(), &[]).await?;
    let start = Instant::now();
    let sending = async {
        let mut alive = write.send(&(attack.begin)()).await.is_ok();
        let mut nth = 0;
        while alive {
            let frames: Vec<u8> = (nth..nth + TOGETHER).flat_map(attack.nth).collect();
            alive = write.send(&frames).await.is_ok();
            nth += TOGETHER;
        }
        // The connection stays open on this side, so that only the hub can have closed it.
        std::future::pending::<()>().await;
    };
    let closed = async {
        tokio::select! {
            () = read.closed() => {}
            () = sending => {}
        }
    };
    let _ = timeout(PATIENCE, closed).await;
    Ok(start.elapsed())
}
