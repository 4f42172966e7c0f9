//! Reads, and whether they give what the model has.

use std::collections::BTreeMap;

use hintwire::backlog::log::{Log, read};
use hintwire::backlog::{Page, Read, ReadError, SnapshotRead};
use hintwire::cursor::Position;
use hintwire::event::{Micros, StoredEvent};
use hintwire::lineage::Extent;
use hintwire::topic::Selection;

use super::r#gen::all;
use super::model::{Model, same, told};
use super::scribe::Scribe;
use super::world::World;
use crate::disk::{Call, SimDisk};

/// Who reads all that it selects, in order.
pub struct Follower {
    pub number: u64,
    pub selection: Selection,
    /// All before is handled.
    pub at: u64,
}

fn wanted(after: u64, selection: Selection, events: usize, bytes: usize) -> Read {
    Read { after: Position(after), selection, events, bytes, omit_data: false }
}

/// Every event of a log.
pub fn all_events(log: &Log<SimDisk>) -> Result<Vec<StoredEvent>, String> {
    let (mut events, mut after) = (Vec::new(), log.shared.extent().earliest.0);
    loop {
        let read = wanted(after, all(), 1000, 1 << 20);
        let page = read::read(&log.shared, &read).map_err(|e| format!("a read fails: {e:?}"))?;
        events.extend(page.events);
        after = page.next.0;
        if !page.has_more {
            return Ok(events);
        }
    }
}

/// Tells the history what a start found: of some of it nobody was told before.
pub fn all_found(scribe: &Scribe, extent: Extent, events: &[StoredEvent]) {
    let Extent { earliest, head } = extent;
    let read = wanted(earliest.0, all(), usize::MAX, usize::MAX);
    let page = Page { events: events.to_vec(), next: head, head, has_more: false };
    scribe.fetched(scribe.began(), &read, &Ok(page));
}

/// The newest event of every key of a log.
pub fn all_keys(log: &Log<SimDisk>) -> Result<Vec<StoredEvent>, String> {
    keys(log, 1000).map_err(|e| format!("a snapshot fails: {e:?}"))
}

fn keys(log: &Log<SimDisk>, events: usize) -> Result<Vec<StoredEvent>, ReadError> {
    let (patterns, mut found, mut after) = (all().patterns, Vec::new(), None);
    loop {
        let (patterns, keys) = (patterns.clone(), Vec::new());
        let read = SnapshotRead { patterns, keys, after, events, bytes: 1 << 20, omit_data: false };
        let page = read::snapshot(&log.shared, &read)?;
        found.extend(page.events);
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(found),
        }
    }
}

/// Whether a snapshot is what the model has.
pub fn snapshot(model: &Model, found: &[StoredEvent]) -> Result<(), String> {
    let mut newest = model.snapshot();
    for stored in found {
        let view = stored.view().map_err(|_| "a snapshot holds no event")?;
        let key = (view.topic.to_owned(), view.key.to_owned());
        let Some(at) = newest.remove(&key) else {
            return Err(format!("{key:?} at {} is in the snapshot, and is gone", stored.position));
        };
        if !same(stored, at, &model.events[&at]) {
            return Err(format!("{key:?} is at {} in the snapshot, not {at}", stored.position));
        }
    }
    let missing = newest.into_iter().find(|(_, at)| model.keeps_latest || *at > model.earliest);
    missing.map_or(Ok(()), |(key, at)| Err(format!("{key:?} at {at} is not in the snapshot")))
}

/// Whether a page is what the model has.
fn page(model: &Model, read: &Read, page: &Page) -> Result<(), String> {
    let Page { events, next, head, has_more } = page;
    let matching = model.after(read.after.0).filter(|(_, e)| e.matches(&read.selection));
    let mut matching = matching.take_while(|(at, _)| at <= &next.0);
    for stored in events {
        match matching.next() {
            Some((at, event)) if same(stored, at, event) => {}
            Some((at, event)) => {
                return Err(format!("{} is left out, {} given", told(at, event), stored.position));
            }
            None => return Err(format!("{} is given and not there", stored.position)),
        }
    }
    if let Some((at, event)) = matching.next() {
        return Err(format!("{} is left out before {next}", told(at, event)));
    }
    if head.0 != model.head || *has_more != (next < head) || events.len() > read.events {
        return Err(format!("{} events, next {next}, head {head}, {has_more}", events.len()));
    }
    Ok(())
}

impl World {
    pub(super) fn fetch(&mut self) -> Result<(), String> {
        let known = self.known();
        let at = known.get(self.r#gen.rng.usize(..known.len() + 1)).copied();
        let at = at.unwrap_or(self.model.earliest);
        let selection = self.r#gen.selection();
        self.fetch_from(at, selection).map(drop)
    }

    /// A follower goes on from where it stood, whatever crashed since, while the log is trimmed.
    pub(super) fn follow(&mut self) -> Result<(), String> {
        let mut follower = match self.follower.take() {
            Some(follower) => follower,
            None => Follower {
                number: self.counts.fetches,
                selection: self.r#gen.selection(),
                at: self.model.earliest,
            },
        };
        self.scribe.follows(&follower);
        while let Some(page) = self.fetch_from(follower.at, follower.selection.clone())? {
            self.scribe.handled(&follower, &page);
            follower.at = page.next.0;
            if !page.has_more || self.disk.is_off() {
                break;
            }
        }
        if follower.at < self.log.lock().as_ref().unwrap().shared.extent().earliest.0 {
            self.scribe.stops(&follower);
        } else {
            self.follower = Some(follower);
        }
        Ok(())
    }

    fn fetch_from(&mut self, after: u64, selection: Selection) -> Result<Option<Page>, String> {
        let events = [1, 3, 1000][self.r#gen.rng.usize(..3)];
        let read = wanted(after, selection, events, [1, 9000, 1 << 20][self.r#gen.rng.usize(..3)]);
        self.disturb_with_maintenance(Call::Read);
        let began = self.scribe.began();
        let (answer, earliest) = {
            let log = self.log.lock();
            let shared = &log.as_ref().unwrap().shared;
            (read::read(shared, &read), shared.extent().earliest.0)
        };
        self.disk.clear_interrupt();
        self.scribe.fetched(began, &read, &answer);
        self.counts.fetches += 1;
        self.counts.trims_under_a_reader += u64::from(earliest > self.model.earliest);
        self.answered(&read, answer, earliest)
    }

    fn answered(
        &mut self,
        read: &Read,
        answer: Result<Page, ReadError>,
        earliest: u64,
    ) -> Result<Option<Page>, String> {
        let trimmed = read.after.0 < self.model.earliest;
        match answer {
            Ok(found) if !trimmed => {
                let empty = found.events.is_empty() && found.has_more;
                self.counts.empty_pages_with_more += u64::from(empty);
                page(&self.model, read, &found).map_err(|why| format!("{read:?}: {why}"))?;
                Ok(Some(found))
            }
            Err(ReadError::Trimmed) if read.after.0 < earliest => {
                self.counts.trimmed_cursors += 1;
                Ok(None)
            }
            Err(ReadError::Damaged { .. }) if self.disk.failed() > 0 || self.disk.is_off() => {
                Ok(None)
            }
            other => Err(format!("{read:?} from {earliest}: {other:?}")),
        }
    }

    /// A fetch that nothing matches, through more events than one may examine.
    pub(super) fn fetch_nothing(&mut self) -> Result<(), String> {
        let mut selection = all();
        selection.filter = std::sync::Arc::new(hintwire::topic::Filter {
            types: vec!["never".into()],
            ..Default::default()
        });
        let read = wanted(self.model.earliest, selection, 10, 1 << 20);
        let answer = read::read(&self.log.lock().as_ref().unwrap().shared, &read);
        self.answered(&read, answer, self.model.earliest).map(drop)
    }

    pub(super) fn snapshot(&mut self) -> Result<(), String> {
        let most = [1, 2, 1000][self.r#gen.rng.usize(..3)];
        let found = keys(self.log.lock().as_ref().unwrap(), most);
        match found {
            Ok(found) => snapshot(&self.model, &found),
            Err(_) if self.disk.failed() > 0 || self.disk.is_off() => Ok(()),
            Err(error) => Err(format!("a snapshot fails: {error:?}")),
        }
    }

    pub(super) fn seek(&mut self) -> Result<(), String> {
        let known = self.known();
        let at = known.get(self.r#gen.rng.usize(..known.len() + 1));
        let time = at.map_or(self.model.time, |at| self.model.events[at].published);
        let time = Micros((time.0 + self.r#gen.rng.u64(..3)).saturating_sub(1));
        let found = read::seek(&self.log.lock().as_ref().unwrap().shared, time);
        let model = &self.model;
        let earliest = model.earliest;
        let right = match found {
            Ok(Some(place)) => {
                let before = |(at, event): (u64, _)| (at <= place.0) == is_before(event, time);
                place.0 >= earliest && model.after(earliest).all(before)
            }
            Ok(None) => {
                let first = model.after(earliest).next();
                earliest > 0 && first.is_none_or(|(_, event)| time < event.published)
            }
            Err(_) => self.disk.failed() > 0 || self.disk.is_off(),
        };
        right.then_some(()).ok_or_else(|| format!("{time:?} is at {found:?}, from {earliest}"))
    }

    /// All of it.
    pub(super) fn check(&mut self) -> Result<(), String> {
        let log = self.log.lock();
        let log = log.as_ref().unwrap();
        self.disk.set_faults(Default::default());
        let events = all_events(log).and_then(|events| Ok((events, all_keys(log)?)));
        self.disk.set_faults(self.faults);
        let (events, keys) = match events {
            Err(_) if self.disk.is_off() => return Ok(()),
            events => events?,
        };
        let mut model = self.model.clone();
        model.limbo.clear();
        model.settle(&events)?;
        snapshot(&self.model, &keys)?;
        self.topics(log)
    }

    /// What is known of topics.
    fn topics(&self, log: &Log<SimDisk>) -> Result<(), String> {
        let mut topics: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for (at, event) in self.model.after(self.model.earliest) {
            let (newest, count) = topics.entry(event.head.topic.as_str()).or_default();
            (*newest, *count) = (at, *count + 1);
        }
        for (name, (newest, count)) in topics {
            let entry = log.shared.topics.get(name).ok_or_else(|| format!("{name} is unknown"))?;
            if entry.newest().0 != newest || entry.count() != count {
                let (known, counted) = (entry.newest(), entry.count());
                return Err(format!("{name}: {counted} up to {known}, not {count} up to {newest}"));
            }
        }
        Ok(())
    }
}

fn is_before(event: &super::model::Known, time: Micros) -> bool {
    event.published < time
}
