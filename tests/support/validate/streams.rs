//! Streams of a history, put together from what was recorded of each.

use std::collections::BTreeMap;

use hintwire::topic::Selection;

use super::history::{Entry, History, Message, What};

/// A stream that was opened.
pub struct Stream<'a> {
    pub opened: &'a Entry,
    pub selection: &'a Selection,
    pub messages: Vec<&'a Message>,
    /// It ended, its client left, or the hub crashed.
    pub ended: bool,
}

/// All streams, by number.
pub fn streams(history: &History) -> BTreeMap<u64, Stream<'_>> {
    let mut streams: BTreeMap<u64, Stream<'_>> = BTreeMap::new();
    let mut open: Vec<u64> = Vec::new();
    for entry in &history.entries {
        match &entry.what {
            What::StreamOpened { stream, selection, .. } => {
                let new = Stream { opened: entry, selection, messages: Vec::new(), ended: false };
                streams.insert(*stream, new);
                open.push(*stream);
            }
            What::Message(message) => {
                if let Some(stream) = streams.get_mut(&message.stream) {
                    stream.messages.push(message);
                }
            }
            What::StreamEnded { stream, .. } => {
                streams.entry(*stream).and_modify(|stream| stream.ended = true);
            }
            What::Crashed => {
                for stream in open.drain(..) {
                    streams.entry(stream).and_modify(|stream| stream.ended = true);
                }
            }
            _ => {}
        }
    }
    streams
}
