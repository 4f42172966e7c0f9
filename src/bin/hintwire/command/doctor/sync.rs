//! How long the disk takes to sync: each publish waits for that once.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::finding::Finding;

const CHECK: &str = "sync";
/// Bytes of a write: a small batch.
const WRITE: u64 = 512;
const WRITES: u64 = 100;
/// No longer than this, on a disk that is slow.
const PATIENCE: Duration = Duration::from_secs(2);
const SLOW_MEDIAN: Duration = Duration::from_millis(20);
const SLOW_WORST: Duration = Duration::from_millis(500);
/// No disk is so fast, whatever its cache.
const NONE: Duration = Duration::from_micros(5);

/// Measures it, if the directory can be written to.
pub fn look(home: &Path) -> Option<Finding> {
    let mut times = measure(home).ok()?;
    times.sort_unstable();
    let (median, worst) = (*times.get(times.len() / 2)?, *times.last()?);
    let found = format!(
        "fdatasync takes {} in the median and {} at worst, of {}",
        millis(median),
        millis(worst),
        times.len()
    );
    Some(match () {
        () if median < NONE => {
            let advice = "is it in memory, or a disk that does not sync? What was answered may go with the power";
            Finding::warn(CHECK, found, advice)
        }
        () if median > SLOW_MEDIAN || worst > SLOW_WORST => {
            let advice = "each publish waits for one: take a disk of its own, an SSD or one with a safe cache";
            Finding::warn(CHECK, found, advice)
        }
        () => Finding::ok(CHECK, found),
    })
}

fn millis(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

/// Writes and syncs as the log does: into space that was allocated and synced before.
fn measure(home: &Path) -> io::Result<Vec<Duration>> {
    let probe = Probe::create(home)?;
    probe.file.write_all_at(&vec![0; (WRITE * WRITES) as usize], 0)?;
    probe.file.sync_all()?;
    let (began, mut times) = (Instant::now(), Vec::new());
    for place in (0..WRITES).map(|n| n * WRITE) {
        let start = Instant::now();
        probe.file.write_all_at(&[1; WRITE as usize], place)?;
        probe.file.sync_data()?;
        times.push(start.elapsed());
        if began.elapsed() > PATIENCE {
            break;
        }
    }
    Ok(times)
}

/// A file that goes when it is dropped, not before: file systems need not sync a file that has no name.
struct Probe {
    file: File,
    path: PathBuf,
}

impl Probe {
    /// By a name that a hub takes no notice of, even where it begins a backlog, and removes when it starts.
    fn create(home: &Path) -> io::Result<Self> {
        let path = home.join("LOCK.tmp");
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path)?;
        Ok(Self { file, path })
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        _ = fs::remove_file(&self.path);
    }
}
