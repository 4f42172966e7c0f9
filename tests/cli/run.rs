//! Running the binary.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use serde_json::Value;

/// The binary with arguments, free of settings from outside.
pub fn hintwire<S: AsRef<std::ffi::OsStr>>(args: &[S]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hintwire"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("HINTWIRE_")) {
        command.env_remove(name);
    }
    command.args(args);
    command
}

/// A running hub; killed when dropped.
#[derive(Debug)]
pub struct Hub {
    child: Child,
    pub url: String,
}

impl Hub {
    /// Starts a hub on a directory and waits until it says where it listens.
    pub fn start(data: &Path) -> Self {
        Self::start_at(data, "127.0.0.1:0")
    }

    /// The same at an address of one's choice, to come back after a crash.
    pub fn start_at(data: &Path, address: &str) -> Self {
        let mut command = hintwire(&["serve", "--listen", address, "--data"]);
        command.arg(data);
        Self::of(command)
    }

    /// Starts a hub in memory, for what does not need a disk.
    pub fn ephemeral() -> Self {
        Self::of(hintwire(&["serve", "--listen", "127.0.0.1:0", "--ephemeral"]))
    }

    /// Starts a hub by a command that must get it to listen.
    pub fn of(command: Command) -> Self {
        Self::try_of(command).unwrap_or_else(|ended| panic!("no hub: {ended:?}"))
    }

    /// Starts a hub by a command and waits until it says where it listens, or how it ended instead.
    pub fn try_of(mut command: Command) -> Result<Self, Ended> {
        let errors = tempfile::NamedTempFile::new().unwrap();
        command.stderr(errors.reopen().unwrap()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut out = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut out).unwrap();
        if let Some(url) = out.trim_end().strip_prefix("listening on ") {
            return Ok(Self { child, url: url.into() });
        }
        let code = child.wait().unwrap().code();
        Err(Ended { code, out, err: std::fs::read_to_string(errors.path()).unwrap() })
    }

    /// The id of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = hintwire(args);
        command.env("HINTWIRE_URL", &self.url);
        command
    }

    pub fn run(&self, args: &[&str]) -> Ended {
        Ended::of(self.command(args).output().unwrap())
    }

    pub fn run_with_input(&self, args: &[&str], input: &[u8]) -> Ended {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that ends early does not read it all.
        _ = child.stdin.take().unwrap().write_all(input);
        Ended::of(child.wait_with_output().unwrap())
    }

    /// Publishes JSON lines, which must succeed.
    pub fn publish_lines(&self, lines: &str) {
        self.run_with_input(&["publish", "--jsonl", "-"], lines.as_bytes()).ok();
    }

    pub fn signal(&self, name: &str) {
        let id = self.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Asks it to stop; its exit code.
    pub fn stop(mut self) -> Option<i32> {
        self.signal("TERM");
        self.child.wait().unwrap().code()
    }

    /// Kills it, as a crash would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// What a command left.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ended {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Its output, if it succeeded.
    pub fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.out
    }

    /// Asserts that it failed with a code and said certain words.
    pub fn failed(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:?}");
        for word in words {
            assert!(self.err.contains(word), "no `{word}` in {self:?}");
        }
    }

    /// Its JSON lines, if it succeeded.
    pub fn json(self) -> Vec<Value> {
        self.ok().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// A command whose output is read while it runs; killed when dropped.
pub struct Running {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Running {
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self { child, out }
    }

    /// Waits for the next line.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    pub fn json(&mut self) -> Value {
        serde_json::from_str(&self.line()).unwrap()
    }

    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// Waits in slices until something holds.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = std::time::Instant::now();
    while !holds() {
        assert!(start.elapsed().as_secs() < 60, "{what} never came");
        std::thread::yield_now();
    }
}
