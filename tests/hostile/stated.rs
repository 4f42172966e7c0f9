//! The figures that operators read are those of the code.

use hintwire::limits::{self, Limits};

const BOUNDS: &str = include_str!("../../docs/bounds.md");

#[test]
fn the_figures_on_the_page_of_bounds_are_those_of_the_code() {
    let settings = Limits::default();
    let s = |duration: std::time::Duration| format!("{} s", duration.as_secs());
    let kib = |bytes: usize| format!("{} KiB", bytes >> 10);
    let mib = |bytes: usize| format!("{} MiB", bytes >> 20);
    let (stream, connection) = limits::RECEIVE_BYTES;
    let (part, parts) = limits::PART_BYTES;
    let rows = [
        ("connections", settings.connections.to_string()),
        ("connections_per_peer", settings.connections_per_peer.to_string()),
        ("HANDSHAKE", s(limits::HANDSHAKE)),
        ("KEEPALIVE", s(limits::KEEPALIVE)),
        ("ACCEPT_PAUSE", format!("{} ms", limits::ACCEPT_PAUSE.as_millis())),
        ("streams", settings.streams.to_string()),
        ("connection_calls", settings.connection_calls.to_string()),
        ("REFUSED_CALLS", limits::REFUSED_CALLS.to_string()),
        ("PATTERNS", limits::PATTERNS.to_string()),
        ("STAR_SHAPES", limits::STAR_SHAPES.to_string()),
        ("UNREAD_BYTES", mib(limits::UNREAD_BYTES)),
        ("IDLE_FRAMES", limits::IDLE_FRAMES.to_string()),
        ("CALLS_A_TURN", limits::CALLS_A_TURN.to_string()),
        ("ERROR_RESETS", limits::ERROR_RESETS.to_string()),
        ("PENDING_RESETS", limits::PENDING_RESETS.to_string()),
        ("HEADER_BYTES", kib(limits::HEADER_BYTES as usize)),
        ("HEADER_TABLE_BYTES", kib(limits::HEADER_TABLE_BYTES as usize)),
        ("FRAME_BYTES", kib(limits::FRAME_BYTES as usize)),
        ("RECEIVE_BYTES", format!("{}, {}", mib(stream as usize), mib(connection as usize))),
        ("PART_BYTES", format!("{}, {}", mib(part), mib(parts))),
        ("SSE_PAGE_BYTES", kib(limits::SSE_PAGE_BYTES)),
        ("SHARED_PAGES_BYTES", mib(limits::SHARED_PAGES_BYTES as usize)),
        ("IDLE", s(limits::IDLE)),
        ("HTTP1_BYTES", kib(limits::HTTP1_BYTES)),
        ("HEADERS", limits::HEADERS.to_string()),
        ("BODY", s(limits::BODY)),
        ("SEND_BYTES", format!("{} B", limits::SEND_BYTES)),
        ("KERNEL_UNSENT_BYTES", kib(limits::KERNEL_UNSENT_BYTES as usize)),
    ];
    for (name, figure) in &rows {
        let row = format!("| `{name}` | {figure} |");
        assert!(BOUNDS.contains(&row), "no row {row}");
    }
    let listed = BOUNDS.lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(listed, rows.len(), "a row that is not held against the code");
    for (name, figure) in [
        ("UNREAD_WAIT", s(limits::UNREAD_WAIT)),
        ("IDLE_FRAMES_PERIOD", s(limits::IDLE_FRAMES_PERIOD)),
        ("ABANDONED_WITHIN", format!("{} ms", limits::ABANDONED_WITHIN.as_millis())),
        ("IDLE_FRAMES_PAID", limits::IDLE_FRAMES_PAID.to_string()),
        ("DRAIN", s(limits::DRAIN)),
    ] {
        assert!(BOUNDS.contains(&format!("`{name}` ({figure})")), "{name} is {figure}");
    }
}
