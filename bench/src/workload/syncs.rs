//! How many events share a sync to disk: the kernel's count of the calls, in a run of its own, since counting slows.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use super::Stage;
use crate::Result;
use crate::figures::Figures;
use crate::load::{Load, Numbers};
use crate::target::Kind;

const TARGETS: [Kind; 5] =
    [Kind::Hintwire, Kind::HintwireStream, Kind::RedisStreams, Kind::JetStream, Kind::Etcd];
const CASES: [(&str, usize); 3] =
    [("1 caller", 1), ("256 callers", 256), ("4 connections × 1,024 in flight", 4096)];

pub(super) async fn run(stage: &Stage, figures: &mut Figures) -> Result<()> {
    if Command::new("strace").arg("--version").stdout(Stdio::null()).status().is_err() {
        figures.leave_out("syncs".into(), "SKIPPED: strace is not there to count");
        return Ok(());
    }
    stage
        .rounds("syncs", &TARGETS, 1, figures, |stage, kind, figures| {
            Box::pin(one(stage, kind, figures))
        })
        .await
}

async fn one(stage: &Stage, kind: Kind, figures: &mut Figures) -> Result<()> {
    let started = stage.start(kind, figures).await?;
    let time = Duration::from_millis(stage.scale.pick(1000, 200) as u64);
    let mut published = 0;
    for (case, in_flight) in CASES {
        let report = started.data().join("strace");
        let Some(counting) = Counting::start(started.target.process().id(), &report).await? else {
            figures.leave_out("syncs".into(), "SKIPPED: this machine does not permit counting");
            return Ok(());
        };
        let numbers = Arc::new(Numbers::for_time(published, time));
        let connections = in_flight.min(4);
        let load = Load { numbers, topics: 1000, connections, in_flight, batch: 1 };
        started.target.publish(&load).await?;
        let events = load.numbers.taken() - published;
        published += events;
        let syncs = counting.stop(&report)?;
        let metrics = [
            ("events", events as f64, ""),
            ("syncs", syncs as f64, ""),
            ("events per sync", events as f64 / syncs.max(1) as f64, ""),
        ];
        figures.note("syncs", case, kind.name(), &metrics);
    }
    Ok(())
}

/// The kernel counts the calls of a process that sync files.
struct Counting(Child);

impl Counting {
    /// Begins; `None` if this machine does not permit it.
    async fn start(process: u32, report: &Path) -> Result<Option<Self>> {
        let mut command = Command::new("strace");
        command.args(["-f", "-c", "-e", "trace=fsync,fdatasync,sync_file_range", "-p"]);
        command.arg(process.to_string()).arg("-o").arg(report);
        let mut counting = Self(command.stderr(Stdio::null()).spawn()?);
        // It is attached once the process is traced, and has ended if it may not.
        let status = format!("/proc/{process}/status");
        let traced =
            || std::fs::read_to_string(&status).is_ok_and(|text| !text.contains("TracerPid:\t0\n"));
        while !traced() {
            if counting.0.try_wait()?.is_some() {
                return Ok(None);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(Some(counting))
    }

    /// Stops; how many calls there were.
    fn stop(mut self, report: &Path) -> Result<u64> {
        Command::new("kill").args(["-s", "INT", &self.0.id().to_string()]).status()?;
        self.0.wait()?;
        let text = std::fs::read_to_string(report)?;
        let sync =
            |line: &&str| line.trim_end().ends_with("sync") || line.contains("sync_file_range");
        Ok(text
            .lines()
            .filter(sync)
            .filter_map(|line| line.split_whitespace().nth(3)?.parse::<u64>().ok())
            .sum())
    }
}

impl Drop for Counting {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
