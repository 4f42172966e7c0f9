//! **Visible**: what somebody was told of, by an acknowledgement, a message or a page, can be fetched from then on by
//! everybody, and no crash takes it back.

use hintwire::cursor::Position;

use super::facts::{Facts, FinalLog, lists};
use super::history::{Kind, What};
use super::streams::streams;

pub fn check(facts: &Facts<'_>) -> Result<usize, String> {
    let pages = heads_follow(facts)?;
    let streams = confirmations_follow(facts)?;
    if let Some(log) = &facts.log {
        stays(facts, log)?;
    }
    Ok(pages + streams)
}

/// A fetch reaches whatever was told before it began.
fn heads_follow(facts: &Facts<'_>) -> Result<usize, String> {
    let mut checked = 0;
    for (entry, page) in facts.pages() {
        let before = facts.bounds.head_before(entry);
        if page.head.position < before {
            let head = page.head;
            return Err(format!("a page states {head:?}, but {before} was told before it began"));
        }
        checked += usize::from(before > Position::INCEPTION);
    }
    Ok(checked)
}

/// A stream is confirmed at whatever was told before it was asked for.
fn confirmations_follow(facts: &Facts<'_>) -> Result<usize, String> {
    let mut checked = 0;
    for (number, stream) in streams(facts.history) {
        let first = stream.messages.first().filter(|message| message.kind == Kind::Confirmed);
        let Some(message) = first else { continue };
        let before = facts.bounds.head_before(stream.opened);
        if message.head.position < before {
            return Err(format!("stream {number} begins at {message:?}, {before} was told before"));
        }
        checked += 1;
    }
    Ok(checked)
}

/// What was read, handled or pointed at is there at the end.
fn stays(facts: &Facts<'_>, log: &FinalLog<'_>) -> Result<(), String> {
    for entry in &facts.history.entries {
        let pointed = match &entry.what {
            What::Fetch { result: Ok(page), .. } => page.head.position,
            What::Message(message) => message.head.position,
            What::Handled { cursor, .. } => cursor.position,
            _ => Position::INCEPTION,
        };
        if pointed > log.head {
            return Err(format!("{pointed} was told; the log ends at {}", log.head));
        }
        for (cursor, event) in lists(&entry.what).unwrap_or_default() {
            if log.retains(cursor.position) && log.find(cursor.position).is_none() {
                return Err(format!("{event:?} was read at {cursor:?}, and is not there any more"));
            }
        }
    }
    Ok(())
}
