//! `hintwire top --once`: one frame as text.

use crate::run::{Hub, hintwire};

#[test]
fn a_frame_tells_health_rates_and_the_topics_that_change() {
    let data = tempfile::tempdir().unwrap();
    let hub = Hub::start(data.path());
    let event = |topic| format!("{{\"topic\":\"{topic}\",\"data\":1}}\n");
    hub.publish_lines(&["quiet", "busy/one", "busy/one"].map(event).concat());
    hub.run(&["fetch", "busy/**"]).ok();
    let frame = hub.run(&["top", "--once", "--interval", "10ms"]).ok();
    let head = frame.lines().next().unwrap();
    assert!(head.starts_with("hintwire ") && head.contains(&hub.url) && head.ends_with(": ok"));
    for field in
        ["streams", "backlog", "polls saved", "behind > 10 s", "disk free", "events        3"]
    {
        assert!(frame.contains(field), "no {field} in {frame}");
    }
    let topics: Vec<&str> = frame.lines().skip_while(|line| !line.contains("TOPIC")).collect();
    assert!(topics[1].ends_with("busy/one") && topics[2].ends_with("quiet"), "{frame}");
    let busy = hub.run(&["top", "--once", "--interval", "10ms", "quiet"]).ok();
    assert!(!busy.contains("busy/one"));
}

#[test]
fn without_a_hub_or_a_terminal_it_says_so() {
    let nobody = hintwire(&["top", "--once", "--url", "http://127.0.0.1:1"]).output().unwrap();
    assert_eq!(nobody.status.code(), Some(4));
    let hub = Hub::ephemeral();
    let mut command = hub.command(&["top"]);
    let ended = command.stdin(std::process::Stdio::null()).output().unwrap();
    assert_ne!(ended.status.code(), Some(0));
}
