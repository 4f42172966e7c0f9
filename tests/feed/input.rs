//! What goes through the hub: a file named by `HINTWIRE_FEED`, the history of this repository, or changes made up from a
//! seed.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Command;

use flate2::read::GzDecoder;
use serde::Deserialize;
use serde_json::value::RawValue;

/// One change of a polled backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Changes of one time belong together.
    pub time: i64,
    pub topic: String,
    pub key: String,
    /// `None`: the key is gone.
    pub data: Option<String>,
}

#[derive(Deserialize)]
struct Line {
    time: i64,
    topic: String,
    key: String,
    data: Box<RawValue>,
}

/// Reads a gzipped file of JSON lines.
pub fn from_file(path: &Path) -> Vec<Change> {
    let lines = BufReader::new(GzDecoder::new(File::open(path).expect("the feed"))).lines();
    lines.map(|line| change(serde_json::from_str(&line.unwrap()).unwrap())).collect()
}

fn change(line: Line) -> Change {
    let data = (line.data.get() != "null").then(|| line.data.get().to_owned());
    Change { time: line.time, topic: line.topic, key: line.key, data }
}

/// The history of this repository: a commit is a batch, a top-level folder a topic, a path a key.
pub fn from_git() -> Vec<Change> {
    let log = Command::new("git")
        .args(["log", "--reverse", "--no-renames", "--name-status", "--format=commit %H"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output();
    let text = log.map(|log| String::from_utf8_lossy(&log.stdout).into_owned()).unwrap_or_default();
    let (mut changes, mut time, mut commit) = (Vec::new(), 0, String::new());
    for line in text.lines() {
        if let Some(hash) = line.strip_prefix("commit ") {
            time += 1;
            commit = format!("{{\"commit\":\"{hash}\"}}");
        } else if let Some((status, path)) = line.split_once('\t') {
            let folder = path.split_once('/').map_or("top", |(folder, _)| folder);
            let data = (status != "D").then(|| commit.clone());
            changes.push(Change {
                time,
                topic: format!("git/{folder}"),
                key: path.to_owned(),
                data,
            });
        }
    }
    changes
}

/// Made-up changes, skewed as real ones are: few topics change often, most seldom.
pub fn from_seed(seed: u64, count: usize) -> Vec<Change> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut time = 1;
    let mut made = |number| {
        time += i64::from(random.u8(..) < 64);
        let skewed = random.usize(..40).min(random.usize(..40)).min(random.usize(..40));
        let folder = if skewed.is_multiple_of(5) { "releases/git" } else { "releases" };
        let key = format!("k{}", random.usize(..30));
        let data = (random.u8(..) > 60).then(|| format!("{{\"n\":{number}}}"));
        Change { time, topic: format!("{folder}/p{skewed}"), key, data }
    };
    (0..count).map(&mut made).collect()
}

/// Splits changes where their time changes, and after 1,000.
pub fn batches(changes: &[Change]) -> Vec<std::ops::Range<usize>> {
    let mut batches = Vec::new();
    let mut start = 0;
    for (next, pair) in changes.windows(2).enumerate().map(|(i, pair)| (i + 1, pair)) {
        if pair[0].time != pair[1].time || next - start == 1000 {
            batches.push(start..next);
            start = next;
        }
    }
    if start < changes.len() {
        batches.push(start..changes.len());
    }
    batches
}
