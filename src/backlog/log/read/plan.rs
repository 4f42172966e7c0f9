//! Which segments a read has to look into.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::fault::{Fault, checked};
use super::selector::Selector;
use crate::backlog::log::disk::Disk;
use crate::backlog::log::index::{Previous, TopicPostings};
use crate::backlog::log::segment::{Form, Segment};
use crate::backlog::log::view::View;
use crate::cursor::Position;
use crate::topic::table::{TopicEntry, TopicTable};

/// Segments in which topics are looked up one after the other, before it is cheaper to go through all segments.
const LOOKUPS: usize = 256;

/// Topics that are followed one by one although a pattern, not a name, was given.
const FEW: usize = 64;

/// Which segments a read has to look into.
pub(super) enum Plan {
    /// All from the start on.
    All,
    /// These, by their place in the view, with where the events of the topics are listed in each.
    Only(BTreeMap<usize, Vec<Spot>>),
}

/// Where the events of one topic in one segment are listed.
#[derive(Debug, Clone)]
pub(super) enum Spot {
    /// In its live index, back from this ordinal.
    Newest(u32),
    /// In its index file.
    Stored(TopicPostings),
}

/// Where a topic is looked for next.
enum Step {
    /// In the segment that holds this position.
    At(Position),
    /// In the segments before this one, one by one.
    Before(usize),
}

/// Follows the topics that are wanted, if they are few, back from their newest events, from segment to segment.
pub(super) fn plan<D: Disk>(
    view: &View<D>,
    topics: &TopicTable,
    selector: &Selector<'_>,
    after: Position,
) -> Result<Plan, Fault<D>> {
    let Some(wanted) = wanted(topics, selector, after) else { return Ok(Plan::All) };
    let mut found = BTreeMap::new();
    let mut lookups = 0;
    for entry in wanted {
        let step = Step::At(entry.newest());
        let mut walk = Walk { view, name: entry.topic().as_str(), after, step };
        while let Some((index, spot)) = walk.next(&mut lookups)? {
            found.entry(index).or_insert_with(Vec::new).push(spot);
        }
        if lookups > LOOKUPS {
            return Ok(Plan::All);
        }
    }
    Ok(Plan::Only(found))
}

/// The topics that are wanted, if they are few.
fn wanted(
    topics: &TopicTable,
    selector: &Selector<'_>,
    after: Position,
) -> Option<Vec<Arc<TopicEntry>>> {
    if selector.is_literal() {
        return Some(selector.literals.iter().filter_map(|name| topics.get(name)).collect());
    }
    if selector.is_everything() {
        return None;
    }
    topics.few(selector.patterns, after, FEW)
}

/// The way of one topic back through the segments.
struct Walk<'w, D: Disk> {
    view: &'w View<D>,
    name: &'w str,
    after: Position,
    step: Step,
}

impl<D: Disk> Walk<'_, D> {
    /// The next segment back that holds events of the topic after the start.
    fn next(&mut self, lookups: &mut usize) -> Result<Option<(usize, Spot)>, Fault<D>> {
        while *lookups <= LOOKUPS {
            *lookups += 1;
            let (index, hint) = match self.step {
                Step::At(position) if position > self.after => match self.view.holding(position) {
                    Some((index, _)) => (index, Some(position)),
                    None => return Ok(None),
                },
                Step::Before(index) if index > self.view.index_at(self.after) => (index - 1, None),
                Step::At(_) | Step::Before(_) => return Ok(None),
            };
            let Some(segment) = self.view.segments.get(index) else { return Ok(None) };
            let Ok(found) = find(segment, self.name, hint)? else {
                *lookups = LOOKUPS + 1;
                return Ok(None);
            };
            let previous = found.as_ref().map_or(Previous::Unknown, |(_, previous)| *previous);
            self.step = match previous {
                Previous::At(position) => Step::At(position),
                Previous::Unknown => Step::Before(index),
            };
            if let Some((spot, _)) = found {
                return Ok(Some((index, spot)));
            }
        }
        Ok(None)
    }
}

/// A live index is searched by position alone, and this is none of its own.
struct NoHint;

/// A topic in a segment, if that holds any event of it.
type Found = Result<Option<(Spot, Previous)>, NoHint>;

fn find<D: Disk>(
    segment: &Arc<Segment<D>>,
    name: &str,
    hint: Option<Position>,
) -> Result<Found, Fault<D>> {
    match &segment.form {
        Form::Stored(index) => {
            let topic = checked(segment, index.topic(name))?;
            Ok(Ok(topic.map(|topic| (Spot::Stored(topic.clone()), topic.previous))))
        }
        Form::Live(live) => {
            // The newest event of a topic may be in a segment that was begun after this view was taken: it says nothing
            // about the one that seems to hold it.
            let own = |ordinal: &u32| *ordinal < live.count();
            let Some(ordinal) = hint.and_then(|at| segment.ordinal(at)).filter(own) else {
                return Ok(Err(NoHint));
            };
            let topic = live.topic(ordinal).filter(|topic| topic.entry.topic().as_str() == name);
            Ok(Ok(topic.map(|topic| (Spot::Newest(ordinal), topic.previous))))
        }
        Form::Sparse(_) => Ok(Ok(None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backlog::log::tests::support::{Place, append};
    use crate::topic::{Patterns, Selection};

    #[test]
    fn a_topic_that_went_on_in_a_segment_which_the_view_lacks_is_looked_for_in_all_that_it_has() {
        let place = Place::new();
        let mut log = place.open();
        append(&mut log, "a", "1");
        let view = log.shared.view.load_full();
        (0..20).for_each(|_| _ = append(&mut log, "b", vec![0; 5000]));
        append(&mut log, "a", "2");
        let selection = Selection::of(Patterns::parse(&["a"], 1, "topics").unwrap());
        let found = plan(&view, &log.shared.topics, &Selector::new(&selection), Position(0));
        assert!(matches!(found, Ok(Plan::All)));
    }
}
