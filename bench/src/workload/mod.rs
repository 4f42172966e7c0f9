//! The workloads: each is described once and run against every target that can take part.

mod burst;
mod catch_up;
mod feed;
mod growth;
mod idle;
mod million;
mod news;
mod poll;
mod publish;
mod restart;
mod stage;
mod syncs;
mod ways;

use std::time::Duration;

pub(crate) use stage::Stage;

use crate::Result;
use crate::figures::{Figures, Metric};
use crate::target::Target;

/// Their names, in the order in which they run.
pub(crate) const NAMES: [&str; 11] = [
    "publish", "syncs", "news", "burst", "idle", "catch-up", "poll", "feed", "growth", "restart",
    "ways",
];

/// Runs one of them, in so many rounds as it takes.
pub(crate) async fn run(name: &str, stage: &Stage, figures: &mut Figures) -> Result<()> {
    match name {
        "publish" => publish::run(stage, figures).await,
        "syncs" => syncs::run(stage, figures).await,
        "news" => news::run(stage, figures).await,
        "burst" => burst::run(stage, figures).await,
        "idle" => idle::run(stage, figures).await,
        "catch-up" => catch_up::run(stage, figures).await,
        "poll" => poll::run(stage, figures).await,
        "feed" => feed::run(stage, figures).await,
        "growth" => growth::run(stage, figures).await,
        "restart" => restart::run(stage, figures).await,
        "ways" => ways::run(stage, figures).await,
        other => Err(format!("no workload {other:?}; there are {NAMES:?}").into()),
    }
}

/// A stretch of time, and the CPU that a server uses in it.
struct Lap<'a> {
    target: &'a dyn Target,
    cpu: Duration,
    start: std::time::Instant,
}

impl<'a> Lap<'a> {
    fn start(target: &'a dyn Target) -> Result<Self> {
        Ok(Self { target, cpu: target.process().cpu()?, start: std::time::Instant::now() })
    }

    fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    fn cpu(&self) -> Result<f64> {
        Ok((self.target.process().cpu()? - self.cpu).as_secs_f64())
    }

    /// The rate of so many operations until now.
    fn rate(&self, operations: usize) -> Metric {
        ("rate", operations as f64 / self.seconds(), "/s")
    }

    /// Server CPU of each; seconds per million are microseconds each.
    fn cpu_each(&self, operations: usize) -> Result<Metric> {
        Ok(("cpu", self.cpu()? * 1e6 / operations.max(1) as f64, "µs each"))
    }
}
