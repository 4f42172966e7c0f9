//! System calls of the real binary fail, by strace.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use hintwire::client::{Client, Responses};
use hintwire::v1;
use tokio::time::timeout;
use tokio_stream::StreamExt;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::hub::Hub;
use crate::load::{self, Tally, publish};

const PATIENCE: Duration = Duration::from_secs(60);
const PUBLISHERS: usize = 8;
/// Small segments, so that many are begun and sealed.
const SETTINGS: [&str; 2] = ["--segment-bytes", "64KiB"];
/// Bytes of an event: some fifty fit into a segment.
const SIZE: usize = 1000;

/// Whether strace may trace here; says so if not.
pub fn may_trace() -> bool {
    let mut command = Command::new("strace");
    command.args(["-f", "-D", "-qq", "-o", "/dev/null", "true"]);
    let traced = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    let may = traced.is_ok_and(|status| status.success());
    if !may {
        println!("SKIPPED: failing system calls: strace is not there, or may not trace");
    }
    may
}

/// A hub on a directory with a backlog, of which calls fail: as `strace -e inject` says, and counted by each thread.
async fn failing(data: &Path, inject: &str) -> Hub {
    let mut hub = Hub::start(data.join("backlog"), &SETTINGS);
    publish(&hub.client(), "before", SIZE).await.unwrap();
    hub.kill();
    let calls = inject.split_once(':').unwrap().0;
    let (trace, inject) = (format!("trace={calls}"), format!("inject={inject}"));
    // As a grandchild, so that the hub is the child that is killed.
    let strace =
        ["strace", "-f", "-D", "-qq", "-o", "/dev/null", "-e", trace.as_str(), "-e", &inject];
    hub.restart_under(&strace);
    hub
}

/// A stream of hints that has been confirmed.
pub async fn subscribed(client: &Client) -> Responses<v1::SubscribeResponse> {
    let request = v1::SubscribeRequest { topics: vec!["**".into()], ..Default::default() };
    let mut stream = client.subscribe(request).await.unwrap();
    stream.next().await.unwrap().unwrap();
    stream
}

/// Waits until the hub's health under a name is as said.
pub async fn health(hub: &Hub, name: &str, status: ServingStatus) {
    let mut client = HealthClient::new(hub.channel());
    let asked = HealthCheckRequest { service: name.into() };
    let mut watch = client.watch(asked).await.unwrap().into_inner();
    let reached = async { while watch.message().await.unwrap().unwrap().status() != status {} };
    timeout(PATIENCE, reached).await.unwrap_or_else(|_| panic!("`{name}` is never {status:?}"));
}

/// The hub reads, streams and says how it fares, and holds just what was acknowledged.
async fn reads_go_on(
    hub: &Hub,
    acked: &BTreeSet<String>,
    stream: Responses<v1::SubscribeResponse>,
) {
    let client = hub.client();
    assert_eq!(load::ids(&client).await, *acked);
    let snapshot =
        v1::SnapshotRequest { topics: vec!["**".into()], page_size: 1000, ..Default::default() };
    assert!(!client.snapshot(snapshot).await.unwrap().events.is_empty());
    for name in ["", "hintwire.v1.HubService"] {
        health(hub, name, ServingStatus::Serving).await;
    }
    health(hub, "hintwire.v1.HubService.Publish", ServingStatus::NotServing).await;
    let status = client.get_hub().await.unwrap().backlog.unwrap();
    assert_eq!(status.health(), v1::get_hub_response::backlog::Health::Failed);
    assert!(!status.detail.is_empty());
    // The stream that was open reaches the newest event, and a new one opens.
    let head = client.get_hub().await.unwrap().head;
    let told = stream.map(|message| message.unwrap().head).filter(|told| *told == head);
    timeout(PATIENCE, std::pin::pin!(told).next()).await.unwrap().unwrap();
    drop(subscribed(&client).await);
}

/// A call of the writer fails once: that is final, until a restart.
async fn fails_for_good(inject: &str) {
    let data = tempfile::tempdir().unwrap();
    let mut hub = failing(data.path(), inject).await;
    let stream = subscribed(&hub.client()).await;
    let clients = (0..PUBLISHERS).map(|_| hub.client()).collect();
    let published = timeout(PATIENCE, load::until_it_fails(clients, SIZE)).await;
    let mut tally = published.unwrap_or_else(|_| panic!("{inject}: nothing failed"));
    tally.acked.insert("before".into());
    reads_go_on(&hub, &tally.acked, stream).await;
    hub.kill();
    hub.restart();
    let found = load::ids(&hub.client()).await;
    let Tally { acked, unknown, not_written } = &tally;
    assert!(found.is_superset(acked), "{inject}: acknowledged and lost: {tally:?}, {found:?}");
    let more: BTreeSet<String> = found.difference(acked).cloned().collect();
    assert!(more.is_subset(unknown), "{inject}: {more:?} of {unknown:?}, not {not_written:?}");
    publish(&hub.client(), "after", SIZE).await.unwrap();
    let [acked, unknown, not_written] = [acked, unknown, not_written].map(BTreeSet::len);
    println!(
        "{inject}: {acked} acknowledged, {unknown} unknown ({} there after all), {not_written} not written, lost 0",
        more.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_failed_sync_or_write_of_the_real_binary_nothing_is_acknowledged_and_reads_go_on() {
    if !may_trace() {
        return;
    }
    for nth in [3, 10, 60] {
        fails_for_good(&format!("fdatasync:error=EIO:when={nth}")).await;
        fails_for_good(&format!("pwrite64:error=EIO:when={nth}")).await;
    }
    fails_for_good("fdatasync:error=ENOSPC:when=5").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failing_renames_behind_the_writer_of_the_real_binary_cost_no_publish_and_no_event() {
    if !may_trace() {
        return;
    }
    let data = tempfile::tempdir().unwrap();
    let mut hub = failing(data.path(), "rename,renameat,renameat2:error=EIO").await;
    let client = hub.client();
    let mut acked = BTreeSet::from(["before".to_owned()]);
    for n in 0..200 {
        let id = format!("{n}");
        publish(&client, &id, SIZE).await.unwrap();
        acked.insert(id);
    }
    assert_eq!(load::ids(&client).await, acked);
    hub.kill();
    hub.restart();
    assert_eq!(load::ids(&hub.client()).await, acked);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_of_the_real_binary_without_space_is_refused_and_the_next_ones_go_on() {
    if !may_trace() {
        return;
    }
    let data = tempfile::tempdir().unwrap();
    let mut hub = failing(data.path(), "pwrite64:error=ENOSPC:when=5").await;
    let client = hub.client();
    let (mut acked, mut refused) = (BTreeSet::from(["before".to_owned()]), 0);
    let publishing = async {
        for n in 0.. {
            let id = format!("{n}");
            match publish(&client, &id, SIZE).await {
                Ok(_) => _ = acked.insert(id),
                Err(error) => {
                    assert_eq!(error.reason(), "NO_SPACE", "{error:?}");
                    assert!(error.retry_after().is_some(), "{error:?}");
                    refused += 1;
                }
            }
            if refused > 0 && acked.len() > 20 {
                return;
            }
        }
    };
    timeout(PATIENCE, publishing).await.expect("publishing resumes");
    assert_eq!(load::ids(&client).await, acked);
    hub.kill();
    hub.restart();
    assert_eq!(load::ids(&hub.client()).await, acked);
    println!("write without space: {refused} refused, {} acknowledged, lost 0", acked.len());
}
