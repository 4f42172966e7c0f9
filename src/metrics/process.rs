//! What the system says of this process. Linux has it in `/proc`; elsewhere less is known.

use std::fs;
use std::time::{Duration, SystemTime};

use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};

/// The process at one moment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Process {
    /// Bytes in RAM.
    pub resident: Option<u64>,
    /// CPU time, user and system.
    pub cpu: Duration,
    /// Open files.
    pub open_files: Option<u64>,
    /// Most files that may be open.
    pub most_files: Option<u64>,
}

impl Process {
    /// Asks the system. Takes some milliseconds where very many files are open.
    pub fn now() -> Self {
        let cpu = clock_gettime(ClockId::ProcessCPUTime);
        Self {
            resident: resident(),
            cpu: Duration::try_from(cpu).unwrap_or_default(),
            // The one that reads the directory is none of them.
            open_files: fs::read_dir("/proc/self/fd").ok().map(|fds| fds.count() as u64 - 1),
            most_files: getrlimit(Resource::Nofile).current,
        }
    }
}

fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// Seconds since 1970.
pub fn seconds(time: SystemTime) -> f64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_process_knows_its_memory_its_time_and_its_files() {
        let before = Process::now();
        let file = fs::File::open("/proc/self/status").unwrap();
        let process = Process::now();
        assert!(process.resident.unwrap() > 1 << 20 && process.cpu > Duration::ZERO);
        assert!(process.open_files > Some(0) && process.open_files <= process.most_files);
        assert!(before.cpu <= process.cpu);
        drop(file);
    }
}
