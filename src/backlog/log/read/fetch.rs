//! From ordinals to events: out of the hot tail, or off the disk in few reads, verified one by one.

use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;

use super::fault::{Fault, checked, damaged};
use super::page::Filling;
use crate::backlog::log::disk::{Disk, DiskFile};
use crate::backlog::log::hot::HotTail;
use crate::backlog::log::record::{ENTRY_HEADER, Entry, entry_len};
use crate::backlog::log::segment::{Form, Segment};
use crate::cursor::Position;
use crate::event::StoredEvent;

/// Bytes between two events that are read rather than skipped.
const GAP: u64 = 4096;
/// Bytes of one read, but for a single event that is larger.
const CHUNK: u64 = 256 << 10;
/// Ordinals whose offsets are looked up at once.
const WINDOW: u32 = 1024;

/// Where an event lies.
#[derive(Debug, Clone, Copy)]
struct Span {
    position: Position,
    start: u64,
    end: u64,
}

/// Offers the events of these ordinals, in order, to the page; whether it could take them all.
pub(super) fn fetch<D: Disk>(
    segment: &Arc<Segment<D>>,
    hot: &HotTail,
    ordinals: &[u32],
    page: &mut Filling<'_>,
) -> Result<ControlFlow<()>, Fault<D>> {
    let mut ordinals = ordinals;
    while let Some((first, rest)) = ordinals.split_first() {
        let Some(event) = hot.get(segment.position(*first)) else { break };
        if page.offer(event).is_break() {
            return Ok(ControlFlow::Break(()));
        }
        ordinals = rest;
    }
    let mut spans = Spans { segment, ordinals, start: 0, offsets: Vec::new() };
    let mut next = spans.next()?;
    while let Some(first) = next {
        let mut chunk = vec![first];
        let mut end = first.end;
        next = spans.next()?;
        while let Some(span) = next
            && span.start < end + GAP
            && span.end - first.start <= CHUNK
        {
            end = span.end;
            chunk.push(span);
            next = spans.next()?;
        }
        if read_chunk(segment, &chunk, (first.start, end), page)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// Reads what lies from `start` to `end` and offers its events.
fn read_chunk<D: Disk>(
    segment: &Segment<D>,
    spans: &[Span],
    (start, end): (u64, u64),
    page: &mut Filling<'_>,
) -> Result<ControlFlow<()>, Fault<D>> {
    let mut bytes = vec![0; (end - start) as usize];
    let read = segment.file.read_at(&mut bytes, start);
    read.map_err(|error| damaged(segment, start, &error.to_string()))?;
    let (bytes, before) = (Bytes::from(bytes), page.events.len());
    let mut flow = ControlFlow::Continue(());
    for span in spans {
        let event = decode(segment, &bytes, (span.start - start) as usize, *span)?;
        flow = page.offer(event);
        if flow.is_break() {
            break;
        }
    }
    page.settle(before, bytes.len());
    Ok(flow)
}

fn decode<D: Disk>(
    segment: &Segment<D>,
    chunk: &Bytes,
    at: usize,
    span: Span,
) -> Result<StoredEvent, Fault<D>> {
    let entry = chunk.get(at..).and_then(|bytes| Entry::decode(bytes, segment.seed, span.position));
    let entry = entry.ok_or_else(|| damaged(segment, span.start, "it holds no valid event"))?;
    let wire = at + ENTRY_HEADER;
    Ok(StoredEvent {
        position: span.position,
        published: entry.time,
        wire: chunk.slice(wire..wire + entry.wire.len()),
        data_at: entry.data_at,
    })
}

/// Reads the one event of a position, if the segment holds it.
pub(in crate::backlog::log) fn fetch_one<D: Disk>(
    segment: &Arc<Segment<D>>,
    position: Position,
) -> Result<Option<StoredEvent>, Fault<D>> {
    let unreadable = |error: std::io::Error| damaged(segment, 0, &error.to_string());
    let start = match &segment.form {
        Form::Sparse(sparse) => {
            sparse.offset(&*segment.file, segment.seed, position).map_err(unreadable)?
        }
        form => match segment.ordinal(position) {
            Some(ordinal) => offsets(segment, form, ordinal, 1)?.first().copied(),
            None => None,
        },
    };
    let Some(start) = start.map(u64::from) else { return Ok(None) };
    let span = Span { position, start, end: start + entry_bytes(segment, start)? };
    let mut bytes = vec![0; (span.end - start) as usize];
    let read = segment.file.read_at(&mut bytes, start);
    read.map_err(|error| damaged(segment, start, &error.to_string()))?;
    decode(segment, &bytes.into(), 0, span).map(Some)
}

/// Bytes of the entry at a place, as it says itself.
fn entry_bytes<D: Disk>(segment: &Segment<D>, at: u64) -> Result<u64, Fault<D>> {
    let mut header = [0; ENTRY_HEADER];
    let read = segment.file.read_at(&mut header, at);
    read.map_err(|error| damaged(segment, at, &error.to_string()))?;
    let len = entry_len(&header).filter(|len| *len <= crate::limits::RECORD_BYTES);
    Ok(len.ok_or_else(|| damaged(segment, at, "it holds no valid event"))? as u64)
}

/// Where entries begin: up to `count` from an ordinal on.
fn offsets<D: Disk>(
    segment: &Arc<Segment<D>>,
    form: &Form<D::File>,
    first: u32,
    count: u32,
) -> Result<Vec<u32>, Fault<D>> {
    match form {
        Form::Live(live) => Ok((first..first + count).map_while(|i| live.offset(i)).collect()),
        Form::Stored(index) => checked(segment, index.offsets(first, count)),
        Form::Sparse(_) => Ok(Vec::new()),
    }
}

/// Where the events of ascending ordinals lie. An entry ends where the next begins, or a little before.
struct Spans<'s, D: Disk> {
    segment: &'s Arc<Segment<D>>,
    ordinals: &'s [u32],
    /// Offsets of the ordinals from `start` on.
    start: u32,
    offsets: Vec<u32>,
}

impl<D: Disk> Spans<'_, D> {
    fn next(&mut self) -> Result<Option<Span>, Fault<D>> {
        let Some((&ordinal, rest)) = self.ordinals.split_first() else { return Ok(None) };
        if ordinal.wrapping_sub(self.start) as usize + 1 >= self.offsets.len() {
            self.load(ordinal)?;
        }
        self.ordinals = rest;
        let within = (ordinal - self.start) as usize;
        let at = |i: usize| self.offsets.get(i).copied().map(u64::from);
        let position = self.segment.position(ordinal);
        let start = at(within).ok_or_else(|| {
            damaged(self.segment, 0, &format!("its index ends before position {position}"))
        })?;
        let end = match at(within + 1) {
            Some(end) => end,
            None => start + entry_bytes(self.segment, start)?,
        };
        Ok(Some(Span { position, start, end }))
    }

    /// Looks up the offsets of as many of the coming ordinals as lie close together, and of what follows them.
    fn load(&mut self, first: u32) -> Result<(), Fault<D>> {
        let near = |ordinal: &&u32| **ordinal - first < WINDOW;
        let last = self.ordinals.iter().take_while(near).last().copied().unwrap_or(first);
        self.start = first;
        self.offsets = offsets(self.segment, &self.segment.form, first, last - first + 2)?;
        Ok(())
    }
}
