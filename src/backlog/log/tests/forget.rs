//! What is known of topics once retention has taken events from them.

use std::io::ErrorKind;
use std::sync::Arc;

use parking_lot::Mutex;

use super::faulty::{Call, Faulty};
use super::support::*;
use crate::backlog::log::Log;
use crate::backlog::log::disk::Disk;
use crate::cursor::Position;
use crate::event::Event;

/// Events of 2 KiB that fill more than one segment.
const MORE_THAN_A_SEGMENT: u64 = 40;

fn fill<D: Disk>(log: &mut Log<D>) {
    for n in 0..MORE_THAN_A_SEGMENT {
        append(log, &format!("t/{}", n % 3), vec![b'.'; 1900]);
    }
}

/// The events that the topic table counts, and those that are there.
fn counted<D: Disk>(log: &Log<D>) -> (u64, u64) {
    let topics = log.shared.topics.after(None, 99);
    (topics.iter().map(|topic| topic.count()).sum(), positions(log).len() as u64)
}

fn trim(log: &Log<Faulty>) -> std::io::Result<()> {
    log.maintenance.lock().trim(log.shared.head())
}

#[test]
fn the_events_of_a_topic_are_counted_right_after_a_trim_that_could_not_read_an_index() {
    let place = Place::new();
    let disk = place.disk();
    let mut log = place.try_open_on(disk.clone()).unwrap();
    (0..3).for_each(|_| fill(&mut log));
    log.maintenance.lock().step().unwrap();
    disk.fail(Call::Read, ErrorKind::Other);
    trim(&log).unwrap_err();
    let (topics, events) = counted(&log);
    assert_eq!(topics, events);
    fill(&mut log);
    trim(&log).unwrap();
    assert!(log.shared.extent().earliest > Position(3 * MORE_THAN_A_SEGMENT - 32));
    let (topics, events) = counted(&log);
    assert_eq!(topics, events);
    drop(log);
    let (topics, events) = counted(&place.open());
    assert_eq!(topics, events, "after a restart");
}

#[test]
fn an_event_that_comes_while_the_checkpoint_is_written_is_counted_once() {
    let place = Place::new();
    let disk = place.disk();
    let mut log = place.try_open_on(disk.clone()).unwrap();
    // More keys than the pages of one write hold.
    let keys = (0..2000).map(|n| keyed("a", &format!("{n:0300}")));
    commit(&mut log, keys.map(|event| batch([event])).collect());
    let maintenance = Arc::clone(&log.maintenance);
    let log = Arc::new(Mutex::new(log));
    let writing = Arc::clone(&log);
    disk.meanwhile(move || {
        let known_and_new = batch([keyed("a", &format!("{:0300}", 1999)), keyed("a", "z")]);
        commit(&mut *writing.lock(), vec![known_and_new]);
    });
    maintenance.lock().checkpoint().unwrap();
    disk.meanwhile(|| ());
    drop((maintenance, log));
    let log = place.open();
    let (topics, events) = counted(&log);
    assert!(events > 2000);
    assert_eq!(topics, events);
    let newest = log.shared.topics.get("a").and_then(|a| a.key("z"));
    assert_eq!(newest.map(|z| z.position), Some(log.shared.head()));
}

#[test]
fn a_deleted_key_stays_deleted_if_there_was_no_space_to_write_a_trim_down() {
    for calls in 0.. {
        let place = Place::new();
        let disk = place.disk();
        let mut log = place.try_open_on(disk.clone()).unwrap();
        commit(&mut log, vec![batch([keyed("rare", "k"), keyed("rare", "kept")])]);
        fill(&mut log);
        trim(&log).unwrap();
        // The last value outlives its segment, and the tombstone that hides it is to go with the next trim.
        let deleted = Event { deleted: true, ..keyed("rare", "k") };
        commit(&mut log, vec![batch([deleted])]);
        fill(&mut log);
        disk.run_out_of_space_after(calls);
        let trimmed = trim(&log).is_ok();
        drop(log);
        for start in ["first", "second"] {
            let log = place.open();
            let rare = log.shared.topics.get("rare").unwrap();
            let gone = rare.key("k").is_none_or(|state| state.deleted);
            assert!(gone, "after {calls} calls, {start} start");
            assert!(rare.key("kept").is_some(), "after {calls} calls, {start} start");
            drop(rare);
            log.maintenance.lock().trim(log.shared.head()).unwrap();
        }
        if trimmed {
            assert!(calls > 3, "{calls} calls");
            return;
        }
    }
}
