//! NATS, alone or with JetStream: connections, and the subscriptions of its core.

use std::fmt::Write;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Crowd, Doing, Place, Publisher, Readers, Target, Wanted};
use crate::Result;
use crate::hub::free_address;
use crate::load::{Load, PAYLOAD, number};
use crate::process::Process;
use crate::seen::{Seen, Times};
use crate::traffic::{Counted, Traffic};
use crate::wire::nats::{self, Said, greet, next};
use crate::wire::pump::{Pump, reach, run_all};

/// Stands for the folder of its data in what is said of its settings.
pub(super) const DATA: &str = "DATA";

pub(crate) struct Nats {
    process: Process,
    address: SocketAddr,
    traffic: Traffic,
    settings: String,
    inboxes: AtomicUsize,
}

impl Nats {
    /// Starts it with more lines of configuration.
    pub(crate) async fn start(place: &Place, settings: String) -> Result<Self> {
        let address = free_address()?;
        let file = place.data.join("nats.conf");
        let lines = settings.replace(DATA, &format!("{:?}", place.data));
        std::fs::write(&file, format!("listen: \"{address}\"\n{lines}\n"))?;
        let mut started = Command::new(place.program("nats-server"));
        started.arg("-c").arg(file).args(["-l", "/dev/null"]);
        let process = Process::start(&mut started)?;
        let nats = Self {
            process,
            address,
            traffic: Traffic::default(),
            settings,
            inboxes: AtomicUsize::new(0),
        };
        nats.connect(b"").await?;
        Ok(nats)
    }

    /// A connection that has said this.
    pub(super) async fn connect(&self, more: &[u8]) -> Result<Counted> {
        let mut stream = reach(self.address, &self.traffic).await?;
        greet(&mut stream, more).await?;
        Ok(stream)
    }

    /// A subject of one's own for answers.
    pub(super) fn inbox(&self) -> String {
        format!("_INBOX.{}", self.inboxes.fetch_add(1, Relaxed))
    }

    /// A connection that publishes.
    pub(super) async fn pump(&self, jetstream: bool) -> Result<Pump<nats::Nats>> {
        let inbox = jetstream.then(|| self.inbox());
        let more = inbox.as_ref().map(|inbox| format!("SUB {inbox} 1\r\n")).unwrap_or_default();
        Ok(Pump::new(self.connect(more.as_bytes()).await?, nats::Nats { inbox }))
    }

    /// Publishes over connections of its own.
    pub(super) async fn flood(&self, load: &Load, jetstream: bool) -> Result<Times> {
        let mut pumps = Vec::new();
        for _ in 0..load.connections {
            pumps.push(self.pump(jetstream).await?);
        }
        run_all(pumps, load).await
    }
}

impl Target for Nats {
    fn process(&self) -> &Process {
        &self.process
    }

    fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    fn settings(&self) -> String {
        self.settings.clone()
    }

    fn publish<'a>(&'a self, load: &'a Load) -> Doing<'a, Times> {
        Box::pin(self.flood(load, false))
    }

    fn publisher(&self) -> Doing<'_, Box<dyn Publisher>> {
        Box::pin(async move { Ok(Box::new(self.pump(false).await?) as Box<dyn Publisher>) })
    }

    fn subscribe<'a>(&'a self, crowd: Crowd, seen: &'a Arc<Seen>) -> Doing<'a, Readers> {
        Box::pin(async move {
            let mut readers = Readers::new();
            for nth in 0..crowd.connections {
                let mut more = String::new();
                for subscriber in crowd.of_connection(nth) {
                    let _ = match crowd.wanted {
                        Wanted::All => write!(more, "SUB bench.> {subscriber}\r\n"),
                        Wanted::Own => write!(more, "SUB idle.{subscriber} {subscriber}\r\n"),
                    };
                }
                let stream = self.connect(more.as_bytes()).await?;
                readers.spawn(listen(stream, Arc::clone(seen)));
            }
            Ok(readers)
        })
    }

    fn catch_up(&self, _: usize) -> Doing<'_, ()> {
        Box::pin(async { Err("nothing is kept".into()) })
    }
}

/// Takes what is delivered, and answers what the server asks.
pub(super) async fn listen(mut stream: Counted, seen: Arc<Seen>) -> Result<()> {
    let (mut input, mut output, mut numbers) = (BytesMut::new(), Vec::new(), Vec::new());
    loop {
        while let Some((said, length)) = next(&input)? {
            match said {
                Said::Ping => output.extend_from_slice(b"PONG\r\n"),
                // Flow control: the server goes on when it hears that it was read so far.
                Said::Message { header, reply, .. }
                    if header.starts_with(b"NATS/1.0 100") && !reply.is_empty() =>
                {
                    output.extend_from_slice(b"PUB ");
                    output.extend_from_slice(reply);
                    output.extend_from_slice(b" 0\r\n\r\n");
                }
                Said::Message { data, .. } if data.len() == PAYLOAD => numbers.push(number(data)?),
                _ => {}
            }
            input.advance(length);
        }
        if !numbers.is_empty() {
            seen.hold(numbers.drain(..));
        }
        if !output.is_empty() {
            stream.write_all(&output).await?;
            output.clear();
        }
        input.reserve(1 << 16);
        if stream.read_buf(&mut input).await? == 0 {
            return Err("nats has closed the connection".into());
        }
    }
}
