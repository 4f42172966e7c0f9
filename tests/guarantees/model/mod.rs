//! The hub on both engines against a model of a few lines, whatever is done to it, and its history against every guarantee.

mod listeners;
mod oracle;
mod play;
mod reading;
mod steps;

use std::sync::Arc;

use hintwire::access::{Access, Asks, Granted};
use hintwire::backlog::Backlog;
use hintwire::backlog::log::LogSettings;
use hintwire::backlog::log::engine::LogBacklog;
use hintwire::backlog::memory::Memory;
use parking_lot::Mutex;
use proptest::test_runner::{Config, TestRunner};
use tempfile::TempDir;

use crate::validate::{Counts, GUARANTEES};
use play::Play;
use steps::steps;

/// Where a backlog is kept while no hub serves it.
pub enum Kept {
    Memory(Arc<Memory>),
    Log(TempDir),
}

impl Kept {
    fn open(&self) -> Arc<dyn Backlog> {
        match self {
            Self::Memory(memory) => Arc::clone(memory) as _,
            Self::Log(directory) => {
                let settings = LogSettings { segment_bytes: 64 << 10, ..LogSettings::default() };
                Arc::new(LogBacklog::open(directory.path(), settings).unwrap())
            }
        }
    }
}

/// What is asked of a hub that lets everybody do everything.
fn granted<T: Asks>(asked: T) -> Granted<T> {
    Access::unrestricted().grant(asked).unwrap()
}

/// Plays random steps, 48 times unless `PROPTEST_CASES` says otherwise.
fn plays(kept: impl Fn() -> Kept) {
    let counts = Mutex::new(Counts::default());
    let cases = std::env::var("PROPTEST_CASES").map_or(48, |cases| cases.parse().unwrap());
    let mut runner =
        TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let result = runner.run(&steps(), |steps| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let found = runtime.block_on(Play::through(kept(), steps));
        counts.lock().add(&found);
        Ok(())
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
    let counts = counts.into_inner();
    println!("{cases} plays: {counts:?}");
    for (guarantee, _) in GUARANTEES {
        assert!(counts.of(guarantee) > 0, "{guarantee} was never put to the test");
    }
}

#[test]
fn the_hub_on_the_log_does_what_the_model_does() {
    plays(|| Kept::Log(TempDir::new().unwrap()));
}

#[test]
fn the_hub_in_memory_does_what_the_model_does() {
    plays(|| Kept::Memory(Arc::default()));
}
