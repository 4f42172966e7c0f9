//! A hub in a process of its own, which comes back at the same address after it was killed.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use hintwire::client::Client;
use tonic::transport::{Channel, Endpoint};

/// A running hub; killed when dropped.
pub struct Hub {
    address: SocketAddr,
    data: PathBuf,
    settings: Vec<String>,
    child: Child,
}

impl Hub {
    /// Starts a hub on a directory, with settings for its command line.
    pub fn start(data: PathBuf, settings: &[&str]) -> Self {
        let address = free_address();
        let settings: Vec<String> = settings.iter().map(|word| (*word).to_owned()).collect();
        let child = serve(&[], address, &data, &settings);
        Self { address, data, settings, child }
    }

    /// A client on a connection of its own, which is made anew when it is lost.
    pub fn client(&self) -> Client {
        Client::new(self.channel())
    }

    /// Such a connection.
    pub fn channel(&self) -> Channel {
        Endpoint::from_shared(self.url()).unwrap().connect_lazy()
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Kills it with SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again on the same directory, at the same address; returns when it listens.
    pub fn restart(&mut self) {
        self.restart_under(&[]);
    }

    /// The same by a command that runs the command behind it.
    pub fn restart_under(&mut self, command: &[&str]) {
        self.child = serve(command, self.address, &self.data, &self.settings);
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address whose port no outgoing connection takes while the hub is down: those have ports of their own range, and
/// one to a port of that range may even meet itself.
fn free_address() -> SocketAddr {
    let addresses = std::iter::repeat_with(|| (Ipv4Addr::LOCALHOST, fastrand::u16(10_000..30_000)));
    let free = addresses.map(SocketAddr::from).find(|address| TcpListener::bind(address).is_ok());
    free.unwrap()
}

/// Returns when it has said where it listens.
fn serve(under: &[&str], address: SocketAddr, data: &PathBuf, settings: &[String]) -> Child {
    let binary = env!("CARGO_BIN_EXE_hintwire");
    let mut words = under.iter().copied().chain([binary]);
    let mut command = Command::new(words.next().unwrap());
    command.args(words).args(["serve", "--listen", &address.to_string(), "--data"]).arg(data);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("HINTWIRE_CRASH")) {
        command.env_remove(name);
    }
    let errors = tempfile::NamedTempFile::new().unwrap();
    command.args(settings).stdout(Stdio::piped()).stderr(errors.reopen().unwrap());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let says = |errors| std::fs::read_to_string(errors).unwrap();
    assert!(line.contains(&address.to_string()), "no hub: {}", says(errors.path()));
    child
}
