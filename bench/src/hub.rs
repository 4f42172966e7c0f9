//! The hub under test.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use hintwire::v1;
use hintwire::v1::hub_service_client::HubServiceClient;
use hyper_util::rt::TokioIo;
use tonic::transport::{Channel, Endpoint};
use tower::service_fn;

use crate::Result;
use crate::process::Process;
use crate::traffic::{self, Traffic};

pub(crate) type Client = HubServiceClient<Channel>;

/// A running hub; killed when dropped.
pub(crate) struct Hub {
    process: Process,
    address: SocketAddr,
    traffic: Traffic,
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
        Self::at(free_address()?, prepared, binary, data, settings).await
    }

    /// Starts a hub where one was before.
    pub(crate) async fn start_at(address: SocketAddr, binary: &Path, data: &Path) -> Result<Self> {
        Self::at(address, "", binary, data, &[]).await
    }

    async fn at(
        address: SocketAddr,
        prepared: &str,
        binary: &Path,
        data: &Path,
        settings: &[&str],
    ) -> Result<Self> {
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!("{prepared}\nexec \"$0\" \"$@\"")])
            .arg(binary)
            .args(["serve", "--listen", &address.to_string(), "--data"])
            .arg(data)
            .args(settings)
            .env("HINTWIRE_LOG_LEVEL", "warn");
        let process = Process::start(&mut command)?;
        let hub = Self { process, address, traffic: Traffic::default() };
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

    /// Its process.
    pub(crate) fn process(&self) -> &Process {
        &self.process
    }

    /// What the connections to it have carried.
    pub(crate) fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How to connect to it.
    pub(crate) fn endpoint(&self) -> Result<Endpoint> {
        endpoint(self.address)
    }

    /// A connection of its own, whose bytes are counted.
    pub(crate) async fn channel(&self) -> Result<Channel> {
        let (address, traffic) = (self.address, self.traffic.clone());
        let connect = service_fn(move |_| {
            let traffic = traffic.clone();
            async move {
                Ok::<_, std::io::Error>(TokioIo::new(traffic::connect(address, traffic).await?))
            }
        });
        Ok(self.endpoint()?.connect_with_connector(connect).await?)
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
        self.process.cpu()
    }

    /// Bytes of memory that the hub holds.
    pub(crate) fn memory(&self) -> Result<u64> {
        self.process.memory()
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
        self.process.sockets()
    }

    /// Asks it to stop.
    pub(crate) fn terminate(&self) -> Result<()> {
        self.process.terminate()
    }

    /// Waits for its end; its exit code, or `None` if it does not end within `patience` or was killed.
    pub(crate) async fn ended(&mut self, patience: Duration) -> Result<Option<i32>> {
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if let Some(code) = self.process.exit_code()? {
                return Ok(code);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(None)
    }

    /// Ends the hub as a power button would end its process.
    pub(crate) fn kill(self) -> Result<()> {
        self.process.kill()
    }
}

/// An address of this machine where nobody listens.
pub(crate) fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// How to connect to a hub, or to what stands before one: with windows that it never fills.
pub(crate) fn endpoint(address: SocketAddr) -> Result<Endpoint> {
    let endpoint = Endpoint::from_shared(format!("http://{address}"))?;
    Ok(endpoint.initial_stream_window_size(4 << 20).initial_connection_window_size(16 << 20))
}

/// An event that says which one it is.
pub(crate) fn event(topic: String, number: usize) -> v1::Event {
    v1::Event { topic, data: crate::load::payload(number).to_vec().into(), ..Default::default() }
}
