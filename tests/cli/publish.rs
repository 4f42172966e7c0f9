//! One event from flags, and back.

use serde_json::json;

use super::run::Hub;

#[test]
fn an_event_comes_back_as_it_was_published() {
    let hub = Hub::ephemeral();
    let args = [
        "publish",
        "--topic",
        "a/b",
        "--key",
        "k",
        "--id",
        "i",
        "--type",
        "t",
        "--time",
        "2026-03-01T12:00:00Z",
        "--content-type",
        "application/json",
        "--attribute",
        "x=1",
        "--attribute",
        "y=a=b",
        "--data",
        "{\"n\": 1.50}",
    ];
    let cursor = hub.run(&args).ok();
    let mut event = hub.run(&["get", "a/b", "k", "--json"]).json().remove(0);
    let published = event.as_object_mut().unwrap().remove("publish_time").unwrap();
    assert!(published.as_str().unwrap().ends_with('Z'));
    let expected = json!({
        "cursor": cursor.trim_end(), "topic": "a/b", "key": "k", "id": "i", "type": "t",
        "time": "2026-03-01T12:00:00Z", "content_type": "application/json",
        "attributes": {"x": "1", "y": "a=b"}, "deleted": false, "data": {"n": 1.5},
        "data_size": 11,
    });
    assert_eq!(event, expected);
    let repeat = hub.run(&args);
    assert!(repeat.err.contains("a repeat"), "{repeat:?}");
    assert_eq!(repeat.ok(), cursor);
}

#[test]
fn data_may_be_any_bytes_from_standard_input_and_a_tombstone_ends_a_key() {
    let hub = Hub::ephemeral();
    let publish = ["publish", "--topic", "a", "--key", "k", "--data-file", "-"];
    hub.run_with_input(&publish, &[0, 159, 146, 150]).ok();
    assert_eq!(hub.run(&["get", "a", "k", "--json"]).json()[0]["data_base64"], "AJ+Slg==");
    hub.run(&["publish", "--topic", "a", "--key", "k", "--deleted"]).ok();
    hub.run(&["get", "a", "k"]).failed(1, &["a has no live key k"]);
    hub.run(&["publish", "--topic", "a", "--data-file", "/nowhere"]).failed(1, &["/nowhere"]);
}

#[test]
fn an_expectation_that_does_not_hold_is_refused() {
    let hub = Hub::ephemeral();
    let publish = |expected: &str| {
        let event = ["publish", "--topic", "a", "--key", "k", "--data", "x"];
        hub.run(&[&event[..], &["--expected-cursor", expected]].concat())
    };
    let first = publish("").ok();
    publish("").failed(1, &["EXPECTATION_FAILED", first.trim_end()]);
    publish(first.trim_end()).ok();
    publish("nonsense").failed(3, &["CURSOR_MALFORMED"]);
}

#[test]
fn what_the_hub_refuses_is_said_with_its_reason() {
    let hub = Hub::ephemeral();
    let publish = |more: &[&str]| hub.run(&[&["publish", "--data", "x"], more].concat());
    publish(&["--topic", "a//b"]).failed(1, &["INVALID_FIELD", "events[0].topic"]);
    publish(&["--topic", "~hintwire/x"]).failed(1, &["INVALID_FIELD"]);
    publish(&["--topic", "a", "--key", &"k".repeat(513)]).failed(1, &["TOO_LARGE", "512"]);
    publish(&["--topic", "a", "--id", "1"]).ok();
    publish(&["--topic", "a", "--id", "1", "--key", "other"]).failed(1, &["ID_CONFLICT"]);
}
