//! A server under test, as a process of its own, and what the kernel says of it.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::Result;

/// A running process; killed when dropped.
pub(crate) struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Process {
    /// Starts it, with nothing on its standard output.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        Ok(Self(child.map_err(|error| format!("{:?}: {error}", command.get_program()))?))
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    fn file(&self, name: &str) -> String {
        format!("/proc/{}/{name}", self.0.id())
    }

    /// CPU time that it and the children that it has waited for have used, user and system.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        let stat = std::fs::read_to_string(self.file("stat"))?;
        let after_name = stat.rsplit(')').next().unwrap_or_default();
        let ticks: u64 =
            after_name.split_whitespace().skip(11).take(4).flat_map(str::parse::<u64>).sum();
        // Linux counts in hundredths of a second on every machine of today.
        Ok(Duration::from_millis(ticks * 10))
    }

    /// Bytes of memory that it holds.
    pub(crate) fn memory(&self) -> Result<u64> {
        let status = std::fs::read_to_string(self.file("status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib: u64 = line.unwrap_or_default().trim().trim_end_matches(" kB").parse()?;
        Ok(kib << 10)
    }

    /// Its open files, sockets and all.
    pub(crate) fn descriptors(&self) -> Result<usize> {
        Ok(std::fs::read_dir(self.file("fd"))?.count())
    }

    /// Its sockets, that of the listener too.
    pub(crate) fn sockets(&self) -> Result<usize> {
        let files = std::fs::read_dir(self.file("fd"))?;
        let targets = files.filter_map(|file| std::fs::read_link(file.ok()?.path()).ok());
        Ok(targets.filter(|target| target.to_string_lossy().starts_with("socket:")).count())
    }

    /// Asks it to stop.
    pub(crate) fn terminate(&self) -> Result<()> {
        let asked = Command::new("kill").args(["-s", "TERM", &self.0.id().to_string()]).status()?;
        if asked.success() { Ok(()) } else { Err("the server cannot be asked to stop".into()) }
    }

    /// Its exit code, if it has ended by itself.
    pub(crate) fn exit_code(&mut self) -> Result<Option<Option<i32>>> {
        Ok(self.0.try_wait()?.map(|status| status.code()))
    }

    /// Ends it as a power button would.
    pub(crate) fn kill(mut self) -> Result<()> {
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }
}
