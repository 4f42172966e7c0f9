//! **Bookmarkable**: whoever fetches when a message's `cursor` is ahead of their own, and else takes the later of their own
//! and its `head`, never passes a selected event that they have not seen.

use super::facts::Facts;
use super::history::Message;
use super::streams::{Stream, streams};

pub fn check(facts: &Facts<'_>) -> Result<usize, String> {
    let mut checked = 0;
    for (number, stream) in streams(facts.history) {
        for message in &stream.messages {
            holds(facts, &stream, message)
                .map_err(|why| format!("stream {number}: {why}: {message:?}"))?;
        }
        forward(&stream).map_err(|why| format!("stream {number}: {why}"))?;
        checked += stream.messages.len();
    }
    Ok(checked)
}

/// `cursor` is at or after the newest selected event that is not after `head`.
fn holds(facts: &Facts<'_>, stream: &Stream<'_>, message: &Message) -> Result<(), String> {
    let (cursor, head) = (message.cursor.position, message.head.position);
    if head < cursor {
        return Err("head is before cursor".into());
    }
    // When it was made is not known, but after its stream was asked for.
    if cursor < facts.bounds.earliest_before(stream.opened) {
        return Err("cursor is before earliest".into());
    }
    match facts.between(stream.selection, cursor, head).last() {
        Some(place) => Err(format!("it passes the selected event at {place}")),
        None => Ok(()),
    }
}

/// Neither place ever moves back.
fn forward(stream: &Stream<'_>) -> Result<(), String> {
    for pair in stream.messages.windows(2) {
        let (before, after) = (pair[0], pair[1]);
        if after.cursor.position < before.cursor.position
            || after.head.position < before.head.position
        {
            return Err(format!("{after:?} came after {before:?}"));
        }
    }
    Ok(())
}
