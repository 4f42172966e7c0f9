//! A hub's life.

use std::fs;
use std::net::TcpListener;

use super::run::{Ended, Hub, hintwire};

fn refused(data: &std::path::Path, listen: &str) -> Ended {
    let mut command = hintwire(&["serve", "--listen", listen, "--data"]);
    command.arg(data);
    Hub::try_of(command).unwrap_err()
}

#[test]
fn a_hub_that_is_asked_to_stop_ends_with_code_0_and_goes_on_where_it_was() {
    let data = tempfile::tempdir().unwrap();
    for (signal, expected) in [("TERM", 1), ("INT", 2)] {
        let hub = Hub::start(data.path());
        hub.run(&["publish", "--topic", "a", "--data", "x"]).ok();
        assert_eq!(hub.run(&["fetch", "a", "--json"]).json().len(), expected + 1);
        hub.signal(signal);
        assert_eq!(hub.stop(), Some(0));
    }
}

#[test]
fn what_was_answered_is_there_after_a_kill() {
    let data = tempfile::tempdir().unwrap();
    let hub = Hub::start(data.path());
    let cursor = hub.run(&["publish", "--topic", "a", "--key", "k", "--data", "x"]).ok();
    hub.kill();
    let hub = Hub::start(data.path());
    let fetched = hub.run(&["fetch", "a", "--json"]).json();
    assert_eq!(fetched[0]["cursor"], cursor.trim_end());
    assert_eq!(hub.run(&["cursor", cursor.trim_end()]).code, Some(0));
}

#[test]
fn an_ephemeral_hub_leaves_nothing_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut command = hintwire(&["serve", "--listen", "127.0.0.1:0", "--ephemeral", "--data"]);
    command.arg(&data);
    let hub = Hub::of(command);
    hub.run(&["publish", "--topic", "a", "--data", "x"]).ok();
    assert_eq!(hub.run(&["get", "a", "--json"]).json()[0]["data_base64"], "eA==");
    assert_eq!(hub.stop(), Some(0));
    assert!(!data.exists());
}

#[test]
fn a_directory_that_another_hub_has_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let hub = Hub::start(data.path());
    refused(data.path(), "127.0.0.1:0").failed(1, &["another process"]);
    hub.run(&["publish", "--topic", "a", "--data", "still there"]).ok();
}

#[test]
fn a_directory_with_something_else_in_it_is_refused_and_left_as_it_is() {
    let data = tempfile::tempdir().unwrap();
    fs::write(data.path().join("letter.txt"), "dear").unwrap();
    refused(data.path(), "127.0.0.1:0").failed(1, &["letter.txt", "empty directory"]);
    assert_eq!(fs::read_dir(data.path()).unwrap().count(), 1);
}

#[test]
fn an_address_in_use_is_named_with_the_flag_to_choose_another() {
    let data = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    refused(data.path(), &address).failed(1, &[&address, "in use", "--listen"]);
}

#[test]
fn an_address_that_others_reach_is_refused_while_nothing_says_who_asks() {
    let data = tempfile::tempdir().unwrap();
    let told = ["who asks", "tls.client_ca", "allow_anonymous"];
    refused(data.path(), "0.0.0.0:0").failed(2, &told);
    assert_eq!(fs::read_dir(data.path()).unwrap().count(), 0);
    let args = ["serve", "--listen", "0.0.0.0:0", "--allow-anonymous", "--data"];
    let mut command = hintwire(&args);
    command.arg(data.path());
    assert_eq!(Hub::of(command).stop(), Some(0));
}

#[test]
fn a_certificate_that_is_not_there_is_named_before_anything_is_opened() {
    let data = tempfile::tempdir().unwrap();
    let files = ["--tls-certificate", "/nowhere.pem", "--tls-key", "/nowhere.key"];
    let mut command = hintwire(&["serve", "--data"]);
    command.arg(data.path()).args(files);
    Hub::try_of(command).unwrap_err().failed(2, &["/nowhere.pem"]);
    assert_eq!(fs::read_dir(data.path()).unwrap().count(), 0);
}

/// A stopped backlog in which one byte of an event is another.
fn damaged() -> tempfile::TempDir {
    let data = tempfile::tempdir().unwrap();
    let hub = Hub::start(data.path());
    hub.run(&["publish", "--topic", "a", "--data", "a-word-to-find"]).ok();
    hub.run(&["publish", "--topic", "a", "--data", "and another"]).ok();
    assert_eq!(hub.stop(), Some(0));
    for entry in fs::read_dir(data.path()).unwrap() {
        let path = entry.unwrap().path();
        let mut bytes = fs::read(&path).unwrap();
        if let Some(at) = bytes.windows(14).position(|window| window == b"a-word-to-find") {
            bytes[at] ^= 1;
            fs::write(&path, bytes).unwrap();
        }
    }
    data
}

#[test]
fn damage_is_refused_with_code_5_and_the_file_and_what_to_do() {
    let data = damaged();
    refused(data.path(), "127.0.0.1:0").failed(5, &["damaged", "at byte", "hintwire check"]);
}

#[test]
fn check_tells_damage_from_health_and_repairs_it() {
    let data = damaged();
    let dir = data.path().to_str().unwrap();
    let check = |args: &[&str]| Ended::of(hintwire(args).output().unwrap());
    check(&["check", dir]).failed(5, &[dir, "damaged", "--repair"]);
    let repaired = check(&["check", dir, "--repair", "--json"]);
    assert!(repaired.err.contains("all events after position"), "{repaired:?}");
    assert_eq!(repaired.json()[0]["lives"], 2);
    let whole = check(&["check", dir]);
    assert!(whole.err.is_empty() && whole.ok().contains("whole"));
    let hub = Hub::start(data.path());
    let lineage = &hub.run(&["hub", "--json"]).json()[0]["lineage"];
    assert_eq!(lineage.as_array().unwrap().len(), 2);
    let end = hub.run(&["fetch", "**", "--json"]).json().pop().unwrap();
    hub.run(&["fetch", "**", "--cursor", end["next_cursor"].as_str().unwrap()]).ok();
    hub.run(&["publish", "--topic", "a", "--data", "on it goes"]).ok();
    check(&["check", dir]).failed(1, &["another process"]);
}

#[test]
fn check_of_what_is_no_backlog_says_so_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_str().unwrap();
    for args in [&["check", dir][..], &["check", dir, "--repair"]] {
        Ended::of(hintwire(args).output().unwrap()).failed(1, &["no backlog"]);
    }
    assert_eq!(fs::read_dir(dir).unwrap().count(), 0);
    Ended::of(hintwire(&["check", "/nowhere"]).output().unwrap()).failed(1, &["/nowhere"]);
}
