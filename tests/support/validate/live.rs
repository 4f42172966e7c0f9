//! **Live**: after the last publish each stream that it concerns gets a message at or past it, or ends; the first message
//! of a stream is its confirmation.
//!
//! A campaign that records streams waits at its end until the hub is quiet.

use super::facts::Facts;
use super::history::Kind;
use super::streams::{Stream, streams};

pub fn check(facts: &Facts<'_>) -> Result<usize, String> {
    let mut checked = 0;
    for (number, stream) in streams(facts.history) {
        confirmed_first(&stream).map_err(|why| format!("stream {number}: {why}"))?;
        let newest = facts.newest(stream.selection);
        let Some(newest) = newest.filter(|_| !stream.ended) else { continue };
        let told = stream.messages.iter().map(|message| message.cursor.position).max();
        if told < Some(newest) {
            return Err(format!("stream {number} heard up to {told:?}, never of {newest}"));
        }
        checked += 1;
    }
    Ok(checked)
}

fn confirmed_first(stream: &Stream<'_>) -> Result<(), String> {
    for (nth, message) in stream.messages.iter().enumerate() {
        // A hub that stops may say so instead.
        let first = matches!(message.kind, Kind::Confirmed | Kind::Reconnect);
        if nth == 0 && !first || nth > 0 && message.kind == Kind::Confirmed {
            return Err(format!("message {nth} is {message:?}"));
        }
    }
    Ok(())
}
