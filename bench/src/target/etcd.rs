//! etcd: a put for each event, a watch for each subscriber.

use std::net::SocketAddr;
use std::ops::Range;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use hyper_util::rt::TokioIo;
use tokio::task::JoinSet;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::Streaming;
use tonic::transport::{Channel, Endpoint};
use tower::service_fn;

use super::{Crowd, Doing, Place, Publisher, Readers, Target, Wanted};
use crate::Result;
use crate::hub::free_address;
use crate::load::{Load, number, payload, topic};
use crate::process::Process;
use crate::seen::{Seen, Times, Watch};
use crate::traffic::{self, Traffic};
use crate::wire::pump::reach;

#[allow(missing_docs, clippy::all)]
mod api {
    tonic::include_proto!("etcdserverpb");
}

use api::kv_client::KvClient;
use api::request_op::Request;
use api::watch_client::WatchClient;
use api::watch_request::RequestUnion;

pub(crate) struct Etcd {
    process: Process,
    address: SocketAddr,
    traffic: Traffic,
}

impl Etcd {
    pub(crate) async fn start(place: &Place) -> Result<Self> {
        let (address, peers) = (free_address()?, free_address()?);
        let mut started = Command::new(place.program("etcd"));
        started.arg("--data-dir").arg(place.data.join("etcd")).args(SETTINGS);
        started.args(["--listen-client-urls", &format!("http://{address}")]);
        started.args(["--advertise-client-urls", &format!("http://{address}")]);
        started.args(["--listen-peer-urls", &format!("http://{peers}")]);
        let process = Process::start(&mut started)?;
        let etcd = Self { process, address, traffic: Traffic::default() };
        drop(reach(address, &etcd.traffic).await?);
        // It listens before it can take anything; this waits until it does.
        let mut client = etcd.kv().await?;
        while client.put(put(0, 1)).await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        Ok(etcd)
    }

    async fn channel(&self) -> Result<Channel> {
        let (address, traffic) = (self.address, self.traffic.clone());
        let connect = service_fn(move |_| {
            let traffic = traffic.clone();
            async move { traffic::connect(address, traffic).await.map(TokioIo::new) }
        });
        let endpoint = Endpoint::from_shared(format!("http://{address}"))?
            .initial_stream_window_size(4 << 20)
            .initial_connection_window_size(16 << 20);
        Ok(endpoint.connect_with_connector(connect).await?)
    }

    async fn kv(&self) -> Result<KvClient<Channel>> {
        Ok(KvClient::new(self.channel().await?))
    }

    /// Opens a stream with watches, and waits until they are in force.
    async fn watch(
        &self,
        channel: &Channel,
        watches: Vec<api::WatchCreateRequest>,
    ) -> Result<Watching> {
        let (sender, requests) = tokio::sync::mpsc::unbounded_channel();
        let count = watches.len();
        for create in watches {
            let request_union = Some(RequestUnion::CreateRequest(create));
            sender.send(api::WatchRequest { request_union })?;
        }
        let mut client = WatchClient::new(channel.clone()).max_decoding_message_size(256 << 20);
        let mut changes = client.watch(UnboundedReceiverStream::new(requests)).await?.into_inner();
        for _ in 0..count {
            let answer = changes.message().await?.ok_or("etcd has ended a watch")?;
            if !answer.created || answer.canceled {
                return Err("etcd has refused a watch".into());
            }
        }
        Ok(Watching { _open: sender, changes })
    }
}

const SETTINGS: [&str; 4] = ["--log-level", "error", "--quota-backend-bytes", "8589934592"];

/// A watch stream, open as long as this is held.
struct Watching {
    _open: tokio::sync::mpsc::UnboundedSender<api::WatchRequest>,
    changes: Streaming<api::WatchResponse>,
}

impl Watching {
    async fn read(mut self, until: Option<usize>, seen: Arc<Seen>) -> Result<()> {
        let mut count = 0;
        while until.is_none_or(|until| count < until) {
            let answer = self.changes.message().await?.ok_or("etcd has ended a watch")?;
            let values = answer.events.iter().filter_map(|change| change.kv.as_ref());
            let numbers: Result<Vec<usize>> = values.map(|kv| number(&kv.value)).collect();
            let numbers = numbers?;
            count += numbers.len();
            seen.hold(numbers.into_iter());
        }
        Ok(())
    }
}

fn put(number: usize, topics: usize) -> api::PutRequest {
    let key = topic(number % topics, '/').into_bytes().into();
    api::PutRequest { key, value: payload(number).to_vec().into() }
}

async fn publish(
    client: &mut KvClient<Channel>,
    events: Range<usize>,
    topics: usize,
) -> Result<()> {
    if events.len() == 1 {
        client.put(put(events.start, topics)).await?;
        return Ok(());
    }
    let puts = events
        .map(|number| api::RequestOp { request: Some(Request::RequestPut(put(number, topics))) });
    client.txn(api::TxnRequest { success: puts.collect() }).await?;
    Ok(())
}

/// One caller: publishes, waits, and publishes again.
async fn calls(mut client: KvClient<Channel>, load: Load, taken: Watch) -> Result<()> {
    while let Some(events) = load.numbers.take(load.batch) {
        let start = Instant::now();
        publish(&mut client, events, load.topics).await?;
        taken.took(start);
    }
    Ok(())
}

impl Target for Etcd {
    fn process(&self) -> &Process {
        &self.process
    }

    fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    fn settings(&self) -> String {
        SETTINGS.join(" ")
    }

    fn publish<'a>(&'a self, load: &'a Load) -> Doing<'a, Times> {
        Box::pin(async move {
            let (mut tasks, taken) = (JoinSet::new(), Watch::new());
            for _ in 0..load.connections {
                let client = self.kv().await?;
                for _ in 0..load.window() {
                    tasks.spawn(calls(client.clone(), load.clone(), taken.clone()));
                }
            }
            tasks.join_all().await.into_iter().collect::<Result<()>>()?;
            taken.times()
        })
    }

    fn publisher(&self) -> Doing<'_, Box<dyn Publisher>> {
        Box::pin(async move { Ok(Box::new(self.kv().await?) as Box<dyn Publisher>) })
    }

    fn subscribe<'a>(&'a self, crowd: Crowd, seen: &'a Arc<Seen>) -> Doing<'a, Readers> {
        Box::pin(async move {
            let mut readers = Readers::new();
            for nth in 0..crowd.connections {
                let channel = self.channel().await?;
                let watches: Vec<_> =
                    crowd.of_connection(nth).map(|nth| wanted(crowd, nth)).collect();
                for watches in watches.chunks(crowd.per_stream) {
                    let watching = self.watch(&channel, watches.to_vec()).await?;
                    readers.spawn(watching.read(None, Arc::clone(seen)));
                }
            }
            Ok(readers)
        })
    }

    fn catch_up(&self, events: usize) -> Doing<'_, ()> {
        Box::pin(async move {
            let all = api::WatchCreateRequest { start_revision: 1, ..wanted(Crowd::of(1, 1), 0) };
            let watching = self.watch(&self.channel().await?, vec![all]).await?;
            watching.read(Some(events), Arc::new(Seen::new(0, usize::MAX))).await
        })
    }
}

fn wanted(crowd: Crowd, subscriber: usize) -> api::WatchCreateRequest {
    match crowd.wanted {
        // A range: all keys with this prefix.
        Wanted::All => api::WatchCreateRequest {
            key: "bench/".into(),
            range_end: "bench0".into(),
            start_revision: 0,
        },
        Wanted::Own => api::WatchCreateRequest {
            key: format!("idle/{subscriber}").into(),
            ..Default::default()
        },
    }
}

impl Publisher for KvClient<Channel> {
    fn publish(&mut self, number: usize) -> Doing<'_, ()> {
        Box::pin(publish(self, number..number + 1, usize::MAX))
    }
}
