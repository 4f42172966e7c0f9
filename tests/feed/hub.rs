//! The real binary, in a process of its own, that can be killed and started again at the same address.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use hintwire::client::Client;

/// A running hub; killed when dropped.
pub struct Hub {
    address: SocketAddr,
    data: PathBuf,
    settings: Vec<String>,
    child: Child,
}

impl Hub {
    /// Starts a hub on a directory, at a free port.
    pub fn start(data: PathBuf, settings: &[&str]) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let settings: Vec<_> = settings.iter().map(ToString::to_string).collect();
        let child = serve(address, &data, &settings);
        Self { address, data, settings, child }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A client on a connection of its own, which is made anew when it is lost.
    pub fn client(&self) -> Client {
        Client::connect_lazy(&self.url()).unwrap()
    }

    /// Kills it with SIGKILL and starts it again on the same directory, at the same address.
    pub fn kill_and_restart(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.child = serve(self.address, &self.data, &self.settings);
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns when it has said where it listens.
fn serve(address: SocketAddr, data: &std::path::Path, settings: &[String]) -> Child {
    let mut child = Command::new(env!("CARGO_BIN_EXE_hintwire"))
        .args(["serve", "--listen", &address.to_string(), "--data"])
        .arg(data)
        .args(settings)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains(&address.to_string()), "it says where it listens: {line}");
    child
}
