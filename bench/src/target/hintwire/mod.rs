//! Hintwire over gRPC: published with single calls or over PublishStream; followed by hint and fetch, or hints alone.

mod follow;
mod publish;
mod stream;

use std::sync::Arc;

use tokio::task::JoinSet;
use tokio_stream::wrappers::UnboundedReceiverStream;

use super::{Crowd, Doing, Place, Publisher, Readers, Target, Wanted};
use crate::Result;
use crate::hub::{Client, Hub};
use crate::load::Load;
use crate::process::Process;
use crate::seen::{Seen, Times, Watch};
use crate::traffic::Traffic;

pub(crate) use follow::{Page, confirmed, read_all};
pub(crate) use publish::read_back;

/// The way in which events come and go.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// A call for each publication; hint, then fetch.
    Calls,
    /// PublishStream; hint, then fetch.
    Stream,
    /// PublishStream; hints alone, nothing is fetched.
    Hints,
}

pub(crate) struct Hintwire {
    hub: Hub,
    way: Way,
}

/// More than the default: the crowd of a benchmark comes from one address.
const SETTINGS: [&str; 6] =
    ["--connections", "15000", "--connections-per-peer", "15000", "--streams", "1100000"];

impl Hintwire {
    pub(crate) async fn start(place: &Place, way: Way) -> Result<Self> {
        let hub = Hub::start_after("", &place.hintwire, &place.data, &SETTINGS).await?;
        Ok(Self { hub, way })
    }
}

impl Target for Hintwire {
    fn process(&self) -> &Process {
        self.hub.process()
    }

    fn hub(&self) -> Option<&Hub> {
        Some(&self.hub)
    }

    fn traffic(&self) -> &Traffic {
        self.hub.traffic()
    }

    fn settings(&self) -> String {
        SETTINGS.join(" ")
    }

    fn publish<'a>(&'a self, load: &'a Load) -> Doing<'a, Times> {
        Box::pin(async move {
            let (mut tasks, taken) = (JoinSet::new(), Watch::new());
            for _ in 0..load.connections {
                let client = self.hub.client().await?;
                if self.way != Way::Calls {
                    tasks.spawn(stream::publish(client, load.clone(), taken.clone()));
                    continue;
                }
                for _ in 0..load.window() {
                    tasks.spawn(publish::calls(client.clone(), load.clone(), taken.clone()));
                }
            }
            tasks.join_all().await.into_iter().collect::<Result<()>>()?;
            taken.times()
        })
    }

    fn publisher(&self) -> Doing<'_, Box<dyn Publisher>> {
        Box::pin(async move {
            let client = self.hub.client().await?;
            if self.way == Way::Calls {
                return Ok(Box::new(client) as Box<dyn Publisher>);
            }
            let (sender, requests) = tokio::sync::mpsc::unbounded_channel();
            let mut client = client;
            let answers = client.publish_stream(UnboundedReceiverStream::new(requests)).await?;
            Ok(Box::new(stream::OneByOne { sender, answers: answers.into_inner() })
                as Box<dyn Publisher>)
        })
    }

    fn subscribe<'a>(&'a self, crowd: Crowd, seen: &'a Arc<Seen>) -> Doing<'a, Readers> {
        Box::pin(async move {
            let mut readers = Readers::new();
            for nth in 0..crowd.connections {
                let client = self.hub.client().await?;
                let topics: Vec<String> =
                    crowd.of_connection(nth).map(|nth| wanted(crowd, nth)).collect();
                for topics in topics.chunks(crowd.per_stream) {
                    let hints = confirmed(client.clone(), topics.to_vec()).await?;
                    let seen = Arc::clone(seen);
                    if self.way == Way::Hints {
                        readers.spawn(follow::hints(hints, seen));
                    } else {
                        readers.spawn(follow::follow(client.clone(), topics.to_vec(), hints, seen));
                    }
                }
            }
            Ok(readers)
        })
    }

    fn catch_up(&self, events: usize) -> Doing<'_, ()> {
        Box::pin(async move {
            let mut client: Client = self.hub.client().await?;
            let read = read_all(&mut client, "**", |_| Ok(())).await?;
            if read == events { Ok(()) } else { Err(format!("{read} events of {events}").into()) }
        })
    }
}

fn wanted(crowd: Crowd, subscriber: usize) -> String {
    match crowd.wanted {
        Wanted::All => "bench/**".to_owned(),
        Wanted::Own => format!("idle/{subscriber}"),
    }
}
