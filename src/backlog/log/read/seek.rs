//! By time.

use std::sync::Arc;

use super::fault::{Fault, damaged};
use super::fetch::fetch_one;
use super::repairing;
use crate::backlog::ReadError;
use crate::backlog::log::disk::Disk;
use crate::backlog::log::segment::Segment;
use crate::backlog::log::state::Shared;
use crate::backlog::log::view::View;
use crate::cursor::Position;
use crate::event::Micros;

/// The place before the first event published at or after a time; `None` if that lies before what is retained and
/// something was trimmed. A time after the newest event gives the head.
pub fn seek<D: Disk>(shared: &Shared<D>, time: Micros) -> Result<Option<Position>, ReadError> {
    repairing(shared, || {
        let head = shared.head();
        let view = shared.view.load_full();
        let trimmed = view.earliest > Position::INCEPTION;
        let Some(first) = first_time(&view, head)? else {
            // Nothing is retained: what there was is older than now.
            return Ok((!trimmed || time > (shared.clock)()).then_some(head));
        };
        if time < first {
            return Ok((!trimmed).then_some(view.earliest));
        }
        seek_in(&view, head, time).map(Some)
    })
}

/// When the newest event at or before a place was published; where that is gone, when the first retained one was.
pub fn published<D: Disk>(shared: &Shared<D>, at: Position) -> Result<Option<Micros>, ReadError> {
    repairing(shared, || {
        let head = shared.head();
        let view = shared.view.load_full();
        let at = at.min(head);
        if at <= view.earliest {
            return first_time(&view, head);
        }
        match retained(&view, at).last() {
            Some(segment) => time_of(segment, segment.last(at)).map(Some),
            None => first_time(&view, head),
        }
    })
}

/// The segments that hold events after the trim point.
fn retained<D: Disk>(view: &View<D>, head: Position) -> Vec<&Arc<Segment<D>>> {
    let has_events = |segment: &&Arc<Segment<D>>| {
        segment.last(head) > segment.base && segment.last(head) > view.earliest
    };
    view.segments.iter().filter(has_events).collect()
}

fn first_time<D: Disk>(view: &View<D>, head: Position) -> Result<Option<Micros>, Fault<D>> {
    let segments = retained(view, head);
    let Some(segment) = segments.first() else { return Ok(None) };
    time_of(segment, segment.position(0)).map(Some)
}

fn time_of<D: Disk>(segment: &Arc<Segment<D>>, position: Position) -> Result<Micros, Fault<D>> {
    let event = fetch_one(segment, position)?;
    let missing = || damaged(segment, 0, &format!("it lacks position {position}"));
    Ok(event.ok_or_else(missing)?.published)
}

fn seek_in<D: Disk>(view: &View<D>, head: Position, time: Micros) -> Result<Position, Fault<D>> {
    let segments = retained(view, head);
    let ended_before = |s: &&Arc<Segment<D>>| s.seal.get().is_some_and(|seal| seal.time < time);
    let Some(segment) = segments.get(segments.partition_point(ended_before)) else {
        return Ok(head);
    };
    let (mut low, mut high) = (segment.base.0, segment.last(head).0);
    while low < high {
        let middle = low + (high - low) / 2;
        if time_of(segment, Position(middle + 1))? < time {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    // A seal may be younger than the last event before it: then the first event of the time is in a segment behind.
    let newest = segments.last().map_or(head, |newest| newest.last(head));
    Ok(if low == newest.0 { head } else { Position(low).max(view.earliest) })
}
