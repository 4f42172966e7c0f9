//! Which events of one segment are worth looking at.

use std::sync::Arc;

use super::fault::{Fault, checked};
use super::plan::Spot;
use super::selector::Selector;
use crate::backlog::log::disk::Disk;
use crate::backlog::log::index::{IndexFile, TopicPostings};
use crate::backlog::log::live::LiveIndex;
use crate::backlog::log::segment::{Form, Segment};

/// Slots of a live index looked at in one go.
const LIVE_STEPS: u32 = 1 << 18;
/// A list of candidates must be this much shorter than the run of events that it is taken from.
const SPARSER: u32 = 16;
/// Lists up to this long are read whatever the run is.
const SHORT: u32 = 1024;
/// No list longer than this is read.
const LONG: u32 = 1 << 18;
/// Pages of names that are looked through for those that match.
const NAME_PAGES: u32 = 64;
/// Topics whose postings are looked up one by one.
const TOPICS: usize = 256;
/// Events of a run that are looked at in one go.
const RUN: u32 = 1024;

/// What to look at next.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Candidates {
    /// Ascending.
    pub ordinals: Vec<u32>,
    /// Nothing else before this ordinal matches.
    pub until: u32,
}

impl Candidates {
    /// At most `most` of these, all there are before `to`.
    fn of(mut ordinals: Vec<u32>, to: u32, most: usize) -> Self {
        ordinals.sort_unstable();
        let until = ordinals.get(most).copied().unwrap_or(to);
        ordinals.truncate(most);
        Self { ordinals, until }
    }

    /// All events of a stretch.
    fn run(from: u32, to: u32, most: usize) -> Self {
        let until = to.min(from.saturating_add(u32::try_from(most).unwrap_or(RUN).min(RUN)));
        Self { ordinals: (from..until).collect(), until }
    }
}

/// What a segment is searched for.
pub(super) struct Search<'s> {
    pub selector: &'s Selector<'s>,
    /// Where its topics are listed, if the plan knows.
    pub spots: Option<&'s [Spot]>,
    /// Ordinals from here to before there.
    pub span: (u32, u32),
    /// As many as are wanted; at least 1.
    pub wanted: usize,
    /// As many as may be looked at; at least 1.
    pub examinable: usize,
}

/// The first candidates of the span.
pub(super) fn candidates<D: Disk>(
    segment: &Arc<Segment<D>>,
    search: &Search<'_>,
) -> Result<Candidates, Fault<D>> {
    let (from, to) = search.span;
    if search.selector.is_everything() {
        return Ok(Candidates::run(from, to, search.wanted));
    }
    match (&segment.form, search.spots) {
        (Form::Live(live), Some(spots)) => Ok(in_live(live, spots, search)),
        (Form::Live(live), None) => {
            let matches = |name: &str| search.selector.matches(name);
            let (ordinals, until) = live.matching(matches, search.span, search.wanted, LIVE_STEPS);
            Ok(Candidates { ordinals, until })
        }
        (Form::Stored(index), Some(spots)) => in_lists(segment, index, spots, search),
        (Form::Stored(index), None) => in_ranges(segment, index, search),
        (Form::Sparse(_), _) => Ok(Candidates { ordinals: Vec::new(), until: to }),
    }
}

fn in_live(live: &LiveIndex, spots: &[Spot], search: &Search<'_>) -> Candidates {
    let (from, to) = search.span;
    let newest = spots.iter().filter_map(|spot| match spot {
        Spot::Newest(ordinal) => Some(*ordinal),
        Spot::Stored(_) => None,
    });
    // One more than is wanted of each tells where the next would be.
    let found = newest.flat_map(|newest| live.of_topic(newest, from, to, search.wanted + 1));
    Candidates::of(found.collect(), to, search.wanted)
}

fn in_lists<D: Disk>(
    segment: &Arc<Segment<D>>,
    index: &IndexFile<D::File>,
    spots: &[Spot],
    search: &Search<'_>,
) -> Result<Candidates, Fault<D>> {
    let (from, to) = search.span;
    let mut found = Vec::new();
    for spot in spots {
        if let Spot::Stored(topic) = spot {
            found.extend(postings_from(segment, index, topic, from, search.wanted + 1)?);
        }
    }
    found.retain(|ordinal| *ordinal < to);
    Ok(Candidates::of(found, to, search.wanted))
}

/// Up to `most` postings of a topic, from an ordinal on.
fn postings_from<D: Disk>(
    segment: &Arc<Segment<D>>,
    index: &IndexFile<D::File>,
    topic: &TopicPostings,
    from: u32,
    most: usize,
) -> Result<Vec<u32>, Fault<D>> {
    let (mut low, mut high) = (0, topic.count);
    while low < high {
        let middle = low + (high - low) / 2;
        let ordinal = checked(segment, index.postings(topic.start + middle, 1))?;
        if ordinal.first().is_none_or(|ordinal| *ordinal >= from) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    let count = (topic.count - low).min(u32::try_from(most).unwrap_or(u32::MAX));
    checked(segment, index.postings(topic.start + low, count))
}

/// Candidates by the names that match, if there are not too many of those: for patterns such as `*/x`.
fn in_names<D: Disk>(
    segment: &Arc<Segment<D>>,
    index: &IndexFile<D::File>,
    search: &Search<'_>,
) -> Result<Candidates, Fault<D>> {
    let (from, to) = search.span;
    let scan = Candidates::run(from, to, search.examinable);
    let (mut spots, mut total) = (Vec::new(), 0u32);
    for range in &search.selector.ranges {
        let topics = index.topics_between(&range.start, &range.end, NAME_PAGES);
        let Some(topics) = checked(segment, topics)? else { return Ok(scan) };
        for topic in topics.into_iter().filter(|topic| range.matches(&topic.name)) {
            total = total.saturating_add(topic.count);
            spots.push(Spot::Stored(topic));
        }
        if is_dense(total, search) || spots.len() > TOPICS {
            return Ok(scan);
        }
    }
    in_lists(segment, index, &spots, search)
}

/// Whether there are so many candidates that looking at all events costs less.
fn is_dense(candidates: u32, search: &Search<'_>) -> bool {
    let (from, to) = search.span;
    candidates > LONG || (candidates > SHORT && candidates > (to - from) / SPARSER)
}

/// Candidates by name: the postings of whole ranges of names, unless so many events are there that a scan is cheaper.
fn in_ranges<D: Disk>(
    segment: &Arc<Segment<D>>,
    index: &IndexFile<D::File>,
    search: &Search<'_>,
) -> Result<Candidates, Fault<D>> {
    let (from, to) = search.span;
    let mut lists = Vec::new();
    let mut total = 0u32;
    for range in &search.selector.ranges {
        let (first, end) = checked(segment, index.between(&range.start, &range.end))?;
        total = total.saturating_add(end.saturating_sub(first));
        lists.push((first, end.saturating_sub(first)));
    }
    if is_dense(total, search) {
        return in_names(segment, index, search);
    }
    let mut found = Vec::with_capacity(total as usize);
    for (first, count) in lists {
        found.extend(checked(segment, index.postings(first, count))?);
    }
    found.retain(|ordinal| (from..to).contains(ordinal));
    Ok(Candidates::of(found, to, search.wanted))
}
