//! An index from the records.

use std::sync::Arc;

use super::fault::damaged;
use crate::backlog::ReadError;
use crate::backlog::log::disk::Disk;
use crate::backlog::log::live::LiveIndex;
use crate::backlog::log::record::{FIRST_RECORD, Record};
use crate::backlog::log::scan::Scanner;
use crate::backlog::log::segment::{Form, Segment};
use crate::backlog::log::state::Shared;
use crate::cursor::Position;
use crate::event::EventView;
use crate::topic::Topic;
use crate::topic::table::TopicTable;

/// Reads a sealed segment and puts it, with an index in memory, in the place of the one that has lost its file.
/// Maintenance writes that anew.
pub fn rebuild<D: Disk>(shared: &Shared<D>, segment: &Arc<Segment<D>>) -> Result<(), ReadError> {
    let live = scan(segment)?;
    let rebuilt = segment.found_by(Form::Live(live));
    shared.view.rcu(|view| view.replacing(&rebuilt));
    shared.work.raise();
    Ok(())
}

fn scan<D: Disk>(segment: &Segment<D>) -> Result<LiveIndex, ReadError> {
    let live = LiveIndex::new(segment.base);
    // Not the table of the backlog: what is known there of a topic came after, and is no link to what came before.
    let table = TopicTable::default();
    let unreadable = |error: std::io::Error| damaged(segment, 0, &error.to_string());
    let mut scanner =
        Scanner::new(&*segment.file, segment.seed, FIRST_RECORD).map_err(unreadable)?;
    loop {
        match scanner.advance().map_err(unreadable)? {
            Some((at, Record::Batch(batch))) => {
                for (place, entry) in batch.entries() {
                    let offset = at + place as u64;
                    let topic = EventView::parse(entry.wire)
                        .ok()
                        .and_then(|view| Topic::parse(view.topic, "topic").ok())
                        .ok_or_else(|| damaged(segment, offset, "it holds no valid event"))?;
                    let entry = table.entry(&topic);
                    table.restore(&entry, Position(u64::MAX), Position::INCEPTION, 0);
                    live.push(&entry, offset as u32);
                }
            }
            Some((_, Record::Seal(_))) => return Ok(live),
            None => return Err(damaged(segment, scanner.end(), "it holds no valid record")),
        }
    }
}
