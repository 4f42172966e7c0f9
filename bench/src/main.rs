//! The yardstick: measures a hub on this machine, alone or beside other servers, or attacks it.
//!
//! ```text
//! hintwire-bench HINTWIRE [--smoke] [--peers FOLDER] [--rounds N] [--out FILE] [WORKLOAD… | TARGET…]
//! hintwire-bench HINTWIRE hostile [--smoke] [ROW…]
//! hintwire-bench HINTWIRE soak [SECONDS]
//! hintwire-bench report FIGURES PAGE
//! ```
//!
//! Each server runs as a process of its own, so that its CPU time and memory are the kernel's figures; servers and load
//! share the machine. Each figure is printed as it comes, and kept in a file for the report. `--smoke` runs everything small, to
//! see that it works.

mod arguments;
mod figures;
mod hostile;
mod hub;
mod load;
mod process;
mod report;
mod seen;
mod soak;
mod target;
mod traffic;
mod wire;
mod workload;

use std::error::Error;

use arguments::Arguments;
use figures::Figures;
use target::{Kind, Place};
use workload::Stage;

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// How large the workloads are: full, or a thousandth to see that they run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    smoke: bool,
}

impl Scale {
    /// The full size.
    pub(crate) fn full() -> Self {
        Self { smoke: false }
    }

    /// The small one.
    pub(crate) fn smoke() -> Self {
        Self { smoke: true }
    }

    /// Whether this run is to see that things work, not to measure them.
    pub(crate) fn is_smoke(self) -> bool {
        self.smoke
    }

    /// The full size, or the one for a smoke run.
    pub(crate) fn pick(self, full: usize, smoke: usize) -> usize {
        if self.smoke { smoke } else { full }
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = arguments::read()?;
    match arguments.words.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        Some(("hostile", rows)) => {
            return hostile::run(&arguments.binary, arguments.scale(), rows).await;
        }
        Some(("soak", words)) => return soak::run(&arguments.binary, words).await,
        _ => {}
    }
    if let (Some("report"), [figures, page]) = (arguments.binary.to_str(), &*arguments.words) {
        return report::run(figures.as_ref(), page.as_ref());
    }
    // Ended early, it ends what it has started.
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        done = measure(&arguments) => done,
        _ = tokio::signal::ctrl_c() => Err("ended early".into()),
        _ = terminate.recv() => Err("ended early".into()),
    }
}

async fn measure(arguments: &Arguments) -> Result<()> {
    let rounds = if arguments.smoke { 1 } else { arguments.rounds };
    let mut figures = Figures::new(rounds);
    let stage = Stage {
        scale: arguments.scale(),
        hintwire: arguments.binary.clone(),
        peers: arguments.peers.clone().unwrap_or_default(),
        feed: arguments.feed(),
        kinds: present(arguments, &mut figures),
        rounds,
    };
    for name in arguments.workloads() {
        println!("== {name}");
        if let Err(error) = workload::run(&name, &stage, &mut figures).await {
            if arguments.smoke {
                return Err(error);
            }
            figures.leave_out(name, &error.to_string());
        }
        // After each, so that what was measured outlives what comes next.
        if let Some(out) = &arguments.out {
            figures.write(out)?;
        }
    }
    Ok(())
}

/// The targets that are asked for and can be run, each with its version.
fn present(arguments: &Arguments, figures: &mut Figures) -> Vec<(Kind, String)> {
    let peers = arguments.peers.clone().unwrap_or_default();
    let place = Place { hintwire: arguments.binary.clone(), peers, data: Default::default() };
    let mut kinds = Vec::new();
    for kind in arguments.targets() {
        match kind.version(&place) {
            Ok(version) => kinds.push((kind, version)),
            Err(error) => figures.leave_out(kind.name().into(), &error.to_string()),
        }
    }
    kinds
}
