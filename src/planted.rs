//! Ten wrong hubs, one at a time: what the proofs have to catch.
//!
//! With feature `planted-bugs` the environment variable `HINTWIRE_PLANTED` names the bug that this process has; without
//! the feature no build has any, and every question about one is answered when it is compiled.

#[cfg(not(feature = "planted-bugs"))]
use std::future::{Ready, ready};

#[cfg(all(feature = "planted-bugs", not(debug_assertions)))]
compile_error!("planted bugs are for tests, never for a release build");

/// A bug that a hub like this one might have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planted {
    /// Records are written and never synced.
    FsyncSkipped,
    /// A publish is answered when it is written, and synced with the next one.
    AckBeforeSync,
    /// New and replaced names are not made durable.
    DirSyncSkipped,
    /// Whatever looks like a record is one.
    ChecksumIgnored,
    /// A fetch begins one position behind its cursor.
    ResumeOffByOne,
    /// Readers stop before the newest event, so what a hint tells of cannot be fetched yet.
    HintBeforeVisible,
    /// A subscription reads the head, then registers.
    LostWakeUp,
    /// News that has to wait for `min_interval` is forgotten.
    LastHintDropped,
    /// A damaged record ends the log, whatever proves that it was synced.
    SilentTruncation,
    /// The watermark moves before the slots are touched.
    HeadAheadOfSlots,
}

#[cfg(not(feature = "planted-bugs"))]
impl Planted {
    /// Whether this process has the bug: no.
    pub const fn is_on(self) -> bool {
        false
    }

    /// Does nothing.
    pub fn too_early<T>(self, _act: impl FnOnce() -> T) -> Ready<Option<T>> {
        ready(None)
    }
}

#[cfg(feature = "planted-bugs")]
mod switch {
    use std::sync::OnceLock;
    use std::time::Duration;

    use super::Planted;

    /// Names the bug.
    const VARIABLE: &str = "HINTWIRE_PLANTED";
    /// A simulation on one thread shows what comes in the wrong order only if something gets a turn in between.
    const TURN: Duration = Duration::from_millis(5);

    const ALL: [Planted; 10] = [
        Planted::FsyncSkipped,
        Planted::AckBeforeSync,
        Planted::DirSyncSkipped,
        Planted::ChecksumIgnored,
        Planted::ResumeOffByOne,
        Planted::HintBeforeVisible,
        Planted::LostWakeUp,
        Planted::LastHintDropped,
        Planted::SilentTruncation,
        Planted::HeadAheadOfSlots,
    ];

    impl Planted {
        /// Whether this process has the bug.
        pub fn is_on(self) -> bool {
            static CHOSEN: OnceLock<Option<Planted>> = OnceLock::new();
            *CHOSEN.get_or_init(chosen) == Some(self)
        }

        /// Does what is to be done only later, and gives everybody else a turn. Without the bug it does nothing.
        pub async fn too_early<T>(self, act: impl FnOnce() -> T) -> Option<T> {
            if !self.is_on() {
                return None;
            }
            let done = act();
            tokio::time::sleep(TURN).await;
            Some(done)
        }
    }

    /// The bug that the environment names; a name that is none ends the process, lest it pass for a bug that was caught.
    fn chosen() -> Option<Planted> {
        let name = std::env::var(VARIABLE).ok()?;
        let found = ALL.into_iter().find(|bug| format!("{bug:?}") == name);
        if found.is_none() {
            eprintln!("{VARIABLE}: there is no bug {name:?}; there are {ALL:?}");
            std::process::abort();
        }
        found
    }
}
