//! Ten times more than the hub can take, in 512 MB of memory.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tonic::Code;
use tonic_types::StatusExt;

use hintwire::v1;

use super::Stage;
use super::report::Report;
use crate::Result;
use crate::hub::{Client, Hub};

const MEMORY: usize = 512 << 20;
/// Events of this size fill the hub's queue before they fill the wire.
const DATA: usize = 16 << 10;
/// Callers at a time that the hub serves as fast as it can, and ten times what its queue holds of their events.
const PEAK_CALLERS: usize = 256;
const OVERLOAD_CALLERS: usize = 10 * 4_096;
const CONNECTIONS: usize = 40;

/// What callers have got.
#[derive(Default)]
struct Got {
    acked: AtomicUsize,
    refused: AtomicUsize,
    /// Refusals that do not say when to come back.
    bare: AtomicUsize,
    over: AtomicBool,
}

pub(crate) async fn run(stage: Stage<'_>, report: &mut Report) -> Result<()> {
    let cage = match Cage::new() {
        Ok(cage) => cage,
        Err(why) => {
            report.skip("10 x overload in 512 MB", why);
            return Ok(());
        }
    };
    let data = tempfile::tempdir_in(".")?;
    let keep = ["--retention-bytes", "1GiB", "--segment-bytes", "64MiB"];
    let mut hub = Hub::start_after(&cage.enter(), stage.binary, data.path(), &keep).await?;
    let seconds = |full, smoke| Duration::from_secs(stage.scale.pick(full, smoke) as u64);
    let (peak, _) = load(&hub, PEAK_CALLERS, seconds(10, 1)).await?;
    report.note("peak, 256 callers", format!("{peak:.0} events/s of 16 KiB"));
    let callers = stage.scale.pick(OVERLOAD_CALLERS, 6_000);
    let (goodput, got) = load(&hub, callers, seconds(60, 3)).await?;

    let share = goodput / peak * 100.0;
    let text = format!("{share:.0} % ({goodput:.0} events/s), {callers} callers");
    report.figure("goodput at least 90 % of the peak", text, share >= 90.0);
    let (refused, bare) = (got.refused.load(Relaxed), got.bare.load(Relaxed));
    report.figure("there are refusals", refused, refused > 0);
    report.fact("each with RetryInfo", format!("{bare} without"), bare == 0);
    let alive = hub.ended(Duration::ZERO).await?.is_none() && hub.client().await.is_ok();
    report.fact("no OOM: the hub lives", alive, alive);
    report.note("most memory that its group used", format!("{} MB", cage.most()? >> 20));
    Ok(())
}

/// Has so many callers publish as fast as they can, refused or not; events a second that were taken.
async fn load(hub: &Hub, callers: usize, time: Duration) -> Result<(f64, Arc<Got>)> {
    let (got, mut running) = (Arc::new(Got::default()), JoinSet::new());
    let clients = hub.clients(CONNECTIONS).await?;
    for (nth, client) in (0..callers).zip(clients.iter().cycle()) {
        running.spawn(publish(client.clone(), nth, got.clone()));
    }
    let start = Instant::now();
    tokio::time::sleep(time).await;
    let (acked, took) = (got.acked.load(Relaxed), start.elapsed());
    got.over.store(true, Relaxed);
    while let Some(ended) = running.join_next().await {
        ended??;
    }
    Ok((acked as f64 / took.as_secs_f64(), got))
}

async fn publish(mut client: Client, nth: usize, got: Arc<Got>) -> Result<()> {
    let event = v1::Event {
        topic: format!("overload/t{}", nth % 1000),
        data: vec![b'.'; DATA].into(),
        ..Default::default()
    };
    while !got.over.load(Relaxed) {
        let events = vec![event.clone()];
        match client.publish(v1::PublishRequest { events, ..Default::default() }).await {
            Ok(_) => _ = got.acked.fetch_add(1, Relaxed),
            Err(status) if status.code() == Code::ResourceExhausted => {
                got.refused.fetch_add(1, Relaxed);
                match status.get_details_retry_info().and_then(|info| info.retry_delay) {
                    Some(delay) => tokio::time::sleep(delay).await,
                    None => _ = got.bare.fetch_add(1, Relaxed),
                }
            }
            Err(status) => return Err(status.into()),
        }
    }
    Ok(())
}

/// A memory cgroup of our own; it is removed when dropped, after the hub in it has ended.
struct Cage {
    path: PathBuf,
    most: &'static str,
}

impl Cage {
    /// In version 1 or 2 of cgroups, whichever this machine has and permits.
    fn new() -> std::io::Result<Self> {
        let name = format!("hintwire-bench-{}", std::process::id());
        let (old, new) = ("/sys/fs/cgroup/memory", "/sys/fs/cgroup");
        let (root, limit, most) = if fs::exists(old)? {
            (old, "memory.limit_in_bytes", "memory.max_usage_in_bytes")
        } else {
            (new, "memory.max", "memory.peak")
        };
        let cage = Self { path: PathBuf::from(root).join(name), most };
        fs::create_dir(&cage.path)?;
        fs::write(cage.path.join(limit), MEMORY.to_string())?;
        Ok(cage)
    }

    /// What a shell does to get in.
    fn enter(&self) -> String {
        format!("echo $$ > {}", self.path.join("cgroup.procs").display())
    }

    fn most(&self) -> Result<u64> {
        Ok(fs::read_to_string(self.path.join(self.most))?.trim().parse()?)
    }
}

impl Drop for Cage {
    fn drop(&mut self) {
        _ = fs::remove_dir(&self.path);
    }
}
