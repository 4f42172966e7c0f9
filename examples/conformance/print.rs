//! What is printed: one JSON object a line.

use std::process::ExitCode;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hintwire::client::{Error, Notice};
use hintwire::v1::StoredEvent;
use serde_json::json;

pub fn event(stored: &StoredEvent, snapshot: bool) {
    let event = stored.event.clone().unwrap_or_default();
    println!(
        "{}",
        json!({"event": {
            "topic": event.topic, "key": event.key, "id": event.id, "cursor": stored.cursor,
            "deleted": event.deleted, "data_base64": STANDARD.encode(event.data), "snapshot": snapshot,
        }})
    );
}

pub fn notice(notice: &Notice) {
    let word = match notice {
        Notice::Hinted => "hinted",
        Notice::Polling { .. } => "polling",
        Notice::FetchFailed { .. } => "fetch_failed",
        Notice::CursorLost { .. } => "cursor_lost",
        _ => "other",
    };
    println!("{}", json!({"notice": word, "detail": notice.to_string()}));
}

/// Says why it ends.
pub fn failed(error: &Error) -> ExitCode {
    let code = format!("{:?}", error.code());
    let reason = if error.reason().is_empty() { capitals(&code) } else { error.reason().into() };
    println!("{}", json!({"failed": reason, "detail": error.to_string()}));
    ExitCode::FAILURE
}

/// `DeadlineExceeded` → `DEADLINE_EXCEEDED`
fn capitals(code: &str) -> String {
    let mut word = String::new();
    for letter in code.chars() {
        if letter.is_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.extend(letter.to_uppercase());
    }
    word
}
