//! Backups of a hub that is at work.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use hintwire::client::Client;
use hintwire::v1::{Event, PublishRequest};
use serde_json::Value;
use tokio::task::JoinHandle;

use crate::run::{Ended, Hub, hintwire, until};

/// Keys, each written again and again.
const KEYS: usize = 50;

/// Takes a backup; what it says.
pub fn back_up(data: &Path, target: &Path) -> Ended {
    let mut command = hintwire(&["backup", "--json", "--data"]);
    Ended::of(command.arg(data).arg(target).output().unwrap())
}

/// Restores a backup; what that says.
pub fn restore(backup: &Path, data: &Path) -> Ended {
    let mut command = hintwire(&["restore", "--json", "--data"]);
    Ended::of(command.arg(data).arg(backup).output().unwrap())
}

fn check(dir: &Path) -> Ended {
    Ended::of(hintwire(&["check", "--json"]).arg(dir).output().unwrap())
}

/// The event of a number: its content follows from that.
fn event(number: usize) -> Event {
    Event {
        topic: format!("t/{}", number % 7),
        key: (number % KEYS).to_string(),
        id: format!("id {number}"),
        data: format!("{number} {}", ".".repeat(200)).into(),
        ..Event::default()
    }
}

/// Publishes numbers, in order, until it is told to stop.
struct Publisher {
    acked: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Publisher {
    fn start(hub: &Hub) -> Self {
        let client = Client::connect_lazy(&hub.url).unwrap();
        let (acked, stop) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
        let (its_acked, its_stop) = (Arc::clone(&acked), Arc::clone(&stop));
        let task = tokio::spawn(async move {
            let mut next = 1;
            while !its_stop.load(SeqCst) {
                let events = (next..next + 5).map(event).collect();
                client.publish(PublishRequest { events, expected_cursor: None }).await.unwrap();
                next += 5;
                its_acked.store(next - 1, SeqCst);
            }
        });
        Self { acked, stop, task }
    }

    fn acked(&self) -> usize {
        self.acked.load(SeqCst)
    }

    async fn stop(self) {
        self.stop.store(true, SeqCst);
        self.task.await.unwrap();
    }
}

fn number(line: &Value) -> usize {
    let data = line["data_base64"].as_str().unwrap();
    let data = base64::Engine::decode(&base64::prelude::BASE64_STANDARD, data).unwrap();
    String::from_utf8(data).unwrap().split(' ').next().unwrap().parse().unwrap()
}

/// The numbers of the events that a command prints.
fn numbers(hub: &Hub, args: &[&str]) -> Vec<usize> {
    let lines = hub.run(args).json();
    lines.iter().filter(|line| line.get("topic").is_some()).map(number).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_and_retention_is_exactly_what_there_was_at_one_moment() {
    let temp = tempfile::tempdir().unwrap();
    let (data, target) = (temp.path().join("data"), temp.path().join("backup"));
    let mut command = hintwire(&["serve", "--listen", "127.0.0.1:0", "--segment-bytes", "64KiB"]);
    command.args(["--retention-events", "1500", "--data"]).arg(&data);
    let hub = Hub::of(command);
    let publisher = Publisher::start(&hub);
    for round in 0..5 {
        let acked = publisher.acked();
        until("publishing", || publisher.acked() > acked + 1500);
        let acked = publisher.acked();
        let taken = back_up(&data, &target).json().remove(0);
        let checked = check(&target).json().remove(0);
        assert_eq!(checked["notes"], serde_json::json!([]), "{checked}");
        assert_eq!(checked["head"], taken["head"]);
        let again = temp.path().join(format!("restored {round}"));
        restore(&target, &again).ok();
        assert_eq!(check(&again).json()[0]["events"], checked["events"]);
        let hub = Hub::start(&again);
        holds_exactly(&hub, acked, round > 0);
        hub.kill();
    }
    publisher.stop().await;
    assert_eq!(hub.stop(), Some(0), "the hub took no notice");
    assert_eq!(check(&data).json()[0]["notes"], serde_json::json!([]));
}

/// The events of a restored hub are those from some number to another, which is not before the last that was acknowledged
/// when the backup began, and with them the newest event of each key.
fn holds_exactly(hub: &Hub, acked: usize, trimmed: bool) {
    let log = numbers(hub, &["fetch", "**", "--limit", "0", "--json"]);
    let (first, last) = (log[0], *log.last().unwrap());
    assert!(log.iter().copied().eq(first..=last), "{log:?}");
    assert!(first > 1 || !trimmed);
    assert!(last >= acked, "{first} to {last}, {acked} acknowledged");
    // A key is a topic's own: so many pairs of both come in turn.
    let mut newest = numbers(hub, &["snapshot", "**", "--json"]);
    newest.sort_unstable();
    assert!(newest.iter().copied().eq(last + 1 - 7 * KEYS..=last), "{newest:?}");
    // Its ids are known as well.
    let line = |number: usize| {
        let Event { topic, key, id, .. } = event(number);
        ["publish", "--topic", &topic, "--key", &key, "--id", &id, "--data"].map(str::to_owned)
    };
    for number in [first, last, last + 1] {
        let data = String::from_utf8(event(number).data.to_vec()).unwrap();
        let words = [&line(number)[..], &[data]].concat();
        let told = hub.run(&words.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(told.err.contains("repeat"), number <= last, "{told:?}");
        told.ok();
    }
}

#[test]
fn a_second_backup_copies_new_segments_alone() {
    let temp = tempfile::tempdir().unwrap();
    let (data, target) = (temp.path().join("data"), temp.path().join("backup"));
    let mut command = hintwire(&["serve", "--listen", "127.0.0.1:0", "--segment-bytes", "64KiB"]);
    command.arg("--data").arg(&data);
    let hub = Hub::of(command);
    let lines = |count: usize| {
        format!("{{\"topic\":\"a\",\"data\":\"{}\"}}\n", "x".repeat(900)).repeat(count)
    };
    hub.publish_lines(&lines(600));
    let first = back_up(&data, &target).json().remove(0);
    assert_eq!(first["copied_files"], first["files"]);
    let again = back_up(&data, &target).json().remove(0);
    assert!(again["copied_bytes"].as_u64() < Some(150_000), "{again}");
    hub.publish_lines(&lines(100));
    assert_eq!(hub.stop(), Some(0));
    let later = back_up(&data, &target).json().remove(0);
    let copied = later["copied_bytes"].as_u64().unwrap();
    assert!((90_000..250_000).contains(&copied), "{later}");
    assert_eq!(check(&target).json()[0]["events"], 700);
}

#[test]
fn a_spoiled_backup_is_refused_by_name_and_a_backup_is_no_directory_of_a_hub() {
    let temp = tempfile::tempdir().unwrap();
    let (data, target) = (temp.path().join("data"), temp.path().join("backup"));
    let new = temp.path().join("new");
    let hub = Hub::start(&data);
    hub.publish_lines("{\"topic\":\"a\",\"data\":1}\n");
    back_up(&data, &target).ok();
    back_up(&data, &data).failed(1, &["no part of a backup"]);
    back_up(&temp.path().join("absent"), &target).failed(1, &["absent"]);
    back_up(&target, &new).failed(1, &["no backlog"]);
    restore(&target, &data).failed(1, &["empty directory"]);
    restore(&data, &new).failed(1, &["no finished backup"]);
    let serve = hintwire(&["serve", "--listen", "127.0.0.1:0", "--data", target.to_str().unwrap()]);
    assert_eq!(Hub::try_of(serve).unwrap_err().code, Some(1));
    let mut repair = hintwire(&["check", "--repair"]);
    Ended::of(repair.arg(&target).output().unwrap()).failed(2, &["a backup is not repaired"]);
    let names = std::fs::read_dir(&target).unwrap().map(|entry| entry.unwrap().file_name());
    let segment =
        names.map(|name| name.into_string().unwrap()).find(|n| n.contains("01.log")).unwrap();
    let mut bytes = std::fs::read(target.join(&segment)).unwrap();
    bytes[4100] ^= 1;
    std::fs::write(target.join(&segment), bytes).unwrap();
    restore(&target, &new).failed(5, &[&segment, "damaged"]);
    check(&target).failed(5, &[&segment]);
    let left = std::fs::read_dir(&new).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(left.into_iter().all(|name| name == "LOCK"), "nothing of it was restored");
}
