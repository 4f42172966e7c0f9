//! The real binary on a small file system that gets full.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hintwire::client::Client;
use hintwire::v1;
use hintwire::v1::get_hub_response::backlog::Health;
use tokio::time::{interval, timeout};
use tonic::Code;
use tonic_health::pb::health_check_response::ServingStatus;

use crate::faults::{health, subscribed};
use crate::hub::Hub;
use crate::load::{ids, publish};

const PATIENCE: Duration = Duration::from_secs(60);
const RESERVE: u64 = 8 << 20;
/// Bytes of an event.
const SIZE: usize = 20_000;

/// A file system of its own in memory; gone with the test.
struct Small {
    folder: tempfile::TempDir,
}

impl Small {
    /// Mounts one of 32 MiB; says so where that is not permitted.
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", "size=32m", "tmpfs"]).arg(folder.path());
        let mounted = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !mounted.is_ok_and(|status| status.success()) {
            println!("SKIPPED: no space: a tmpfs cannot be mounted here");
            return None;
        }
        Some(Self { folder })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Bytes that are free, or in files that may take from the reserve: all but segments.
    fn spared(&self) -> u64 {
        let stat = rustix::fs::statvfs(self.folder.path()).unwrap();
        let files = fs::read_dir(self.path("backlog")).unwrap().map(|entry| entry.unwrap());
        let others = files.filter(|entry| entry.path().extension().is_none_or(|e| e != "log"));
        stat.f_bavail * stat.f_frsize
            + others.map(|entry| entry.metadata().unwrap().len()).sum::<u64>()
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.folder.path()).status();
    }
}

fn start(data: &Path, settings: &[&str]) -> Hub {
    let reserve = RESERVE.to_string();
    let mut all = vec!["--segment-bytes", "1MiB", "--reserve-bytes", &reserve];
    all.extend(settings);
    Hub::start(data.into(), &all)
}

/// Publishes until there is no space.
async fn fill(client: &Client, acked: &mut BTreeSet<String>) {
    for n in acked.len().. {
        let id = format!("{n}");
        match publish(client, &id, SIZE).await {
            Ok(_) => _ = acked.insert(id),
            Err(error) => {
                assert_eq!(error.code(), Code::ResourceExhausted, "{error:?}");
                assert_eq!(error.reason(), "NO_SPACE", "{error:?}");
                assert!(error.retry_after().is_some(), "{error:?}");
                return;
            }
        }
    }
}

/// Tries until an event is taken; how long that took.
async fn resumed(client: &Client, acked: &mut BTreeSet<String>) -> Duration {
    let (start, mut tick) = (Instant::now(), interval(Duration::from_millis(20)));
    let id = format!("{}", acked.len());
    let taken = async {
        while publish(client, &id, SIZE).await.is_err() {
            _ = tick.tick().await
        }
    };
    timeout(PATIENCE, taken).await.expect("publishing resumes by itself");
    acked.insert(id);
    start.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_space_publishes_are_refused_before_the_reserve_and_go_on_when_there_is_some_again()
{
    let Some(small) = Small::mount() else { return };
    fs::write(small.path("ballast"), vec![1; 8 << 20]).unwrap();
    let mut hub = start(&small.path("backlog"), &[]);
    let (client, mut acked) = (hub.client(), BTreeSet::new());
    timeout(PATIENCE, fill(&client, &mut acked)).await.expect("there is no space at some time");
    let spared = small.spared();
    assert!(spared >= RESERVE, "{spared} bytes of the reserve are left");
    assert_eq!(ids(&client).await, acked);
    drop(subscribed(&client).await);
    health(&hub, "hintwire.v1.HubService", ServingStatus::Serving).await;
    health(&hub, "hintwire.v1.HubService.Publish", ServingStatus::NotServing).await;
    assert_eq!(client.get_hub().await.unwrap().backlog.unwrap().health(), Health::NoSpace);
    let before = acked.len();
    fs::remove_file(small.path("ballast")).unwrap();
    let took = resumed(&client, &mut acked).await;
    health(&hub, "hintwire.v1.HubService.Publish", ServingStatus::Serving).await;
    assert_eq!(ids(&client).await, acked);
    hub.kill();
    hub.restart();
    assert_eq!(ids(&hub.client()).await, acked);
    println!(
        "no space: refused after {before} events with {spared} bytes spared, resumed {took:.1?} after space came back, \
         lost 0"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_space_retention_goes_on_and_makes_some() {
    let Some(small) = Small::mount() else { return };
    let settings = ["--retention-age", "2s", "--keep-latest=false"];
    let mut hub = start(&small.path("backlog"), &settings);
    let (client, mut acked) = (hub.client(), BTreeSet::new());
    timeout(PATIENCE, fill(&client, &mut acked)).await.expect("there is no space at some time");
    let mut stream = subscribed(&client).await;
    let took = resumed(&client, &mut acked).await;
    assert!(small.spared() >= RESERVE);
    // Whoever listened is told.
    let told = timeout(PATIENCE, tokio_stream::StreamExt::next(&mut stream)).await.unwrap();
    assert_eq!(told.unwrap().unwrap().kind(), v1::subscribe_response::Kind::Changed);
    let kept = ids_in_order(&client).await;
    hub.kill();
    let expected: Vec<String> = (0..acked.len()).map(|n| n.to_string()).collect();
    assert!(!kept.is_empty() && expected.ends_with(&kept), "{kept:?}");
    println!(
        "no space: retention dropped {} of {} events, and publishing resumed after {took:.1?}",
        acked.len() - kept.len(),
        acked.len()
    );
}

async fn ids_in_order(client: &Client) -> Vec<String> {
    let mut ids: Vec<usize> = ids(client).await.iter().map(|id| id.parse().unwrap()).collect();
    ids.sort_unstable();
    ids.iter().map(ToString::to_string).collect()
}
