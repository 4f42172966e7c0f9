//! NATS JetStream: one stream of everything, on disk, and an ordered consumer for each subscriber.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::nats::{DATA, Nats, listen};
use super::{Crowd, Doing, Place, Publisher, Readers, Target, Wanted};
use crate::Result;
use crate::load::Load;
use crate::process::Process;
use crate::seen::{Seen, Times};
use crate::traffic::{Counted, Traffic};
use crate::wire::nats::{Said, next};

/// The stream, with more consumers than a server of today allows by default.
const STREAM: &str =
    r#"{"name":"BENCH","subjects":["bench.>","idle.>"],"storage":"file","max_consumers":200000}"#;

pub(crate) struct JetStream(Nats);

impl JetStream {
    pub(crate) async fn start(place: &Place, synced: bool) -> Result<Self> {
        let sync = if synced { ", sync_interval: always" } else { "" };
        let settings = format!("jetstream {{ store_dir: {DATA}{sync} }}");
        let jetstream = Self(Nats::start(place, settings).await?);
        let inbox = jetstream.0.inbox();
        let mut stream = jetstream.0.connect(format!("SUB {inbox} 1\r\n").as_bytes()).await?;
        let create =
            format!("PUB $JS.API.STREAM.CREATE.BENCH {inbox} {}\r\n{STREAM}\r\n", STREAM.len());
        ask(&mut stream, &create, 1).await?;
        Ok(jetstream)
    }

    /// A connection with its consumers, each delivering to a subject of its own.
    async fn consumers(
        &self,
        crowd: Crowd,
        nth: usize,
        policy: &str,
        seen: &Arc<Seen>,
    ) -> Result<Readers> {
        let inbox = self.0.inbox();
        let (mut subjects, mut requests, mut count) =
            (format!("SUB {inbox} 1\r\n"), String::new(), 0);
        for subscriber in crowd.of_connection(nth) {
            let _ = write!(subjects, "SUB deliver.{subscriber} {}\r\n", subscriber + 2);
            let filter = match crowd.wanted {
                Wanted::All => "bench.>".to_owned(),
                Wanted::Own => format!("idle.{subscriber}"),
            };
            let request = format!(
                r#"{{"stream_name":"BENCH","config":{{"deliver_subject":"deliver.{subscriber}","deliver_policy":"{policy}","filter_subject":"{filter}","ack_policy":"none","max_deliver":1,"flow_control":true,"idle_heartbeat":5000000000,"mem_storage":true,"num_replicas":1,"inactive_threshold":300000000000}}}}"#
            );
            let _ = write!(
                requests,
                "PUB $JS.API.CONSUMER.CREATE.BENCH {inbox} {}\r\n{request}\r\n",
                request.len()
            );
            count += 1;
        }
        let mut stream = self.0.connect(subjects.as_bytes()).await?;
        // What an eager consumer is sent while others are made is counted by who listens, so one listens from now on.
        let mut readers = Readers::new();
        if policy == "new" {
            ask(&mut stream, &requests, count).await?;
        } else {
            stream.write_all(requests.as_bytes()).await?;
        }
        readers.spawn(listen(stream, Arc::clone(seen)));
        Ok(readers)
    }
}

/// Asks the API, and waits for all answers.
async fn ask(stream: &mut Counted, requests: &str, count: usize) -> Result<()> {
    stream.write_all(requests.as_bytes()).await?;
    let (mut input, mut answered) = (BytesMut::new(), 0);
    while answered < count {
        if stream.read_buf(&mut input).await? == 0 {
            return Err("nats has closed the connection".into());
        }
        while let Some((said, length)) = next(&input)? {
            if let Said::Message { data, header, .. } = said
                && header.is_empty()
            {
                let text = String::from_utf8_lossy(data);
                if text.contains("\"error\"") {
                    return Err(format!("nats: {text}").into());
                }
                answered += 1;
            }
            input.advance(length);
        }
    }
    Ok(())
}

impl Target for JetStream {
    fn process(&self) -> &Process {
        self.0.process()
    }

    fn traffic(&self) -> &Traffic {
        self.0.traffic()
    }

    fn settings(&self) -> String {
        format!("{}; stream {STREAM}", self.0.settings())
    }

    fn publish<'a>(&'a self, load: &'a Load) -> Doing<'a, Times> {
        Box::pin(self.0.flood(load, true))
    }

    fn publisher(&self) -> Doing<'_, Box<dyn Publisher>> {
        Box::pin(async move { Ok(Box::new(self.0.pump(true).await?) as Box<dyn Publisher>) })
    }

    fn subscribe<'a>(&'a self, crowd: Crowd, seen: &'a Arc<Seen>) -> Doing<'a, Readers> {
        Box::pin(async move {
            let mut readers = Readers::new();
            for nth in 0..crowd.connections {
                let mut of_one = self.consumers(crowd, nth, "new", seen).await?;
                readers.spawn(async move { of_one.join_next().await.ok_or("no reader")?? });
            }
            Ok(readers)
        })
    }

    fn catch_up(&self, events: usize) -> Doing<'_, ()> {
        Box::pin(async move {
            let seen = Arc::new(Seen::new(0, events));
            let _readers = self.consumers(Crowd::of(1, 1), 0, "all", &seen).await?;
            let done = seen.all(Duration::from_secs(120)).await;
            if done { Ok(()) } else { Err(format!("{} events of {events}", seen.count()).into()) }
        })
    }
}
