//! How much is kept.

use std::sync::Arc;

use crate::backlog::log::disk::Disk;
use crate::backlog::log::record::Seal;
use crate::backlog::log::segment::Segment;
use crate::backlog::log::state::Shared;
use crate::backlog::log::view::View;
use crate::cursor::Position;

/// The trim point that the settings ask for, if it lies after the present one.
pub(super) fn due<D: Disk>(shared: &Shared<D>) -> Option<Position> {
    let (head, now) = (shared.head(), (shared.clock)());
    let view = shared.view.load();
    let keep = &shared.settings.retention;
    let age = u64::try_from(keep.age.as_micros()).unwrap_or(u64::MAX);
    let retained = || view.segments.iter().filter(|segment| segment.number >= view.first);
    let mut bytes: u64 = retained().map(|segment| segment.bytes()).sum();
    let mut events: u64 = retained().map(|segment| segment.events(head)).sum();
    let mut earliest = None;
    for segment in retained() {
        // The one that is written to stays, whatever it holds.
        let Some(seal) = segment.seal.get() else { break };
        bytes -= segment.bytes().min(bytes);
        events -= segment.events(head).min(events);
        let aged = age > 0 && seal.time.0.saturating_add(age) < now.0;
        let enough_bytes = keep.bytes > 0 && bytes >= keep.bytes;
        let enough_events = keep.events > 0 && events >= keep.events;
        if !aged && !enough_bytes && !enough_events {
            break;
        }
        earliest = Some(seal.last);
    }
    earliest
}

/// The last end of a segment at or before a place, if it lies after the present trim point.
pub(super) fn trimmed<D: Disk>(shared: &Shared<D>, before: Position) -> Option<Position> {
    let view = shared.view.load();
    let retained = view.segments.iter().filter(|segment| segment.number >= view.first);
    let ends = retained.map_while(|segment| segment.seal.get()).map(|seal| seal.last);
    ends.take_while(|end| *end <= before).last()
}

/// A view with its trim point moved forward.
pub(super) fn moved<D: Disk>(view: &View<D>, earliest: Position) -> View<D> {
    let newest = passed(view, earliest).last();
    let (first, base) = match newest.and_then(|segment| segment.seal.get().zip(Some(segment))) {
        Some((seal, segment)) => (segment.number + 1, seal.next),
        None => (view.first, view.base),
    };
    let earliest = earliest.max(view.earliest);
    View { segments: view.segments.clone(), earliest, first, base }
}

/// The segments of a view that a later trim point has passed.
pub(super) fn passed<D: Disk>(
    view: &View<D>,
    earliest: Position,
) -> impl Iterator<Item = &Arc<Segment<D>>> {
    let retained = view.segments.iter().filter(|segment| segment.number >= view.first);
    retained.filter(move |segment| is_before(segment, earliest))
}

fn is_before<D: Disk>(segment: &Segment<D>, earliest: Position) -> bool {
    segment.seal.get().is_some_and(|seal: &Seal| seal.last <= earliest)
}
