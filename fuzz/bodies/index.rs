//! The reader of index files, on pages whose checksums are right whatever they hold: a summary of the input's making, then
//! its pages, each a length and bytes.

use hintwire::backlog::log::index::IndexFile;
use hintwire::backlog::log::pages::{BODY, PageWriter};
use hintwire::cursor::Position;

use super::{Bytes, File, file};

const SEED: u32 = 9;

pub fn run(bytes: &[u8]) {
    let mut input = Bytes(bytes);
    let file = file(&[]);
    let mut summary = b"hintwidx".to_vec();
    summary.extend([1u32, 4, 1000, 0].iter().flat_map(|field| field.to_le_bytes()));
    summary.extend((0..5).flat_map(|_| input.number().to_le_bytes()));
    put(&file, 0, &summary);
    let mut pages = 1;
    while let Some(len) = input.byte().filter(|_| pages < 64) {
        let len = (usize::from(len) * 16).min(input.0.len()).min(BODY);
        let (page, rest) = input.0.split_at(len);
        put(&file, pages, page);
        (input.0, pages) = (rest, pages + 1);
    }
    look(file);
}

fn put(file: &File, number: u32, body: &[u8]) {
    let mut writer = PageWriter::new(file, SEED, number);
    writer.put(body).unwrap();
    // A page without bytes is one, too.
    writer.put(&[0][..usize::from(body.is_empty())]).unwrap();
    writer.finish_section().unwrap();
}

/// Asks everything that readers ask. Answers may be wrong, where the pages are; nothing panics or takes more than it is.
fn look(file: File) {
    let Some(index) = IndexFile::open(file, SEED, 4, Position(1000)).unwrap() else { return };
    for (first, count) in [(0, 10), (0, u32::MAX), (u32::MAX, 1), (index.count() / 2, 5000)] {
        for numbers in [index.offsets(first, count), index.postings(first, count)] {
            let most = count.min(index.count()) as usize;
            assert!(numbers.unwrap().is_none_or(|numbers| numbers.len() <= most));
        }
    }
    for name in ["", "a", "a/b", "zz"] {
        let found = index.topic(name).unwrap().flatten();
        assert!(found.is_none_or(|found| *found.name == *name));
        let _ = index.between("a", name).unwrap();
        let between = index.topics_between("a", name, 8).unwrap().flatten();
        let within = |name: &str, topic: &str| ("a"..name).contains(&topic);
        assert!(between.unwrap_or_default().iter().all(|topic| within(name, &topic.name)));
    }
    let mut page = Some(0);
    while let Some((_, next)) = page.and_then(|page| index.names(page).unwrap()) {
        assert!(next > page || next.is_none());
        page = next;
    }
}
