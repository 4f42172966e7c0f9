//! Reading an index file.

use std::io;
use std::sync::OnceLock;

use super::write::Summary;
use super::{MAGIC, Previous, VERSION};
use crate::backlog::log::disk::DiskFile;
use crate::backlog::log::pages::{BODY, NUMBERS, read_pages};
use crate::backlog::log::record::Fields;
use crate::cursor::Position;

/// The index file of a sealed segment, open.
#[derive(Debug)]
pub struct IndexFile<F> {
    file: F,
    seed: u32,
    summary: Summary,
    /// First name of each page of names, read at first use.
    fences: OnceLock<Vec<Box<str>>>,
}

/// Where the events of a topic are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicPostings {
    /// Its name.
    pub name: Box<str>,
    /// Its first posting.
    pub start: u32,
    /// How many postings it has.
    pub count: u32,
    /// Its newest event before the segment.
    pub previous: Previous,
}

/// What is read from a page that may turn out to be damaged: then it is `None`.
type Checked<T> = io::Result<Option<T>>;

impl<F: DiskFile> IndexFile<F> {
    /// Opens the index of a segment; `None` if the file is not that, whole.
    pub fn open(file: F, seed: u32, number: u32, base: Position) -> Checked<Self> {
        let Some(header) = read_pages(&file, seed, 0, 1)? else { return Ok(None) };
        let len = file.len()?;
        let summary = decode_summary(&header).filter(|summary| {
            summary.number == number && summary.base == base && summary.fits(len)
        });
        let open = |summary| Self { file, seed, summary, fences: OnceLock::new() };
        Ok(summary.map(open))
    }

    /// How many events the segment holds.
    pub fn count(&self) -> u32 {
        self.summary.events
    }

    /// Where its last entry ends.
    pub fn end(&self) -> u32 {
        self.summary.end
    }

    /// Where the entries of up to `count` ordinals from `first` on begin.
    pub fn offsets(&self, first: u32, count: u32) -> Checked<Vec<u32>> {
        let count = count.min(self.summary.events.saturating_sub(first));
        self.numbers(1, first, count)
    }

    /// Up to `count` postings from `start` on.
    pub fn postings(&self, start: u32, count: u32) -> Checked<Vec<u32>> {
        let count = count.min(self.summary.events.saturating_sub(start));
        self.numbers(self.summary.postings, start, count)
    }

    fn numbers(&self, section: u32, first: u32, count: u32) -> Checked<Vec<u32>> {
        let Some(last) = count.checked_sub(1) else { return Ok(Some(Vec::new())) };
        let page = first / NUMBERS;
        let pages = (first + last) / NUMBERS - page + 1;
        let Some(bodies) = read_pages(&self.file, self.seed, section + page, pages)? else {
            return Ok(None);
        };
        let (numbers, _) = bodies.as_chunks::<4>();
        let wanted = numbers.iter().skip((first % NUMBERS) as usize).take(count as usize);
        Ok(Some(wanted.map(|bytes| u32::from_le_bytes(*bytes)).collect()))
    }

    /// The entry of a topic; `Some(None)` if the segment holds no event of it.
    pub fn topic(&self, name: &str) -> Checked<Option<TopicPostings>> {
        let found = self.first_from(name)?;
        Ok(found.map(|first| first.filter(|topic| *topic.name == *name)))
    }

    /// The range of postings of the names from `start` to before `end`.
    pub fn between(&self, start: &str, end: &str) -> Checked<(u32, u32)> {
        let at = |first: Option<TopicPostings>| first.map_or(self.summary.events, |t| t.start);
        let (Some(first), Some(last)) = (self.first_from(start)?, self.first_from(end)?) else {
            return Ok(None);
        };
        Ok(Some((at(first), at(last))))
    }

    /// All names in order, some pages at a time: the names of one step, and where to go on.
    pub fn names(&self, page: u32) -> Checked<(Vec<TopicPostings>, Option<u32>)> {
        let pages = self.summary.fences - self.summary.names;
        let step = pages.saturating_sub(page).min(64);
        let first = self.summary.names + page;
        let Some(bodies) = read_pages(&self.file, self.seed, first, step)? else {
            return Ok(None);
        };
        let names = bodies.chunks_exact(BODY).flat_map(decode_names).collect();
        let next = page + step;
        Ok(Some((names, (next < pages).then_some(next))))
    }

    /// The topics whose names lie from `start` to before `end`; `Some(None)` if they fill more than so many pages.
    pub fn topics_between(
        &self,
        start: &str,
        end: &str,
        pages: u32,
    ) -> Checked<Option<Vec<TopicPostings>>> {
        let Some(fences) = self.fences()? else { return Ok(None) };
        let first = fences.partition_point(|fence| **fence <= *start).saturating_sub(1);
        let count = fences.partition_point(|fence| **fence < *end).saturating_sub(first) as u32;
        if count > pages {
            return Ok(Some(None));
        }
        let first = self.summary.names + first as u32;
        let Some(bodies) = read_pages(&self.file, self.seed, first, count)? else {
            return Ok(None);
        };
        let topics = bodies.chunks_exact(BODY).flat_map(decode_names);
        Ok(Some(Some(topics.filter(|t| *t.name >= *start && *t.name < *end).collect())))
    }

    /// The first topic whose name is at or after one.
    fn first_from(&self, name: &str) -> Checked<Option<TopicPostings>> {
        let Some(fences) = self.fences()? else { return Ok(None) };
        let after = fences.partition_point(|fence| **fence <= *name);
        // The name may be on the page before; if all there are smaller, the next page begins with the answer.
        for page in after.saturating_sub(1)..fences.len().min(after + 1) {
            let number = self.summary.names + page as u32;
            let Some(body) = read_pages(&self.file, self.seed, number, 1)? else {
                return Ok(None);
            };
            if let Some(found) = decode_names(&body).into_iter().find(|t| *t.name >= *name) {
                return Ok(Some(Some(found)));
            }
        }
        Ok(Some(None))
    }

    fn fences(&self) -> Checked<&[Box<str>]> {
        if let Some(fences) = self.fences.get() {
            return Ok(Some(fences));
        }
        let (first, end) = (self.summary.fences, self.summary.postings);
        let Some(bodies) = read_pages(&self.file, self.seed, first, end - first)? else {
            return Ok(None);
        };
        let fences = bodies.chunks_exact(BODY).flat_map(decode_fences).collect();
        Ok(Some(self.fences.get_or_init(|| fences)))
    }
}

fn decode_summary(bytes: &[u8]) -> Option<Summary> {
    let mut fields = Fields(bytes);
    let known = fields.take::<8>()? == *MAGIC && fields.u32()? == VERSION;
    let summary = Summary {
        number: fields.u32()?,
        base: Position(fields.u64()?),
        events: fields.u32()?,
        end: fields.u32()?,
        names: fields.u32()?,
        fences: fields.u32()?,
        postings: fields.u32()?,
    };
    known.then_some(summary)
}

fn decode_names(body: &[u8]) -> Vec<TopicPostings> {
    let mut fields = Fields(body);
    let next = || {
        let name = name(&mut fields)?;
        let (start, count) = (fields.u32()?, fields.u32()?);
        let previous = Previous::decode(fields.u64()?);
        Some(TopicPostings { name, start, count, previous })
    };
    std::iter::from_fn(next).collect()
}

fn decode_fences(body: &[u8]) -> Vec<Box<str>> {
    let mut fields = Fields(body);
    std::iter::from_fn(|| name(&mut fields)).collect()
}

/// The next name; `None` at the end of what a page holds.
fn name(fields: &mut Fields<'_>) -> Option<Box<str>> {
    let [len] = fields.take()?;
    let name = fields.slice(usize::from(len)).filter(|name| !name.is_empty())?;
    std::str::from_utf8(name).ok().map(Box::from)
}
