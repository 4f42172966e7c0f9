//! Reading: from a selection to a page, on an immutable view, without holding up anybody.
//!
//! ```text
//! plan     which segments: all, or those that the topics' links lead to
//! select   which events of a segment: postings if they are few, else all in order
//! fetch    their bytes: hot tail, or few large reads; each event verified
//! page     filter, limits
//! ```

mod fault;
mod fetch;
mod page;
mod plan;
mod rebuild;
mod seek;
mod select;
mod selector;
mod snapshot;

pub use rebuild::rebuild;
pub use seek::{published, seek};
pub use snapshot::snapshot;

use fault::Fault;
use fetch::{fetch, fetch_one};
use page::Filling;
use plan::{Plan, plan};
use select::{Search, candidates};
use selector::Selector;

use super::disk::Disk;
use super::state::Shared;
use super::view::View;
use crate::backlog::{Page, Read, ReadError};
use crate::cursor::Position;
use crate::event::StoredEvent;
use crate::planted::Planted;

/// Whether a read from this place touches memory alone, most likely.
pub fn is_hot<D: Disk>(shared: &Shared<D>, read: &Read) -> bool {
    shared.hot.covers(read.after) || shared.topics.newest(&read.selection.patterns) <= read.after
}

/// A page of events after a place.
pub fn read<D: Disk>(shared: &Shared<D>, read: &Read) -> Result<Page, ReadError> {
    repairing(shared, || attempt(shared, read))
}

/// The event of a position that is held somewhere, be it before the trim point.
pub fn find<D: Disk>(shared: &Shared<D>, position: Position) -> Result<StoredEvent, ReadError> {
    repairing(shared, || {
        let view = shared.view.load_full();
        let Some((_, segment)) = view.holding(position) else {
            return Err(ReadError::Trimmed.into());
        };
        let missing = || fault::damaged(segment, 0, &format!("it lacks position {position}"));
        Ok(fetch_one(segment, position)?.ok_or_else(missing)?)
    })
}

/// Repeats what met a damaged index file, after that was rebuilt.
fn repairing<D: Disk, T>(
    shared: &Shared<D>,
    attempt: impl Fn() -> Result<T, Fault<D>>,
) -> Result<T, ReadError> {
    loop {
        match attempt() {
            Ok(done) => return Ok(done),
            Err(Fault::Final(error)) => return Err(error),
            // Once rebuilt it is in memory and cannot fail again.
            Err(Fault::Index(segment)) => rebuild(shared, &segment)?,
        }
    }
}

fn attempt<D: Disk>(shared: &Shared<D>, read: &Read) -> Result<Page, Fault<D>> {
    // In this order: whatever is at or before the head is in the table, and its segment in the view.
    let head = Position(shared.head().0.saturating_sub(Planted::HintBeforeVisible.is_on().into()));
    let newest = shared.topics.newest(&read.selection.patterns);
    let view = shared.view.load_full();
    if read.after < view.earliest {
        return Err(ReadError::Trimmed.into());
    }
    if newest <= read.after || head <= read.after {
        return Ok(Page { events: Vec::new(), next: head, head, has_more: false });
    }
    let selector = Selector::new(&read.selection);
    let mut page = Filling::new(read, &selector);
    let plan = plan(&view, &shared.topics, &selector, read.after)?;
    let complete =
        Reading { shared, view: &view, selector: &selector, head }.fill(&plan, &mut page)?;
    let has_more = !complete && newest > page.next && page.next < head;
    let next = if has_more { page.next } else { head };
    Ok(Page { events: page.events, next, head, has_more })
}

/// One read on its way.
struct Reading<'r, D: Disk> {
    shared: &'r Shared<D>,
    view: &'r View<D>,
    selector: &'r Selector<'r>,
    head: Position,
}

impl<D: Disk> Reading<'_, D> {
    /// Fills the page from segment to segment; whether all up to the head was examined.
    fn fill(&self, plan: &Plan, page: &mut Filling<'_>) -> Result<bool, Fault<D>> {
        let first = self.view.index_at(page.next);
        for index in first..self.view.segments.len() {
            let spots = match plan {
                Plan::All => None,
                Plan::Only(found) => match found.get(&index) {
                    Some(spots) => Some(spots.as_slice()),
                    None => continue,
                },
            };
            if !self.fill_from(index, spots, page)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Fills the page from one segment; whether all of that was examined.
    fn fill_from(
        &self,
        index: usize,
        spots: Option<&[plan::Spot]>,
        page: &mut Filling<'_>,
    ) -> Result<bool, Fault<D>> {
        let Some(segment) = self.view.segments.get(index) else { return Ok(true) };
        let count = |place: Position| u32::try_from(place.0 - segment.base.0).unwrap_or(u32::MAX);
        let to = count(segment.last(self.head));
        let mut from = count(page.next.max(segment.base));
        while from < to {
            let (wanted, examinable) = (page.wanted(), page.examinable());
            if wanted == 0 {
                return Ok(false);
            }
            let selector = self.selector;
            let search = Search { selector, spots, span: (from, to), wanted, examinable };
            let found = candidates(segment, &search)?;
            if fetch(segment, &self.shared.hot, &found.ordinals, page)?.is_break() {
                return Ok(false);
            }
            from = found.until;
            // What lies between the candidates is examined too.
            page.next = page.next.max(Position(segment.base.0 + u64::from(from)));
        }
        Ok(true)
    }
}
