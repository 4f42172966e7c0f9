//! No space, and failed writes.

use std::io::ErrorKind;

use super::faulty::{Call, Faulty};
use super::support::*;
use crate::backlog::log::Log;
use crate::backlog::log::disk::Disk;
use crate::backlog::{Expected, Health, Outcome};
use crate::cursor::Position;
use crate::error::WriteOutcome;

fn open() -> (Place, Faulty, Log<Faulty>) {
    let place = Place::new();
    let disk = place.disk();
    let mut log = place.try_open_on(disk.clone()).unwrap();
    append(&mut log, "a", "1");
    (place, disk, log)
}

const UNKNOWN: Outcome = Outcome::Failed(WriteOutcome::Unknown);
const NOT_WRITTEN: Outcome = Outcome::Failed(WriteOutcome::NotWritten);

#[test]
fn a_failed_sync_is_final_and_reads_go_on() {
    for kind in [ErrorKind::Other, ErrorKind::StorageFull] {
        let (_place, disk, mut log) = open();
        disk.fail(Call::Sync, kind);
        let once = || batch([with_id("a", "x", "2")]);
        let conflict = batch([with_id("a", "x", "other")]);
        let outcomes = commit(&mut log, vec![once(), once(), conflict, batch([event("b", "3")])]);
        assert_eq!(outcomes, [UNKNOWN, UNKNOWN, NOT_WRITTEN, UNKNOWN]);
        assert_eq!(commit(&mut log, vec![once()]), [NOT_WRITTEN]);
        assert!(matches!(*log.shared.health.lock(), Health::Failed(_)));
        assert_eq!(positions(&log), [1]);
    }
}

#[test]
fn a_failed_write_is_final() {
    let (place, disk, mut log) = open();
    disk.fail(Call::Write, ErrorKind::Other);
    assert_eq!(commit(&mut log, vec![batch([event("a", "2")])]), [UNKNOWN]);
    assert_eq!(commit(&mut log, vec![batch([event("a", "3")])]), [NOT_WRITTEN]);
    drop(log);
    let log = place.open();
    assert_eq!(positions(&log), [1]);
    assert!(log.shared.last_cut.is_some());
}

#[test]
fn a_refusal_that_takes_an_event_for_a_repeat_of_a_staged_one_shares_that_ones_fate() {
    let (_place, disk, mut log) = open();
    append(&mut log, "b", "1");
    let staged = || with_id("a", "x", "2");
    let after_it = expecting([staged(), event("b", "3")], Expected::Absent);
    disk.fail(Call::Write, ErrorKind::StorageFull);
    let outcomes = commit(&mut log, vec![batch([staged()]), after_it]);
    assert_eq!(outcomes, vec![Outcome::NoSpace; 2]);
}

#[test]
fn a_write_without_space_is_taken_back_whole_and_publishing_resumes() {
    let (place, disk, mut log) = open();
    let once = || batch([with_id("a", "x", "2")]);
    let create = || expecting([keyed("a", "k")], Expected::Absent);
    disk.fail(Call::Write, ErrorKind::StorageFull);
    let outcomes = commit(&mut log, vec![once(), once(), create(), create()]);
    assert_eq!(outcomes, vec![Outcome::NoSpace; 4]);
    assert_eq!(commit(&mut log, vec![once()]), [Outcome::NoSpace], "within a second");
    assert_eq!(*log.shared.health.lock(), Health::NoSpace);
    place.wait(2);
    // The positions taken back are a hole: nothing gets them any more.
    assert_eq!(
        commit(&mut log, vec![create(), once(), once()]),
        [appended([4]), appended([5]), repeats([5])]
    );
    assert_eq!(*log.shared.health.lock(), Health::Ok);
    drop(log);
    let log = place.open();
    assert_eq!((positions(&log), log.shared.last_cut.clone()), (vec![1, 4, 5], None));
}

#[test]
fn if_what_was_written_cannot_be_taken_back_that_is_final() {
    let (_place, disk, mut log) = open();
    disk.fail(Call::Write, ErrorKind::StorageFull);
    let taking_back = disk.clone().crash_after(1);
    assert_eq!(commit(&mut log, vec![batch([event("a", "2")])]), [UNKNOWN]);
    drop(taking_back);
    assert!(matches!(*log.shared.health.lock(), Health::Failed(_)));
}

#[test]
fn the_reserve_is_kept_and_publishing_resumes_by_itself() {
    let (place, disk, mut log) = open();
    disk.set_free(place.settings.reserve_bytes - 1);
    place.wait(2);
    assert_eq!(commit(&mut log, vec![batch([event("a", "2")])]), [Outcome::NoSpace]);
    disk.set_free(u64::MAX);
    place.wait(2);
    log.writer.tick();
    assert_eq!(*log.shared.health.lock(), Health::Ok);
    assert_eq!(append(&mut log, "a", "2"), Position(2));
}

#[test]
fn a_segment_that_cannot_be_made_refuses_publishing_until_it_can() {
    let (place, disk, mut log) = open();
    append(&mut log, "a", vec![0; 50 << 10]);
    disk.set_free(place.settings.reserve_bytes + 1);
    let large = || batch([event("a", vec![0; 50 << 10])]);
    assert_eq!(commit(&mut log, vec![large()]), [Outcome::NoSpace]);
    place.wait(2);
    log.writer.tick();
    assert_eq!(*log.shared.health.lock(), Health::NoSpace, "there is still none for a segment");
    place.wait(2);
    disk.set_free(u64::MAX);
    disk.fail(Call::Allocate, ErrorKind::StorageFull);
    assert_eq!(commit(&mut log, vec![large()]), [Outcome::NoSpace]);
    place.wait(2);
    assert_eq!(commit(&mut log, vec![large()]), [appended([3])]);
    drop(log);
    assert_eq!(positions(&place.open()), [1, 2, 3]);
}

#[test]
fn a_segment_is_sealed_by_age() {
    let (place, _disk, mut log) = open();
    let age = place.settings.retention.age.as_secs();
    place.wait(age / 4 - 1);
    log.writer.tick();
    assert_eq!(log.shared.view.load().segments[0].seal.get(), None);
    place.wait(2);
    log.writer.tick();
    assert!(log.shared.view.load().segments[0].seal.get().is_some());
    append(&mut log, "a", "2");
    drop(log);
    let log = place.open();
    assert_eq!((positions(&log), log.shared.view.load().segments.len()), (vec![1, 2], 2));
}

#[test]
fn ids_of_dropped_events_are_known_although_there_was_no_space_to_write_them_down() {
    for calls in 0..30 {
        let (place, disk, mut log) = open();
        let once = || batch([with_id("a", "x", "2")]);
        commit(&mut log, vec![once()]);
        for n in 0..10 {
            append(&mut log, "a", vec![n; 9000]);
        }
        disk.fail(Call::Write, ErrorKind::StorageFull);
        let disk = disk.crash_after(calls);
        let _ = log.maintenance.lock().trim(Position(9));
        drop((log, disk));
        assert_eq!(commit(&mut place.open(), vec![once()]), [repeats([2])], "{calls} calls");
    }
}

#[test]
fn a_name_that_a_segment_left_which_could_not_be_made_is_in_nobodys_way() {
    let (place, disk, mut log) = open();
    drop(disk.create("00000002.log").unwrap());
    log.maintenance.lock().step().unwrap();
    for n in 2..=4 {
        assert_eq!(append(&mut log, "a", vec![0; 50 << 10]), Position(n));
    }
    drop(log);
    assert_eq!(positions(&place.open()), [1, 2, 3, 4]);
}
