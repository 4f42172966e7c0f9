//! The whole loop.

use std::path::Path;

use super::run::{Hub, Running};

fn follow(hub: &Hub, place: &Path, more: &[&str]) -> Running {
    let mut command = hub.command(&["follow", "a/**", "--json", "--cursor-file"]);
    command.arg(place).args(more);
    Running::start(command)
}

fn publish(hub: &Hub, data: &str) {
    let event = ["publish", "--topic", "a/b", "--content-type", "application/json"];
    hub.run(&[&event[..], &["--data", data]].concat()).ok();
}

#[test]
fn a_follower_prints_what_was_and_what_comes_and_goes_on_from_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("cursor");
    let hub = Hub::ephemeral();
    publish(&hub, "1");
    let mut follower = follow(&hub, &place, &[]);
    assert_eq!(follower.json()["data"], 1);
    publish(&hub, "2");
    // The place after an event is kept before the next one is fetched.
    let second = follower.json();
    assert_eq!(second["data"], 2);
    publish(&hub, "3");
    assert_eq!(follower.json()["data"], 3);
    follower.kill();
    let kept = std::fs::read_to_string(&place).unwrap();
    assert!(kept.trim_end() >= second["cursor"].as_str().unwrap());
    publish(&hub, "4");
    let mut follower = follow(&hub, &place, &[]);
    let again = follower.json();
    assert!(again["data"] == 3 || again["data"] == 4, "{again}");
}

#[test]
fn a_follower_outlives_a_crash_of_the_hub() {
    let folder = tempfile::tempdir().unwrap();
    let (data, place) = (folder.path().join("data"), folder.path().join("cursor"));
    let hub = Hub::start(&data);
    publish(&hub, "1");
    let mut follower = follow(&hub, &place, &[]);
    assert_eq!(follower.json()["data"], 1);
    let address = hub.address().to_owned();
    hub.kill();
    let hub = Hub::start_at(&data, &address);
    publish(&hub, "2");
    assert_eq!(follower.json()["data"], 2);
}

#[test]
fn a_follower_that_only_polls_misses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("cursor");
    let hub = Hub::ephemeral();
    let mut follower = follow(&hub, &place, &["--poll-only"]);
    for data in ["1", "2"] {
        publish(&hub, data);
        assert_eq!(follower.json()["data"].to_string(), data);
    }
}

#[test]
fn a_place_that_cannot_be_used_ends_with_code_3_unless_told_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("cursor");
    let hub = Hub::ephemeral();
    let foreign = hub.run(&["publish", "--topic", "a/b", "--data", "x"]).ok();
    std::fs::write(&place, &foreign).unwrap();
    let other = Hub::ephemeral();
    publish(&other, "1");
    let file = place.to_str().unwrap();
    let ended = other.run(&["follow", "a/**", "--cursor-file", file]);
    ended.failed(3, &["CURSOR_FOREIGN"]);
    let mut follower = follow(&other, &place, &["--on-cursor-error", "snapshot"]);
    assert_eq!(follower.json()["topic"], "a/b");
}
