//! Mercure: server-sent events, a connection of HTTP/1.1 for each subscriber.

use std::net::SocketAddr;
use std::ops::Range;
use std::process::Command;
use std::sync::Arc;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Crowd, Doing, Place, Publisher, Readers, Target, Wanted};
use crate::Result;
use crate::hub::free_address;
use crate::load::{Load, PAYLOAD, number, payload, topic};
use crate::process::Process;
use crate::seen::{Seen, Times};
use crate::traffic::{Counted, Traffic};
use crate::wire::pump::{Dialect, Pump, reach, run_all};

/// A token of nobody's that may publish everything, signed with `KEY`.
const TOKEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJtZXJjdXJlIjp7InB1Ymxpc2giOlsiKiJdfX0.y54wgnLpwRmYmbQlWM9-aAj63CLFOTTXeDAXnYEdBXE";
const KEY: &str = "not a secret: this hub serves one benchmark on loopback";

pub(crate) struct Mercure {
    process: Process,
    address: SocketAddr,
    traffic: Traffic,
}

impl Mercure {
    pub(crate) async fn start(place: &Place) -> Result<Self> {
        let address = free_address()?;
        let file = place.data.join("Caddyfile");
        let database = place.data.join("mercure.db");
        let settings = format!(
            "{{\n auto_https off\n admin off\n persist_config off\n log {{\n  output discard\n }}\n}}\nhttp://{address} {{\n mercure {{\n  publisher_jwt \"{KEY}\"\n  anonymous\n  transport bolt {{\n   path {database:?}\n  }}\n }}\n}}\n"
        );
        std::fs::write(&file, settings)?;
        let mut started = Command::new(place.program("mercure"));
        started.arg("run").arg("--adapter").arg("caddyfile").arg("--config").arg(file);
        started.env("HOME", &place.data).stderr(std::process::Stdio::null());
        let process = Process::start(&mut started)?;
        let mercure = Self { process, address, traffic: Traffic::default() };
        mercure.connect().await?;
        Ok(mercure)
    }

    async fn connect(&self) -> Result<Counted> {
        reach(self.address, &self.traffic).await
    }

    /// A connection that hears of a topic, or of all; what was read beyond the header.
    async fn listen(&self, topic: &str) -> Result<(Counted, BytesMut)> {
        let mut stream = self.connect().await?;
        let request = format!(
            "GET /.well-known/mercure?topic={topic} HTTP/1.1\r\nHost: {}\r\n\r\n",
            self.address
        );
        stream.write_all(request.as_bytes()).await?;
        let mut input = BytesMut::new();
        while header(&input).is_none() {
            if stream.read_buf(&mut input).await? == 0 {
                return Err("mercure has closed the connection".into());
            }
        }
        if !input.starts_with(b"HTTP/1.1 200") {
            return Err(format!("mercure: {}", String::from_utf8_lossy(&input)).into());
        }
        Ok((stream, input))
    }
}

/// Where the header ends.
fn header(input: &[u8]) -> Option<usize> {
    input.windows(4).position(|text| text == b"\r\n\r\n").map(|at| at + 4)
}

/// Publishing, a request an event.
#[derive(Clone)]
struct Posts(SocketAddr);

impl Dialect for Posts {
    fn write(&mut self, events: Range<usize>, load: &Load, out: &mut Vec<u8>) {
        for number in events {
            let data = payload(number);
            let body = format!(
                "topic={}&data={}",
                topic(number % load.topics, '/'),
                String::from_utf8_lossy(&data)
            );
            let post = format!(
                "POST /.well-known/mercure HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
                self.0,
                body.len()
            );
            out.extend_from_slice(post.as_bytes());
        }
    }

    fn answers(&mut self, input: &mut BytesMut, _: &mut Vec<u8>) -> Result<usize> {
        let mut answered = 0;
        while let Some(end) = header(input) {
            let head = String::from_utf8_lossy(input.get(..end).unwrap_or_default()).to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.unwrap_or("0").trim().parse()?;
            if !head.starts_with("http/1.1 200") {
                return Err(format!("mercure: {head}").into());
            }
            if input.len() < end + length {
                break;
            }
            input.advance(end + length);
            answered += 1;
        }
        Ok(answered)
    }
}

impl Target for Mercure {
    fn process(&self) -> &Process {
        &self.process
    }

    fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    fn settings(&self) -> String {
        "transport bolt, anonymous subscribers, no log, HTTP/1.1".into()
    }

    fn publish<'a>(&'a self, load: &'a Load) -> Doing<'a, Times> {
        Box::pin(async move {
            let mut pumps = Vec::new();
            // HTTP/1.1: a request at a time on a connection.
            for _ in 0..load.in_flight.min(64) {
                pumps.push(Pump::new(self.connect().await?, Posts(self.address)));
            }
            let load = Load { connections: load.in_flight, ..load.clone() };
            run_all(pumps, &load).await
        })
    }

    fn publisher(&self) -> Doing<'_, Box<dyn Publisher>> {
        Box::pin(async move {
            let pump = Pump::new(self.connect().await?, Posts(self.address));
            Ok(Box::new(pump) as Box<dyn Publisher>)
        })
    }

    fn subscribe<'a>(&'a self, crowd: Crowd, seen: &'a Arc<Seen>) -> Doing<'a, Readers> {
        Box::pin(async move {
            let mut readers = Readers::new();
            for subscriber in 0..crowd.subscribers {
                let topic = match crowd.wanted {
                    Wanted::All => "*".to_owned(),
                    Wanted::Own => format!("idle/{subscriber}"),
                };
                let (stream, input) = self.listen(&topic).await?;
                readers.spawn(events(stream, input, Arc::clone(seen)));
            }
            Ok(readers)
        })
    }

    fn catch_up(&self, _: usize) -> Doing<'_, ()> {
        Box::pin(async { Err("not measured".into()) })
    }
}

async fn events(mut stream: Counted, mut input: BytesMut, seen: Arc<Seen>) -> Result<()> {
    let mut numbers = Vec::new();
    loop {
        while let Some(end) = input.iter().position(|&byte| byte == b'\n') {
            let line = input.get(..end).unwrap_or_default();
            if let Some(data) = line.strip_prefix(b"data: ")
                && data.len() >= PAYLOAD
            {
                numbers.push(number(data)?);
            }
            input.advance(end + 1);
        }
        if !numbers.is_empty() {
            seen.hold(numbers.drain(..));
        }
        if stream.read_buf(&mut input).await? == 0 {
            return Err("mercure has closed the connection".into());
        }
    }
}
