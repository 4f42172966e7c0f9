//! What a run is told on its command line.

use std::path::PathBuf;

use crate::target::Kind;
use crate::{Result, Scale, workload};

const USAGE: &str = "usage: hintwire-bench HINTWIRE [--smoke] [--peers FOLDER] [--rounds N] [--out FILE] \
                     [WORKLOAD… | TARGET… | hostile [ROW…] | soak [SECONDS]]";

#[derive(Default)]
pub(crate) struct Arguments {
    pub binary: PathBuf,
    pub smoke: bool,
    /// The folder with the peers' programs; without it, the hub is measured alone.
    pub peers: Option<PathBuf>,
    pub rounds: usize,
    /// Where the figures are kept.
    pub out: Option<PathBuf>,
    pub words: Vec<String>,
}

pub(crate) fn read() -> Result<Arguments> {
    let mut words = std::env::args().skip(1);
    let mut arguments = Arguments { rounds: 3, ..Arguments::default() };
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(USAGE);
        match word.as_str() {
            "--smoke" => arguments.smoke = true,
            "--peers" => arguments.peers = Some(value()?.into()),
            "--rounds" => arguments.rounds = value()?.parse()?,
            "--out" => arguments.out = Some(value()?.into()),
            flag if flag.starts_with("--") => return Err(USAGE.into()),
            _ if arguments.binary.as_os_str().is_empty() => arguments.binary = word.into(),
            _ => arguments.words.push(word),
        }
    }
    if arguments.binary.as_os_str().is_empty() {
        return Err(USAGE.into());
    }
    Ok(arguments)
}

impl Arguments {
    pub(crate) fn scale(&self) -> Scale {
        Scale { smoke: self.smoke }
    }

    /// The workloads that are named, or all. A word that names no target names a workload, be there one or not.
    pub(crate) fn workloads(&self) -> Vec<String> {
        let is_target = |word: &str| Kind::ALL.iter().any(|kind| kind.name() == word);
        let named: Vec<String> =
            self.words.iter().filter(|word| !is_target(word)).cloned().collect();
        if named.is_empty() { workload::NAMES.map(String::from).to_vec() } else { named }
    }

    /// The targets that are named, or all: of the hub alone, without a folder of peers.
    pub(crate) fn targets(&self) -> Vec<Kind> {
        let named = |kind: &Kind| self.words.iter().any(|word| word == kind.name());
        let any = Kind::ALL.iter().any(named);
        let wanted =
            |kind: &Kind| (named(kind) || !any) && (kind.is_hintwire() || self.peers.is_some());
        Kind::ALL.into_iter().filter(wanted).collect()
    }

    /// The release feed.
    pub(crate) fn feed(&self) -> PathBuf {
        let named = std::env::var_os("HINTWIRE_FEED").map(PathBuf::from);
        named.unwrap_or_else(|| "../shared/data/release-changes.jsonl.gz".into())
    }
}
