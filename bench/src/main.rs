//! Measures a hub on this machine: `cargo run --release -p hintwire-bench -- PATH-TO-HINTWIRE [WORKLOAD…]`, or attacks
//! it: `… PATH-TO-HINTWIRE hostile [ROW…]`.
//!
//! The hub runs as a process of its own, so that its CPU time and memory are the kernel's figures; hub and load share the
//! machine. Each workload prints a line for each figure as it comes. `--smoke` runs everything small, to see that it
//! works.

mod catch_up;
mod hints;
mod hostile;
mod hub;
mod idle;
mod publish;
mod unary;

use std::error::Error;
use std::path::PathBuf;

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// How large the workloads are: full, or a thousandth to see that they run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    smoke: bool,
}

impl Scale {
    /// Whether this run is to see that things work, not to measure them.
    pub(crate) fn is_smoke(self) -> bool {
        self.smoke
    }

    /// The full size, or the one for a smoke run.
    pub(crate) fn pick(self, full: usize, smoke: usize) -> usize {
        if self.smoke { smoke } else { full }
    }
}

/// What a bench run is told on its command line.
struct Arguments {
    binary: PathBuf,
    scale: Scale,
    workloads: Vec<String>,
}

const USAGE: &str = "usage: hintwire-bench HINTWIRE [--smoke] [WORKLOAD… | hostile [ROW…]]";
const WORKLOADS: [&str; 6] = ["publish", "unary", "hints", "idle", "catch-up", "restart"];

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = arguments()?;
    if let Some(("hostile", rows)) =
        arguments.workloads.split_first().map(|(first, rows)| (first.as_str(), rows))
    {
        return hostile::run(&arguments.binary, arguments.scale, rows).await;
    }
    for workload in &arguments.workloads {
        println!("== {workload}");
        let (binary, scale) = (&arguments.binary, arguments.scale);
        match workload.as_str() {
            "publish" => publish::run(binary, scale).await?,
            "unary" => unary::run(binary, scale).await?,
            "hints" => hints::run(binary, scale).await?,
            "idle" => idle::run(binary, scale).await?,
            "catch-up" => catch_up::run(binary, scale).await?,
            "restart" => catch_up::restart(binary, scale).await?,
            other => return Err(format!("no workload {other:?}; there are {WORKLOADS:?}").into()),
        }
    }
    Ok(())
}

fn arguments() -> Result<Arguments> {
    let (flags, words): (Vec<_>, Vec<_>) =
        std::env::args().skip(1).partition(|word| word.starts_with("--"));
    let mut words = words.into_iter();
    let binary = words.next().ok_or(USAGE)?;
    let named: Vec<String> = words.collect();
    let all = || WORKLOADS.map(String::from).to_vec();
    Ok(Arguments {
        binary: binary.into(),
        scale: Scale { smoke: flags.iter().any(|flag| flag == "--smoke") },
        workloads: if named.is_empty() { all() } else { named },
    })
}
