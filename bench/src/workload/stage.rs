//! What a workload works with: the servers that take part, and how large everything is.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use crate::figures::Figures;
use crate::target::{Doing, Kind, Place, Target};
use crate::{Result, Scale};

/// Longest time for one target in one case.
const PATIENCE: Duration = Duration::from_secs(150);

pub(crate) struct Stage {
    pub scale: Scale,
    pub hintwire: PathBuf,
    pub peers: PathBuf,
    /// The release feed.
    pub feed: PathBuf,
    /// Who takes part, each with its version.
    pub kinds: Vec<(Kind, String)>,
    pub rounds: usize,
}

/// A server that runs on data of its own.
pub(crate) struct Started {
    pub target: Box<dyn Target>,
    data: TempDir,
}

impl Started {
    /// Its folder.
    pub(crate) fn data(&self) -> &Path {
        self.data.path()
    }

    /// Ends the server as a power button would; its data stays.
    pub(crate) fn kill(self) -> TempDir {
        drop(self.target);
        self.data
    }
}

impl Stage {
    /// Those of `wanted` that take part.
    pub(crate) fn kinds(&self, wanted: &[Kind]) -> Vec<Kind> {
        let all = self.kinds.iter().map(|(kind, _)| *kind);
        all.filter(|kind| wanted.contains(kind)).collect()
    }

    /// Where a server's things are, with a new folder for its data.
    pub(crate) fn place(&self) -> Result<(Place, TempDir)> {
        let data = tempfile::tempdir_in(".")?;
        let path = data.path().canonicalize()?;
        Ok((Place { hintwire: self.hintwire.clone(), peers: self.peers.clone(), data: path }, data))
    }

    /// Starts a server on data of its own.
    pub(crate) async fn start(&self, kind: Kind, figures: &mut Figures) -> Result<Started> {
        let (place, data) = self.place()?;
        let target = kind.start(&place).await?;
        let version = self.kinds.iter().find(|(known, _)| *known == kind);
        figures.note_server(kind, version.map_or("", |(_, version)| version), target.settings());
        Ok(Started { target, data })
    }

    /// Runs a case for each of these servers in turn, in several rounds. One that fails is named, and the others go on.
    pub(crate) async fn rounds<F>(
        &self,
        what: &str,
        wanted: &[Kind],
        rounds: usize,
        figures: &mut Figures,
        mut case: F,
    ) -> Result<()>
    where
        F: for<'a> FnMut(&'a Self, Kind, &'a mut Figures) -> Doing<'a, ()>,
    {
        for _ in 0..rounds {
            for kind in self.kinds(wanted) {
                let done = tokio::time::timeout(PATIENCE, case(self, kind, figures)).await;
                let failed = done.unwrap_or_else(|_| Err("it took too long".into()));
                if let Err(error) = failed {
                    if self.scale.is_smoke() {
                        return Err(error);
                    }
                    figures.leave_out(format!("{what}, {}", kind.name()), &error.to_string());
                }
            }
        }
        Ok(())
    }
}
