//! Every format that was released stays readable, and one that is not known is refused by the name of its file.
//!
//! `tests/fixtures/format-N/` holds a backlog as that format left it, and `CONTENTS`, what it held. `just fixture` writes
//! that of the present format; once landed, it is not written again.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hintwire::backlog::Outcome;
use hintwire::backlog::log::check;
use hintwire::backlog::log::record::seed;
use hintwire::event::StoredEvent;

use crate::backlog::{SALT, cleanly_stopped, commit, event, open};
use crate::contents::Contents;
use crate::memory::{Image, Memory};

const CONTENTS: &str = "CONTENTS";

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn image(folder: &Path) -> Image {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let file = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().unwrap();
        (name, Arc::new(fs::read(entry.path()).unwrap()))
    };
    entries.map(file).filter(|(name, _)| name != CONTENTS).collect()
}

/// What a backlog holds, as text.
fn text(contents: &Contents) -> String {
    let mut out = format!("from {} to {}\n", contents.earliest, contents.head);
    let mut line = |what: &str, stored: &StoredEvent| {
        let view = stored.view().unwrap();
        let (position, time, data) =
            (stored.position, stored.published.0, crc32c::crc32c(view.data));
        let (topic, key, id, deleted) = (view.topic, view.key, view.id, view.deleted);
        writeln!(out, "{what} {position} {time} {topic} {key:?} {id:?} {deleted} {data:08x}")
            .unwrap();
    };
    contents.log().iter().for_each(|stored| line("event", stored));
    contents.snapshot.iter().for_each(|stored| line("newest", stored));
    for (name, newest, count) in &contents.topics {
        writeln!(out, "topic {name} {newest} {count}").unwrap();
    }
    writeln!(out, "times {:?}", contents.times).unwrap();
    out
}

#[test]
fn a_backlog_of_each_released_format_holds_what_it_held_and_goes_on() {
    let mut formats = 0;
    for folder in fs::read_dir(fixtures()).unwrap().map(|entry| entry.unwrap().path()) {
        let disk = Memory::of(&image(&folder));
        check(&disk).unwrap();
        let held = fs::read_to_string(folder.join(CONTENTS)).unwrap();
        let mut log = open(&disk).unwrap();
        assert_eq!(text(&Contents::of(&log).unwrap()), held, "{}", folder.display());
        assert_eq!(log.shared.last_cut, None);
        // An id of what it holds, and one of what retention has dropped.
        for number in [3, 90] {
            let repeat = knows(&mut log, number);
            assert!(repeat, "{}: id {number}", folder.display());
        }
        let newest = commit(&mut log, vec![event("a/x", "k", 1000)]);
        log.close().unwrap();
        assert_eq!(open(&disk).unwrap().shared.head(), newest);
        formats += 1;
    }
    assert!(formats > 0);
}

/// Whether an event of a number is told to be a repeat.
fn knows(log: &mut hintwire::backlog::log::Log<Memory>, number: usize) -> bool {
    let once = hintwire::event::Event { data: "other".into(), ..event("a/x", "", number) };
    let events = vec![once.encode()];
    let batch = hintwire::backlog::Batch { events, expected: None };
    !matches!(log.writer.commit([batch]).outcomes.remove(0), Outcome::Appended(placed) if !placed[0].duplicate)
}

#[test]
#[ignore = "writes tests/fixtures: `just fixture`"]
fn write_the_fixture_of_the_present_format() {
    let folder = fixtures().join("format-1");
    let left = cleanly_stopped();
    fs::create_dir_all(&folder).unwrap();
    for (name, bytes) in &left.image {
        fs::write(folder.join(name), bytes.as_slice()).unwrap();
    }
    fs::write(folder.join(CONTENTS), text(left.whole())).unwrap();
}

/// The backlog with other bytes in a file.
fn with(image: &Image, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> Image {
    let mut image = image.clone();
    let mut bytes = image[name].to_vec();
    change(&mut bytes);
    image.insert(name.to_owned(), Arc::new(bytes));
    image
}

/// Makes a text file one of the next version.
fn next_text(bytes: &mut Vec<u8>) {
    let text = String::from_utf8(std::mem::take(bytes)).unwrap();
    let body = text[..text.rfind("crc ").unwrap()].replacen(" 1\n", " 2\n", 1);
    *bytes = format!("{body}crc {:08x}\n", crc32c::crc32c(body.as_bytes())).into_bytes();
}

/// Makes a page one of the next version, behind its magic.
fn next_page(bytes: &mut [u8], seed: u32) {
    bytes[8] = 2;
    let crc = crc32c::crc32c_append(crc32c::crc32c_append(seed, &[0; 4]), &bytes[..4092]);
    bytes[4092..4096].copy_from_slice(&crc.to_le_bytes());
}

#[test]
fn a_file_of_a_later_format_is_refused_by_its_name_or_made_anew() {
    let left = cleanly_stopped();
    let segment = left.last_segment();
    let number: u32 = segment.trim_end_matches(".log").parse().unwrap();
    let next_segment = |bytes: &mut Vec<u8>| {
        bytes[8] = 2;
        let crc = crc32c::crc32c_append(seed(SALT, number), &bytes[..48]);
        bytes[48..52].copy_from_slice(&crc.to_le_bytes());
    };
    let later = [
        ("HUB", with(&left.image, "HUB", next_text)),
        ("MANIFEST", with(&left.image, "MANIFEST", next_text)),
        ("CHECKPOINT", with(&left.image, "CHECKPOINT", |bytes| next_page(bytes, seed(SALT, 0)))),
        (segment.as_str(), with(&left.image, &segment, next_segment)),
    ];
    for (name, image) in later {
        for refused in [open(&Memory::of(&image)).err(), check(&Memory::of(&image)).err()] {
            let said = refused.unwrap().to_string();
            assert!(said.contains(name) && said.contains("newer hintwire"), "{said}");
        }
    }
    let index = left.image.keys().find(|name| name.ends_with(".idx")).unwrap();
    let number: u32 = index.trim_end_matches(".idx").parse().unwrap();
    let image = with(&left.image, index, |bytes| next_page(bytes, seed(SALT, number)));
    assert_eq!(&Contents::of(&open(&Memory::of(&image)).unwrap()).unwrap(), left.whole());
}
