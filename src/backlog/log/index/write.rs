//! Writing an index file.

use std::io;

use super::{MAGIC, VERSION};
use crate::backlog::log::disk::DiskFile;
use crate::backlog::log::live::{LiveIndex, LiveTopic};
use crate::backlog::log::pages::{NUMBERS, PAGE, PageWriter};
use crate::cursor::Position;

/// What an index file says of its segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Summary {
    pub number: u32,
    pub base: Position,
    pub events: u32,
    pub end: u32,
    pub names: u32,
    pub fences: u32,
    pub postings: u32,
}

impl Summary {
    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::from(MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&self.number.to_le_bytes());
        out.extend_from_slice(&self.base.0.to_le_bytes());
        for field in [self.events, self.end, self.names, self.fences, self.postings] {
            out.extend_from_slice(&field.to_le_bytes());
        }
        out
    }

    /// Whether a file of this length has room for all that this says, so that no more memory is taken than the file has.
    pub fn fits(&self, len: u64) -> bool {
        let numbers = u64::from(self.events.div_ceil(NUMBERS));
        let ordered = self.names <= self.fences && self.fences <= self.postings;
        let end = u64::from(self.postings) + numbers;
        ordered && numbers < u64::from(self.names) && end * PAGE as u64 <= len
    }
}

/// Writes the index of a sealed segment into an empty file. `end` is where the last entry of the segment ends.
pub fn write(
    file: &impl DiskFile,
    seed: u32,
    (number, base): (u32, Position),
    live: &LiveIndex,
    end: u32,
) -> io::Result<()> {
    let by_topic = ByTopic::of(live);
    let mut writer = PageWriter::new(file, seed, 1);
    for (offset, _) in live.slots() {
        writer.put(&offset.to_le_bytes())?;
    }
    let names = writer.finish_section()?;
    let fenced = put_names(&mut writer, &by_topic)?;
    let fences = writer.finish_section()?;
    for name in fenced {
        writer.put(&name)?;
    }
    let postings = writer.finish_section()?;
    for ordinal in &by_topic.postings {
        writer.put(&ordinal.to_le_bytes())?;
    }
    writer.finish_section()?;
    let events = live.count();
    let summary = Summary { number, base, events, end, names, fences, postings };
    let mut header = PageWriter::new(file, seed, 0);
    header.put(&summary.encode())?;
    header.finish_section()?;
    Ok(())
}

/// Puts the names; returns, as fences, the first of each page.
fn put_names(
    writer: &mut PageWriter<'_, impl DiskFile>,
    by_topic: &ByTopic<'_>,
) -> io::Result<Vec<Vec<u8>>> {
    let mut fences = Vec::new();
    let mut start = 0u32;
    for (topic, count) in &by_topic.topics {
        let name = topic.entry.topic().as_str();
        let mut fence = vec![name.len() as u8];
        fence.extend_from_slice(name.as_bytes());
        let mut item = fence.clone();
        item.extend_from_slice(&start.to_le_bytes());
        item.extend_from_slice(&count.to_le_bytes());
        item.extend_from_slice(&topic.previous.encode().to_le_bytes());
        if writer.put(&item)? {
            fences.push(fence);
        }
        start += count;
    }
    Ok(fences)
}

/// The events of a segment, topic by topic.
struct ByTopic<'l> {
    /// By name, with the number of events.
    topics: Vec<(&'l LiveTopic, u32)>,
    postings: Vec<u32>,
}

impl<'l> ByTopic<'l> {
    fn of(live: &'l LiveIndex) -> Self {
        let topics = live.topics();
        let mut order: Vec<usize> = (0..topics.len()).collect();
        let name = |number: &usize| topics.get(*number).map(|topic| topic.entry.topic().as_str());
        order.sort_unstable_by(|a, b| name(a).cmp(&name(b)));
        let mut rank = vec![0u32; topics.len()];
        for (at, number) in (0..).zip(&order) {
            rank.iter_mut().skip(*number).take(1).for_each(|rank| *rank = at);
        }
        // Rank first, ordinal next: sorted, these are the postings.
        let ranked = |(_, number): (u32, u32)| rank.get(number as usize).copied().unwrap_or(0);
        let events = live.slots().map(ranked).zip(0u32..);
        let mut pairs: Vec<u64> =
            events.map(|(rank, ordinal)| u64::from(rank) << 32 | u64::from(ordinal)).collect();
        pairs.sort_unstable();
        let mut counts = vec![0u32; topics.len()];
        for pair in &pairs {
            counts.iter_mut().skip((pair >> 32) as usize).take(1).for_each(|count| *count += 1);
        }
        let sorted = order.iter().filter_map(|number| topics.get(*number).copied());
        Self {
            topics: sorted.zip(counts).collect(),
            postings: pairs.into_iter().map(|pair| pair as u32).collect(),
        }
    }
}
