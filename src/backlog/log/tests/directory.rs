//! Which directories are taken.

use std::fs;

use super::support::*;
use crate::backlog::log::{OpenError, record};

#[test]
fn a_directory_with_something_else_in_it_is_refused_and_not_touched() {
    let place = Place::new();
    fs::write(place.file("thesis.txt"), "years of work").unwrap();
    let refused = place.try_open().err();
    assert!(matches!(refused, Some(OpenError::Foreign { found }) if found == "thesis.txt"));
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
}

#[test]
fn segments_without_their_hub_file_are_no_empty_directory() {
    let place = Place::new();
    append(&mut place.open(), "a", "1");
    fs::remove_file(place.file("HUB")).unwrap();
    assert_eq!(place.damage(), ("HUB".into(), 0));
    fs::remove_file(place.file("MANIFEST")).unwrap();
    assert!(matches!(place.try_open().err(), Some(OpenError::Foreign { .. })));
}

#[test]
fn a_second_process_is_refused() {
    let place = Place::new();
    let log = place.open();
    assert!(matches!(place.try_open().err(), Some(OpenError::Locked)));
    drop(log);
    place.open();
}

#[test]
fn a_later_format_is_said() {
    let place = Place::new();
    drop(place.open());
    let body = fs::read_to_string(place.file("HUB")).unwrap().replace("backlog 1", "backlog 2");
    let body = &body[..body.find("crc ").unwrap()];
    let crc = crc32c::crc32c(body.as_bytes());
    fs::write(place.file("HUB"), format!("{body}crc {crc:08x}\n")).unwrap();
    assert!(matches!(place.try_open().err(), Some(OpenError::Version { .. })));
}

#[test]
fn a_segment_of_a_later_format_is_said_and_is_no_damage() {
    let place = Place::new();
    append(&mut place.open(), "a", "1");
    let name = "00000001.log";
    let mut bytes = fs::read(place.file(name)).unwrap();
    bytes[8] += 1;
    let crc = crc32c::crc32c_append(record::seed(9, 1), &bytes[..48]);
    bytes[48..52].copy_from_slice(&crc.to_le_bytes());
    fs::write(place.file(name), bytes).unwrap();
    let refused = place.try_open().err().unwrap().to_string();
    assert!(refused.contains(name) && refused.contains("later version"), "{refused}");
}

#[test]
fn the_newest_of_each_key_is_covered_only_if_it_was_kept_all_along() {
    let mut place = Place::new();
    assert!(place.open().shared.snapshot_covers);
    place.settings.keep_latest = false;
    assert!(!place.open().shared.snapshot_covers);
    place.settings.keep_latest = true;
    assert!(!place.open().shared.snapshot_covers);
}
