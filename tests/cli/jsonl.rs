//! JSON lines through PublishStream.

use std::io::Write;
use std::process::{Child, ChildStdin, Stdio};

use flate2::{Compression, write::GzEncoder};
use serde_json::Value;

use super::run::{Ended, Hub, until};

fn line(n: u64) -> String {
    format!("{{\"time\":{},\"topic\":\"a/{}\",\"key\":\"{n}\",\"data\":{n}}}\n", n / 3, n % 2)
}

fn lines(numbers: std::ops::Range<u64>) -> String {
    numbers.map(line).collect()
}

/// A publisher that is fed bit by bit.
fn publisher(hub: &Hub, more: &[&str]) -> (Child, ChildStdin) {
    let mut command = hub.command(&[&["publish", "--jsonl", "-"], more].concat());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let input = child.stdin.take().unwrap();
    (child, input)
}

/// The data of all events.
fn published(hub: &Hub) -> Vec<u64> {
    let mut lines = hub.run(&["fetch", "**", "--limit", "0", "--json"]).json();
    lines.pop();
    lines.iter().map(|event| event["data"].as_u64().unwrap()).collect()
}

#[test]
fn every_line_is_published_once_in_order_also_from_gzip() {
    let hub = Hub::ephemeral();
    let summary = hub.run_with_input(&["publish", "--jsonl", "-"], lines(0..2500).as_bytes()).ok();
    assert!(summary.starts_with("published 2500 events in 834 batches, 0 of them repeats"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lines.gz");
    let mut gzip = GzEncoder::new(std::fs::File::create(&file).unwrap(), Compression::fast());
    gzip.write_all(lines(2500..2600).as_bytes()).unwrap();
    gzip.finish().unwrap();
    hub.run(&["publish", "--jsonl", file.to_str().unwrap()]).ok();
    assert_eq!(published(&hub), (0..2600).collect::<Vec<_>>());
}

#[test]
fn lines_of_one_time_are_one_batch_and_null_is_a_tombstone() {
    let hub = Hub::ephemeral();
    hub.publish_lines(concat!(
        "{\"time\":1,\"topic\":\"a\",\"key\":\"x\",\"data\":{\"v\": [1, 2]}}\n",
        "{\"time\":1,\"topic\":\"a\",\"key\":\"x\",\"data\":null}\n",
        "{\"time\":2,\"topic\":\"a\",\"key\":\"y\",\"data\":\"é\",\"type\":\"t\"}\n",
    ));
    let events = hub.run(&["fetch", "a", "--json"]).json();
    assert_eq!(events[0]["publish_time"], events[1]["publish_time"]);
    assert_eq!((&events[0]["data_size"], &events[1]["deleted"]), (&11.into(), &true.into()));
    assert_eq!((&events[2]["data"], &events[2]["type"]), (&"é".into(), &"t".into()));
    assert_eq!(events[2]["time"], "1970-01-01T00:00:02Z");
}

#[test]
fn a_rerun_with_the_same_prefix_repeats_nothing() {
    let hub = Hub::ephemeral();
    let publish = |lines: &str| {
        let args = ["publish", "--jsonl", "-", "--id-prefix", "run"];
        hub.run_with_input(&args, lines.as_bytes()).ok()
    };
    publish(&lines(0..100));
    let summary = publish(&lines(0..150));
    assert!(summary.contains("150 events in 50 batches, 100 of them repeats"), "{summary}");
    assert_eq!(published(&hub), (0..150).collect::<Vec<_>>());
}

#[test]
fn a_publisher_with_ids_outlives_a_crash_of_the_hub_and_loses_and_repeats_nothing() {
    let data = tempfile::tempdir().unwrap();
    let hub = Hub::start(data.path());
    let (publisher, mut input) = publisher(&hub, &["--id-prefix", "run"]);
    // Far more than can be on its way at once, so that the crash comes in the middle.
    let feeding = std::thread::spawn(move || {
        input.write_all(lines(0..60_000).as_bytes()).unwrap();
        input
    });
    until("the first events", || {
        hub.run(&["hub", "--json"]).json()[0]["backlog"]["events"].as_u64() > Some(1000)
    });
    let address = hub.address().to_owned();
    hub.kill();
    let hub = Hub::start_at(data.path(), &address);
    let mut input = feeding.join().unwrap();
    input.write_all(lines(60_000..60_300).as_bytes()).unwrap();
    drop(input);
    Ended::of(publisher.wait_with_output().unwrap()).ok();
    assert_eq!(published(&hub), (0..60_300).collect::<Vec<_>>());
}

#[test]
fn a_publisher_without_ids_outlives_an_orderly_stop_of_the_hub() {
    let data = tempfile::tempdir().unwrap();
    let hub = Hub::start(data.path());
    let (publisher, mut input) = publisher(&hub, &[]);
    input.write_all(lines(0..9).as_bytes()).unwrap();
    until("the first events", || published(&hub).len() == 6);
    let address = hub.address().to_owned();
    assert_eq!(hub.stop(), Some(0));
    input.write_all(lines(9..900).as_bytes()).unwrap();
    drop(input);
    let hub = Hub::start_at(data.path(), &address);
    Ended::of(publisher.wait_with_output().unwrap()).ok();
    assert_eq!(published(&hub), (0..900).collect::<Vec<_>>());
}

#[test]
fn a_publisher_without_ids_says_how_far_it_got_when_the_hub_is_lost() {
    let data = tempfile::tempdir().unwrap();
    let hub = Hub::start(data.path());
    let mut command = hub.command(&["publish", "--jsonl", "-"]);
    let mut publisher = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = publisher.stdin.take().unwrap();
    // The last of these waits for a line of another time.
    input.write_all(lines(0..9).as_bytes()).unwrap();
    until("the first events", || published(&hub).len() == 6);
    hub.kill();
    input.write_all(lines(9..12).as_bytes()).unwrap();
    drop(input);
    let ended = Ended::of(publisher.wait_with_output().unwrap());
    ended.failed(4, &["Published up to line 6"]);
}

#[test]
fn a_bad_line_is_named_and_nothing_after_it_is_published() {
    let hub = Hub::ephemeral();
    for (bad, expected) in [
        ("{\"time\":8,\"topic\":\"a\"}", "missing field `data`"),
        ("{\"time\":8,\"topic\":\"a b\",\"data\":1}", "topic has a character outside"),
        ("{\"time\":8,\"topic\":\"a\",\"data\":1,\"colour\":1}", "unknown field `colour`"),
        ("{\"time\":8,\"topic\":\"a\",\"data\":null}", "there is no key"),
        ("{\"time\":8,\"topic\"", "EOF while parsing"),
    ] {
        let before = published(&hub).len();
        let input = [&lines(0..9), bad, "\n", &lines(30..33)].concat();
        let ended = hub.run_with_input(&["publish", "--jsonl", "-"], input.as_bytes());
        // Lines 7 to 9 may have belonged to one batch with the bad one.
        ended.failed(1, &["line 10: ", expected, "Published up to line 6; nothing after that"]);
        assert_eq!(published(&hub)[before..], [0, 1, 2, 3, 4, 5], "{bad}");
    }
    hub.run(&["publish", "--jsonl", "/nowhere.jsonl"]).failed(1, &["/nowhere.jsonl"]);
}

#[test]
fn a_line_that_the_hub_refuses_is_named_too() {
    let hub = Hub::ephemeral();
    let used = "{\"time\":9,\"topic\":\"a\",\"id\":\"x\",\"data\":1}\n";
    hub.publish_lines(used);
    let input = lines(0..6) + &used.replace("1}", "2}");
    let ended = hub.run_with_input(&["publish", "--jsonl", "-"], input.as_bytes());
    ended.failed(1, &["line 7: ", "ID_CONFLICT", "Published up to line 6"]);
    let values: Vec<Value> = hub.run(&["fetch", "a", "--json"]).json();
    assert_eq!(values[0]["data"], 1);
    assert_eq!(values.len(), 2);
}
