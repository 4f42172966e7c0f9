//! The commands that ask a hub.

use std::io::Read;
use std::process::Stdio;

use super::run::{Ended, Hub, Running, hintwire};

const HOSTILE: &str = "{\"time\":1,\"topic\":\"a\",\"key\":\"k\\u001b[2J\\u009b1m\",\"data\":\
    \"\\u202e\\u0007\",\"attributes\":{\"\\u001b\":\"\\u0085\"}}\n";

/// What may reach a terminal: what prints, and line feeds.
fn harmless(text: &str) -> bool {
    text.chars().all(|c| c == '\n' || c.escape_debug().len() == 1 || "\\\"'".contains(c))
}

#[test]
fn foreign_bytes_are_escaped_in_text_json_and_errors() {
    let hub = Hub::ephemeral();
    hub.publish_lines(HOSTILE);
    let raw = ["publish", "--topic", "a", "--key", "raw", "--data-file", "-"];
    hub.run_with_input(&raw, b"\x1b]0;title\x07\xff\n\xc2\x9b").ok();
    for args in [&["fetch", "a"][..], &["snapshot", "a"], &["fetch", "a", "--json"]] {
        let ended = hub.run(args);
        assert!(harmless(&ended.out) && harmless(&ended.err), "{args:?} printed {ended:?}");
        assert_eq!(ended.code, Some(0));
    }
    let text = hub.run(&["get", "a", "raw"]).ok();
    assert!(text.ends_with("a raw \\u{1b}]0;title\\u{7}\\xff\\n\\u{9b}\n"), "{text:?}");
    assert_eq!(hub.run(&["fetch", "a", "--json"]).json()[0]["key"], "k\u{1b}[2J\u{9b}1m");
    let refused = hub.run(&["fetch", "\u{1b}[31m"]);
    refused.failed(1, &["INVALID_FIELD"]);
    assert!(harmless(&refused.err), "{refused:?}");
}

#[test]
fn a_fetch_goes_on_where_the_one_before_ended() {
    let hub = Hub::ephemeral();
    hub.publish_lines(
        &(0..5).map(|n| format!("{{\"topic\":\"a\",\"data\":{n}}}\n")).collect::<String>(),
    );
    let first = hub.run(&["fetch", "a", "--limit", "2", "--json"]).json();
    assert_eq!((&first[1]["data"], &first[2]["has_more"]), (&1.into(), &true.into()));
    let cursor = first[2]["next_cursor"].as_str().unwrap();
    let rest = hub.run(&["fetch", "a", "--limit", "0", "--json", "--cursor", cursor]).json();
    assert_eq!((&rest[0]["data"], rest.len()), (&2.into(), 4));
    assert_eq!(rest[3]["next_cursor"], rest[3]["head"]);
    let catalog = hub.run(&["fetch", "a", "--omit-data", "--json"]).json();
    assert_eq!((catalog[0].get("data"), &catalog[0]["data_size"]), (None, &1.into()));
    assert_eq!(hub.run(&["fetch", "a", "--from", "latest", "--json"]).json().len(), 1);
    let waited = ["fetch", "b", "--wait", "10ms", "--json"];
    assert_eq!(hub.run(&waited).json().len(), 1);
}

#[test]
fn snapshot_and_topics_say_what_there_is() {
    let hub = Hub::ephemeral();
    hub.publish_lines(concat!(
        "{\"topic\":\"a/x\",\"key\":\"1\",\"data\":1}\n{\"topic\":\"a/x\",\"key\":\"1\",\"data\":2}\n",
        "{\"topic\":\"a/y\",\"key\":\"2\",\"data\":3}\n{\"topic\":\"a/y\",\"key\":\"2\",\"data\":null}\n",
    ));
    let snapshot = hub.run(&["snapshot", "a/*", "--json"]).json();
    assert_eq!((snapshot.len(), &snapshot[0]["data"]), (2, &2.into()));
    let cursor = snapshot[1]["cursor"].as_str().unwrap();
    assert_eq!(hub.run(&["fetch", "**", "--cursor", cursor, "--json"]).json().len(), 1);
    let topics = hub.run(&["topics", "a/**", "--json"]).json();
    assert_eq!((&topics[0]["topic"], &topics[1]["count"]), (&"a/x".into(), &2.into()));
    assert!(hub.run(&["topics", "**"]).ok().lines().all(|line| line.contains("a/")));
    assert!(hub.run(&["hub"]).ok().contains("backlog.health         OK"));
}

#[test]
fn a_cursor_that_cannot_be_used_ends_with_code_3_and_says_what_to_do() {
    let hub = Hub::ephemeral();
    let cursor = hub.run(&["publish", "--topic", "a", "--data", "x"]).ok();
    assert!(hub.run(&["cursor", cursor.trim_end()]).ok().contains("VALID"));
    hub.run(&["fetch", "a", "--cursor", "x"]).failed(3, &["CURSOR_MALFORMED", "action: FAIL"]);
    hub.run(&["subscribe", "a", "--cursor", "x"]).failed(3, &["CURSOR_MALFORMED"]);
    assert!(hub.run(&["cursor", "x"]).out.contains("MALFORMED"));
    let other = Hub::ephemeral();
    let fetch = ["fetch", "a", "--cursor", cursor.trim_end()];
    other.run(&fetch).failed(3, &["CURSOR_FOREIGN", "hintwire snapshot"]);
    other.run(&["cursor", cursor.trim_end()]).failed(3, &["cannot be used"]);
}

#[test]
fn a_hub_that_is_not_there_ends_with_code_4_and_advice() {
    let url = "http://127.0.0.1:1";
    let ended = Ended::of(hintwire(&["topics", "**", "--url", url]).output().unwrap());
    ended.failed(4, &[url, "refused", "hintwire serve"]);
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let hub = Hub::ephemeral();
    let long = "x".repeat(1000);
    hub.publish_lines(
        &(0..500).map(|_| format!("{{\"topic\":\"a\",\"data\":\"{long}\"}}\n")).collect::<String>(),
    );
    let mut command = hub.command(&["fetch", "a", "--limit", "0"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdout.take().unwrap().read_exact(&mut [0; 10]).unwrap();
    let ended = Ended::of(child.wait_with_output().unwrap());
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
}

#[test]
fn subscribe_confirms_then_tells_what_changed_and_ends_when_the_hub_does() {
    let hub = Hub::ephemeral();
    let mut hints = Running::start(hub.command(&["subscribe", "a/**", "--json"]));
    assert_eq!(hints.json()["kind"], "CONFIRMED");
    let cursor = hub.run(&["publish", "--topic", "a/b", "--data", "x"]).ok();
    let changed = hints.json();
    assert_eq!((&changed["kind"], &changed["topics"][0]), (&"CHANGED".into(), &"a/b".into()));
    assert_eq!(changed["cursor"], cursor.trim_end());
    assert_eq!(hub.stop(), Some(0));
    assert_eq!(hints.json()["reconnect_reason"], "DRAIN");
    assert_eq!(hints.line(), "");
}
