//! The hub under test, as a process of its own, and what the kernel says of it.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hintwire::v1;
use hintwire::v1::hub_service_client::HubServiceClient;
use tonic::transport::{Channel, Endpoint};

use crate::Result;

pub(crate) type Client = HubServiceClient<Channel>;

/// A running hub; killed when dropped.
pub(crate) struct Hub {
    child: Child,
    address: SocketAddr,
}

impl Drop for Hub {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Hub {
    /// Starts a hub on a directory and waits until it answers.
    pub(crate) async fn start(binary: &Path, data: &Path) -> Result<Self> {
        Self::start_after("", binary, data, &[]).await
    }

    /// The same with more settings, from a shell that has done something before, such as to limit itself.
    pub(crate) async fn start_after(
        prepared: &str,
        binary: &Path,
        data: &Path,
        settings: &[&str],
    ) -> Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let child = Command::new("sh")
            .args(["-c", &format!("{prepared}\nexec \"$0\" \"$@\"")])
            .arg(binary)
            .args(["serve", "--listen", &address.to_string(), "--data"])
            .arg(data)
            .args(settings)
            .env("HINTWIRE_LOG_LEVEL", "warn")
            .stdout(Stdio::null())
            .spawn()?;
        let hub = Self { child, address };
        hub.answers().await?;
        Ok(hub)
    }

    async fn answers(&self) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(60);
        while Instant::now() < deadline {
            if let Ok(mut client) = self.client().await {
                client.get_hub(v1::GetHubRequest {}).await?;
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Err("the hub does not answer".into())
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How to connect to it.
    pub(crate) fn endpoint(&self) -> Result<Endpoint> {
        endpoint(self.address)
    }

    /// A connection of its own.
    pub(crate) async fn channel(&self) -> Result<Channel> {
        Ok(self.endpoint()?.connect().await?)
    }

    /// A client on a connection of its own.
    pub(crate) async fn client(&self) -> Result<Client> {
        Ok(Client::new(self.channel().await?).max_decoding_message_size(32 << 20))
    }

    /// Clients on connections of their own.
    pub(crate) async fn clients(&self, count: usize) -> Result<Vec<Client>> {
        let mut clients = Vec::with_capacity(count);
        for _ in 0..count {
            clients.push(self.client().await?);
        }
        Ok(clients)
    }

    /// CPU time that the hub has used, user and system.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let after_name = stat.rsplit(')').next().unwrap_or_default();
        let ticks: u64 =
            after_name.split_whitespace().skip(11).take(2).flat_map(str::parse::<u64>).sum();
        // Linux counts in hundredths of a second on every machine of today.
        Ok(Duration::from_millis(ticks * 10))
    }

    /// Bytes of memory that the hub holds.
    pub(crate) fn memory(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib: u64 = line.unwrap_or_default().trim().trim_end_matches(" kB").parse()?;
        Ok(kib << 10)
    }

    /// Bytes that the kernel holds for its peers, since they have not taken them.
    pub(crate) fn unsent(&self) -> Result<u64> {
        let table = std::fs::read_to_string("/proc/net/tcp")?;
        let port = format!(":{:04X}", self.address.port());
        let queued = table.lines().skip(1).filter_map(|line| {
            let mut fields = line.split_whitespace().skip(1);
            let is_its = fields.next()?.ends_with(&port);
            let (unsent, _) = fields.nth(2)?.split_once(':')?;
            is_its.then(|| u64::from_str_radix(unsent, 16).ok()).flatten()
        });
        Ok(queued.sum())
    }

    /// Its sockets, that of the listener too.
    pub(crate) fn sockets(&self) -> Result<usize> {
        let files = std::fs::read_dir(format!("/proc/{}/fd", self.child.id()))?;
        let targets = files.filter_map(|file| std::fs::read_link(file.ok()?.path()).ok());
        Ok(targets.filter(|target| target.to_string_lossy().starts_with("socket:")).count())
    }

    /// Asks it to stop.
    pub(crate) fn terminate(&self) -> Result<()> {
        let asked =
            Command::new("kill").args(["-s", "TERM", &self.child.id().to_string()]).status()?;
        if asked.success() { Ok(()) } else { Err("the hub cannot be asked to stop".into()) }
    }

    /// Waits for its end; its exit code, or `None` if it does not end within `patience` or was killed.
    pub(crate) async fn ended(&mut self, patience: Duration) -> Result<Option<i32>> {
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status.code());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(None)
    }

    /// Ends the hub as a power button would end its process.
    pub(crate) fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

/// How to connect to a hub, or to what stands before one: with windows that it never fills.
pub(crate) fn endpoint(address: SocketAddr) -> Result<Endpoint> {
    let endpoint = Endpoint::from_shared(format!("http://{address}"))?;
    Ok(endpoint.initial_stream_window_size(4 << 20).initial_connection_window_size(16 << 20))
}

/// An event of 256 bytes of data that says which one it is.
pub(crate) fn event(topic: String, number: usize) -> v1::Event {
    let mut data = vec![b'.'; 256];
    data.splice(..8, (number as u64).to_be_bytes());
    v1::Event { topic, data: data.into(), ..Default::default() }
}

/// Prints a figure.
pub(crate) fn report(what: &str, value: impl std::fmt::Display) {
    println!("{what:<58} {value}");
}

/// Prints a rate, with the server CPU that each operation took.
pub(crate) fn report_rate(what: &str, operations: usize, took: Duration, cpu: Duration) {
    let rate = operations as f64 / took.as_secs_f64();
    let each = cpu.as_secs_f64() * 1e6 / operations as f64;
    report(what, format!("{rate:>10.0} /s  {each:>7.2} µs server CPU each"));
}
