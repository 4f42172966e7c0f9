//! Redis: Streams, synced with every command, or Pub/Sub.

use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Crowd, Doing, Place, Publisher, Readers, Target, Wanted};
use crate::Result;
use crate::hub::free_address;
use crate::load::{Load, PAYLOAD, number};
use crate::process::Process;
use crate::seen::{Seen, Times};
use crate::traffic::{Counted, Traffic};
use crate::wire::pump::{Pump, reach, run_all};
use crate::wire::resp::{self, command, reply};

pub(crate) struct Redis {
    process: Process,
    address: SocketAddr,
    traffic: Traffic,
    streams: bool,
    settings: Vec<String>,
}

impl Redis {
    pub(crate) async fn start(place: &Place, streams: bool) -> Result<Self> {
        let address = free_address()?;
        let mut settings: Vec<String> = ["--save", ""].map(String::from).to_vec();
        let appended = ["--appendonly", "yes", "--appendfsync", "always"];
        settings.extend(
            if streams { &appended[..] } else { &["--appendonly", "no"] }
                .iter()
                .map(|&word| word.into()),
        );
        settings.extend(["--maxclients", "15000"].map(String::from));
        let mut started = Command::new(place.program("redis-server"));
        started.args(["--bind", "127.0.0.1", "--loglevel", "warning"]).args(&settings);
        started.arg("--port").arg(address.port().to_string()).arg("--dir").arg(&place.data);
        let process = Process::start(&mut started)?;
        let redis = Self { process, address, traffic: Traffic::default(), streams, settings };
        redis.connect().await?;
        Ok(redis)
    }

    async fn connect(&self) -> Result<Counted> {
        reach(self.address, &self.traffic).await
    }

    async fn pumps(&self, connections: usize) -> Result<Vec<Pump<resp::Redis>>> {
        let mut pumps = Vec::new();
        for _ in 0..connections {
            pumps.push(Pump::new(self.connect().await?, resp::Redis::new(self.streams)));
        }
        Ok(pumps)
    }
}

impl Target for Redis {
    fn process(&self) -> &Process {
        &self.process
    }

    fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    fn settings(&self) -> String {
        self.settings
            .iter()
            .map(|word| if word.is_empty() { "\"\"" } else { word })
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn publish<'a>(&'a self, load: &'a Load) -> Doing<'a, Times> {
        Box::pin(async move { run_all(self.pumps(load.connections).await?, load).await })
    }

    fn publisher(&self) -> Doing<'_, Box<dyn Publisher>> {
        Box::pin(async move {
            let pump = Pump::new(self.connect().await?, resp::Redis::new(self.streams));
            Ok(Box::new(pump) as Box<dyn Publisher>)
        })
    }

    fn subscribe<'a>(&'a self, crowd: Crowd, seen: &'a Arc<Seen>) -> Doing<'a, Readers> {
        Box::pin(async move {
            let mut readers = Readers::new();
            for nth in 0..crowd.connections {
                let mut stream = self.connect().await?;
                if self.streams {
                    readers.spawn(read(stream, "$".into(), None, Arc::clone(seen)));
                } else {
                    let topics = crowd.of_connection(nth).map(|subscriber| match crowd.wanted {
                        Wanted::All => "bench".to_owned(),
                        Wanted::Own => format!("idle/{subscriber}"),
                    });
                    let input = subscribe(&mut stream, topics.collect()).await?;
                    readers.spawn(listen(stream, input, Arc::clone(seen)));
                }
            }
            Ok(readers)
        })
    }

    fn catch_up(&self, events: usize) -> Doing<'_, ()> {
        Box::pin(async move {
            let seen = Arc::new(Seen::new(0, usize::MAX));
            read(self.connect().await?, "0".into(), Some(events), seen).await
        })
    }
}

/// Subscribes to channels, a thousand at a time; what was read beyond the answers.
async fn subscribe(stream: &mut Counted, topics: Vec<String>) -> Result<BytesMut> {
    let (mut output, mut input) = (Vec::new(), BytesMut::new());
    for topics in topics.chunks(1000) {
        let mut words = vec![&b"SUBSCRIBE"[..]];
        words.extend(topics.iter().map(|topic| topic.as_bytes()));
        command(&words, &mut output);
    }
    stream.write_all(&output).await?;
    let mut answered = 0;
    while answered < topics.len() {
        stream.read_buf(&mut input).await?;
        while let Some(length) = reply(&input, &mut |_| {})? {
            input.advance(length);
            answered += 1;
        }
    }
    Ok(input)
}

/// The numbers of the events in all replies that are there.
fn numbers(input: &mut BytesMut, last_id: &mut String) -> Result<Vec<usize>> {
    let mut numbers = Vec::new();
    let mut events = Vec::new();
    loop {
        let (mut id, mut data) = (None, Vec::new());
        let length = reply(input, &mut |text: &[u8]| {
            if text.len() == PAYLOAD {
                data.push(number(text));
            } else if text.contains(&b'-') {
                id = Some(String::from_utf8_lossy(text).into_owned());
            }
        })?;
        let Some(length) = length else { break };
        events.append(&mut data);
        if let Some(id) = id {
            *last_id = id;
        }
        input.advance(length);
    }
    for event in events {
        numbers.push(event?);
    }
    Ok(numbers)
}

async fn listen(mut stream: Counted, mut input: BytesMut, seen: Arc<Seen>) -> Result<()> {
    loop {
        seen.hold(numbers(&mut input, &mut String::new())?.into_iter());
        input.reserve(1 << 16);
        if stream.read_buf(&mut input).await? == 0 {
            return Err("redis has closed the connection".into());
        }
    }
}

/// Reads a stream after an id: for ever, or until there were so many events.
async fn read(
    mut stream: Counted,
    mut id: String,
    until: Option<usize>,
    seen: Arc<Seen>,
) -> Result<()> {
    let (mut output, mut input, mut count) = (Vec::new(), BytesMut::new(), 0);
    while until.is_none_or(|until| count < until) {
        output.clear();
        let words: [&[u8]; 8] =
            [b"XREAD", b"COUNT", b"1000", b"BLOCK", b"0", b"STREAMS", b"bench", id.as_bytes()];
        command(&words, &mut output);
        stream.write_all(&output).await?;
        let events = loop {
            input.reserve(1 << 16);
            if stream.read_buf(&mut input).await? == 0 {
                return Err("redis has closed the connection".into());
            }
            let events = numbers(&mut input, &mut id)?;
            if !events.is_empty() {
                break events;
            }
        };
        count += events.len();
        seen.hold(events.into_iter());
    }
    Ok(())
}
