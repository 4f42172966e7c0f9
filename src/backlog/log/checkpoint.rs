//! The file `CHECKPOINT`: topics, newest events of keys, and ids, so that a start reads only what came later.
//!
//! ```text
//! file   = page*                 as in index files
//! page 0 = "hintwckp" version:u32 pages:u32 at:u64 earliest:u64 time:u64
//! rest   = item*                 none straddles pages; kind 0 fills a page
//! topic  = 1:u8 len:u8 name newest:u64 first:u64 count:u64
//! key    = 2:u8 len:u16 key position:u64 deleted:u8        of the topic before it
//! id     = 3:u8 id:16 content:16 position:u64 time:u64
//! ```
//!
//! It is written while the log goes on, so it may know events after `at`. That is no harm: the topic table takes no event
//! twice. All up to `at` is in it.

use std::io;
use std::sync::Arc;

use super::disk::{Disk, DiskFile};
use super::ids::UsedId;
use super::pages::{BODY, PageWriter, read_pages};
use super::record::Fields;
use super::replace::Replacement;
use super::segment::later;
use crate::cursor::Position;
use crate::event::{Micros, Once};
use crate::topic::Topic;
use crate::topic::table::{KeyState, TopicEntry, TopicTable};

/// Name of the file.
pub const CHECKPOINT: &str = "CHECKPOINT";
const MAGIC: &[u8; 8] = b"hintwckp";
const VERSION: u32 = 1;
const TOPIC: u8 = 1;
const KEY: u8 = 2;
const ID: u8 = 3;
/// Topics, keys of a topic, and pages taken at once.
const STEP: usize = 256;

/// How far a checkpoint reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// All events up to here are in it.
    pub at: Position,
    /// The trim point whose effects are in it.
    pub earliest: Position,
    /// No event that was sealed by then was published later.
    pub time: Micros,
}

/// What a checkpoint held besides topics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// How far it reaches.
    pub reach: Reach,
    /// The ids used up to there, oldest first.
    pub ids: Vec<UsedId>,
}

/// Replaces the checkpoint: after a crash at any point the old or the new one is there. `reach.at` is a head that was read
/// before this is called. Returns its bytes.
pub fn write<D: Disk>(
    disk: &D,
    seed: u32,
    reach: Reach,
    topics: &TopicTable,
    ids: &[Arc<Vec<UsedId>>],
) -> io::Result<u64> {
    let replacement = Replacement::begin(disk, CHECKPOINT)?;
    let mut writer = PageWriter::new(replacement.file(), seed, 1);
    put_topics(&mut writer, topics)?;
    for used in ids.iter().flat_map(|piece| piece.iter()) {
        // Later ones may not be durable; they come again from the log if they are.
        if used.position <= reach.at {
            writer.put(&encode_id(used))?;
        }
    }
    let pages = writer.finish_section()?;
    let mut header = PageWriter::new(replacement.file(), seed, 0);
    header.put(&encode_header(pages, reach))?;
    header.finish_section()?;
    replacement.finish(disk)?.len()
}

fn encode_header(pages: u32, reach: Reach) -> Vec<u8> {
    let mut out = Vec::from(MAGIC);
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&pages.to_le_bytes());
    out.extend_from_slice(&reach.at.0.to_le_bytes());
    out.extend_from_slice(&reach.earliest.0.to_le_bytes());
    out.extend_from_slice(&reach.time.0.to_le_bytes());
    out
}

fn put_topics<F: DiskFile>(writer: &mut PageWriter<'_, F>, topics: &TopicTable) -> io::Result<()> {
    let mut after: Option<Topic> = None;
    loop {
        let found = topics.after(after.as_ref().map(Topic::as_str), STEP);
        for entry in &found {
            put_topic(writer, entry)?;
        }
        match found.last() {
            Some(entry) => after = Some(entry.topic().clone()),
            None => return Ok(()),
        }
    }
}

fn put_topic<F: DiskFile>(writer: &mut PageWriter<'_, F>, entry: &TopicEntry) -> io::Result<()> {
    let name = entry.topic().as_str().as_bytes();
    let mut item = vec![TOPIC, name.len() as u8];
    item.extend_from_slice(name);
    let (newest, first, count) = entry.known();
    for field in [newest.0, first.0, count] {
        item.extend_from_slice(&field.to_le_bytes());
    }
    writer.put(&item)?;
    let mut after: Option<String> = None;
    loop {
        let keys = entry.keys_after(after.as_deref(), STEP);
        // One that came since comes again from the log, and must not seem to be counted already.
        for (key, state) in keys.iter().filter(|(_, state)| state.position <= newest) {
            writer.put(&encode_key(key, *state))?;
        }
        match keys.into_iter().last() {
            Some((key, _)) => after = Some(key),
            None => return Ok(()),
        }
    }
}

fn encode_key(key: &str, state: KeyState) -> Vec<u8> {
    let mut item = vec![KEY];
    item.extend_from_slice(&(key.len() as u16).to_le_bytes());
    item.extend_from_slice(key.as_bytes());
    item.extend_from_slice(&state.position.0.to_le_bytes());
    item.push(u8::from(state.deleted));
    item
}

fn encode_id(used: &UsedId) -> Vec<u8> {
    let mut item = vec![ID];
    item.extend_from_slice(&used.once.id);
    item.extend_from_slice(&used.once.content);
    item.extend_from_slice(&used.position.0.to_le_bytes());
    item.extend_from_slice(&used.time.0.to_le_bytes());
    item
}

/// Reads the checkpoint into an empty table; `None`, and nothing in the table, if there is none or it is not whole.
pub fn load<D: Disk>(disk: &D, seed: u32, topics: &TopicTable) -> io::Result<Option<Loaded>> {
    let file = match disk.open(CHECKPOINT) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    // Once to verify it, so that a damaged one leaves no trace.
    let Some((pages, reach)) = verify(&file, seed)? else { return Ok(None) };
    let mut loading = Loading { topics, topic: None, ids: Vec::new() };
    let read = each_burst(&file, seed, pages, |body| loading.page(body))?;
    Ok(read.then_some(Loaded { reach, ids: loading.ids }))
}

/// Pages and reach of a checkpoint; `None` if it is not whole, [`io::ErrorKind::Unsupported`] if a later version wrote it.
pub fn verify<F: DiskFile>(file: &F, seed: u32) -> io::Result<Option<(u32, Reach)>> {
    let header = read_pages(file, seed, 0, 1)?;
    if header.as_deref().is_some_and(is_later) {
        return Err(later());
    }
    let Some((pages, reach)) = header.as_deref().and_then(decode_header) else { return Ok(None) };
    Ok(each_burst(file, seed, pages, |_| Some(()))?.then_some((pages, reach)))
}

fn is_later(header: &[u8]) -> bool {
    let version = header.strip_prefix(MAGIC).and_then(|rest| Fields(rest).u32());
    version.is_some_and(|version| version > VERSION)
}

fn decode_header(bytes: &[u8]) -> Option<(u32, Reach)> {
    let mut fields = Fields(bytes);
    let known = fields.take::<8>()? == *MAGIC && fields.u32()? == VERSION;
    let pages = fields.u32()?;
    let (at, earliest) = (Position(fields.u64()?), Position(fields.u64()?));
    let reach = Reach { at, earliest, time: Micros(fields.u64()?) };
    known.then_some((pages, reach))
}

/// Gives each page's body to `take`; whether all were whole and taken.
fn each_burst<F: DiskFile>(
    file: &F,
    seed: u32,
    pages: u32,
    mut take: impl FnMut(&[u8]) -> Option<()>,
) -> io::Result<bool> {
    for first in (1..pages).step_by(STEP) {
        let count = (pages - first).min(STEP as u32);
        let Some(bodies) = read_pages(file, seed, first, count)? else { return Ok(false) };
        if !bodies.chunks_exact(BODY).all(|body| take(body).is_some()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A checkpoint that is being read.
struct Loading<'t> {
    topics: &'t TopicTable,
    topic: Option<Arc<TopicEntry>>,
    ids: Vec<UsedId>,
}

impl Loading<'_> {
    /// Takes the items of a page; `None` if one is none.
    fn page(&mut self, body: &[u8]) -> Option<()> {
        let mut fields = Fields(body);
        while let Some([kind]) = fields.take() {
            match kind {
                TOPIC => self.topic(&mut fields)?,
                KEY => self.key(&mut fields)?,
                ID => self.id(&mut fields)?,
                _ => return (kind == 0).then_some(()),
            }
        }
        Some(())
    }

    fn topic(&mut self, fields: &mut Fields<'_>) -> Option<()> {
        let [len] = fields.take()?;
        let name = std::str::from_utf8(fields.slice(usize::from(len))?).ok()?;
        let entry = self.topics.entry(&Topic::parse(name, "topic").ok()?);
        let (newest, first) = (Position(fields.u64()?), Position(fields.u64()?));
        self.topics.restore(&entry, newest, first, fields.u64()?);
        self.topic = Some(entry);
        Some(())
    }

    fn key(&mut self, fields: &mut Fields<'_>) -> Option<()> {
        let len = u16::from_le_bytes(fields.take()?);
        let key = std::str::from_utf8(fields.slice(usize::from(len))?).ok()?;
        let position = Position(fields.u64()?);
        let [deleted] = fields.take()?;
        self.topics.keep(self.topic.as_ref()?, key, KeyState { position, deleted: deleted != 0 });
        Some(())
    }

    fn id(&mut self, fields: &mut Fields<'_>) -> Option<()> {
        let once = Once { id: fields.take()?, content: fields.take()? };
        let (position, time) = (Position(fields.u64()?), Micros(fields.u64()?));
        self.ids.push(UsedId { once, position, time });
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backlog::log::dir::Dir;
    use crate::topic::Patterns;

    const REACH: Reach = Reach { at: Position(900), earliest: Position(7), time: Micros(8) };

    fn filled() -> TopicTable {
        let table = TopicTable::default();
        for i in 1..900u64 {
            let entry = table.entry(&Topic::parse(&format!("a/~b/{:03}", i % 300), "t").unwrap());
            let state = KeyState { position: Position(i), deleted: i % 3 == 0 };
            table.record(&entry, if i % 2 == 0 { "" } else { "some key" }, state);
        }
        table
    }

    fn ids() -> Vec<Arc<Vec<UsedId>>> {
        let used = |n: u64| {
            let once = Once { id: [n as u8; 16], content: [1; 16] };
            UsedId { once, position: Position(n), time: Micros(n) }
        };
        vec![Arc::new((1..500).map(used).collect()), Arc::new((500..1000).map(used).collect())]
    }

    fn dump(table: &TopicTable) -> Vec<String> {
        let entry = |e: &Arc<TopicEntry>| {
            format!("{} {:?} {:?}", e.topic(), e.known(), e.keys_after(None, 9))
        };
        table.after(None, 9999).iter().map(entry).collect()
    }

    #[test]
    fn topics_keys_and_ids_read_back_but_ids_that_may_not_be_durable() {
        let temp = tempfile::tempdir().unwrap();
        let disk = Dir::open(temp.path()).unwrap();
        write(&disk, 5, REACH, &filled(), &ids()).unwrap();
        write(&disk, 5, REACH, &filled(), &ids()).unwrap();
        let table = TopicTable::default();
        let loaded = load(&disk, 5, &table).unwrap().unwrap();
        assert_eq!((dump(&table), loaded.reach), (dump(&filled()), REACH));
        assert!(loaded.ids.iter().map(|used| used.position.0).eq(1..=900));
        let all = Patterns::parse(&["a/~b/**"], 9, "topics").unwrap();
        assert_eq!(table.newest(&all), Position(899));
    }

    #[test]
    fn one_that_is_damaged_or_of_another_backlog_leaves_no_trace() {
        let temp = tempfile::tempdir().unwrap();
        let disk = Dir::open(temp.path()).unwrap();
        let table = TopicTable::default();
        assert_eq!(load(&disk, 5, &table).unwrap(), None);
        let bytes = write(&disk, 5, REACH, &filled(), &ids()).unwrap();
        assert_eq!(load(&disk, 6, &table).unwrap(), None);
        for at in [0, 3 * 4096 + 17, bytes - 1] {
            let file = disk.open(CHECKPOINT).unwrap();
            let mut byte = [0];
            file.read_at(&mut byte, at).unwrap();
            file.write_at(&[byte[0] ^ 4], at).unwrap();
            assert_eq!(load(&disk, 5, &table).unwrap(), None);
            file.write_at(&byte, at).unwrap();
        }
        assert!(table.is_empty());
        assert!(load(&disk, 5, &table).unwrap().is_some());
    }
}
