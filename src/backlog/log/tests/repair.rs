//! The offline check, and the repair that cuts a log from the damage on.

use std::cell::RefCell;
use std::fs;

use super::support::*;
use crate::backlog::log::dir::Dir;
use crate::backlog::log::{Lost, OpenError, Summary, check, repair};
use crate::cursor::Position;
use crate::lineage::Verdict;

const FIRST: &str = "00000001.log";

fn checked(place: &Place) -> Result<Summary, OpenError> {
    check(&Dir::open(place.path()).unwrap())
}

/// A log of 40 events in several segments, not closed.
fn forty() -> Place {
    let place = Place::new();
    let mut log = place.open();
    for _ in 0..40 {
        append(&mut log, "a", vec![1; 5000]);
    }
    place
}

/// Repairs, and tells what was said to be lost.
fn repaired(place: &Place) -> Lost {
    let said = RefCell::new(None);
    let disk = Dir::open(place.path()).unwrap();
    let loss = repair(&disk, 99, |loss| *said.borrow_mut() = Some(loss.clone())).unwrap();
    assert_eq!(loss, said.into_inner());
    checked(place).unwrap();
    loss.unwrap().lost
}

#[test]
fn a_whole_log_is_counted() {
    let place = forty();
    let summary = checked(&place).unwrap();
    assert_eq!((summary.events, summary.head, summary.topics), (40, Position(40), 1));
    assert!(summary.bytes > 40 * 5000 && summary.segments > 3);
    assert_eq!((summary.notes.len(), summary.cuts.len()), (0, 0));
    place.open().close().unwrap();
    assert_eq!(checked(&place).unwrap(), summary);
}

#[test]
fn a_check_changes_nothing_and_finds_what_a_start_does() {
    for (name, offset) in [(FIRST, 4096 + 40), (FIRST, 9), ("HUB", 30), ("MANIFEST", 30)] {
        let place = forty();
        place.flip(name, offset);
        let before = fs::read(place.file(name)).unwrap();
        let found = checked(&place).unwrap_err().to_string();
        assert_eq!(found, place.try_open().err().unwrap().to_string());
        assert_eq!(fs::read(place.file(name)).unwrap(), before);
    }
}

#[test]
fn an_unsynced_end_is_no_damage_and_said() {
    let place = Place::new();
    let mut log = place.open();
    append(&mut log, "a", "1");
    append(&mut log, "a", "2");
    drop(log);
    place.flip(FIRST, records(&place)[1] + 40);
    let summary = checked(&place).unwrap();
    assert_eq!((summary.events, summary.head), (1, Position(1)));
    assert!(summary.notes[0].contains(FIRST), "{:?}", summary.notes);
    place.open();
    let summary = checked(&place).unwrap();
    assert_eq!((summary.notes.len(), summary.cuts[0].0), (0, Position(1)));
}

#[test]
fn what_only_the_checkpoint_proves_is_damage_to_start_and_check_alike_and_can_be_repaired() {
    let place = Place::new();
    let mut log = place.open();
    for n in ["1", "2", "3"] {
        append(&mut log, "a", n);
    }
    log.maintenance.lock().checkpoint().unwrap();
    drop(log);
    place.flip(FIRST, records(&place)[2] + 40);
    let damage = place.damage();
    assert_eq!(damage.0, FIRST);
    assert!(matches!(checked(&place), Err(OpenError::Damaged(found)) if found.offset == damage.1));
    assert_eq!(repaired(&place), Lost::After { kept: Position(2), upto: Position(3), files: 0 });
    assert_eq!(positions(&place.open()), [1, 2]);
}

#[test]
fn a_directory_without_a_backlog_or_in_use_is_not_checked() {
    let place = Place::new();
    assert!(matches!(checked(&place), Err(OpenError::Absent)));
    let _log = place.open();
    assert!(matches!(checked(&place), Err(OpenError::Locked)));
}

#[test]
fn a_repair_keeps_what_is_before_the_damage_and_forks_a_new_life_there() {
    let place = forty();
    place.flip("00000002.log", 4096 + 2 * 5100);
    let (file, _) = place.damage();
    assert_eq!(file, "00000002.log");
    let old = place.copy();
    let Lost::After { kept, upto, files } = repaired(&place) else { panic!() };
    assert_eq!(upto, Position(40));
    assert!(kept > Position(12) && kept < Position(20) && files >= 2, "{kept} {files}");

    let mut log = place.open();
    assert_eq!(positions(&log), (1..=kept.0).collect::<Vec<_>>());
    let lineage = &log.shared.lineage;
    let extent = log.shared.extent();
    assert!(extent.head > Position(40));
    let first = crate::lineage::Lineage::new(crate::cursor::Incarnation(7));
    assert_eq!(lineage.judge(first.cursor(kept), extent), Verdict::Valid(kept));
    let lost = first.cursor(Position(kept.0 + 1));
    assert_eq!(lineage.judge(lost, extent), Verdict::Foreign);
    let new = append(&mut log, "a", "new");
    assert_eq!(lineage_of(&log, new), 99);
    drop(log);
    assert_eq!(positions(&place.open()).last(), Some(&new.0));
    drop(old);
}

fn lineage_of(log: &crate::backlog::log::Log<Dir>, position: Position) -> u64 {
    log.shared.lineage.cursor(position).incarnation.0
}

#[test]
fn a_missing_file_or_a_damaged_header_is_repaired_by_ending_before_it() {
    let spoil: [fn(&Place); 3] = [
        |place| fs::remove_file(place.file("00000002.log")).unwrap(),
        |place| place.flip("00000002.log", 9),
        |place| place.flip("00000002.log", 4096 + 40),
    ];
    for spoil in spoil {
        let place = forty();
        spoil(&place);
        let Lost::After { kept, .. } = repaired(&place) else { panic!() };
        let log = place.open();
        assert_eq!(positions(&log), (1..=kept.0).collect::<Vec<_>>());
        assert!(kept > Position(5));
        log.close().unwrap();
        let mut log = place.open();
        let new = append(&mut log, "a", "new");
        assert_eq!(lineage_of(&log, new), 99);
    }
    let place = forty();
    place.flip(FIRST, 9);
    assert!(matches!(repaired(&place), Lost::After { kept: Position(0), .. }));
    let mut log = place.open();
    assert_eq!(positions(&log), [0; 0]);
    assert!(append(&mut log, "a", "new") > Position(40));
}

#[test]
fn a_repaired_log_can_be_damaged_and_repaired_again() {
    let place = forty();
    place.flip("00000002.log", 4096 + 2 * 5100);
    repaired(&place);
    let mut log = place.open();
    for _ in 0..40 {
        append(&mut log, "b", vec![1; 5000]);
    }
    drop(log);
    place.flip(FIRST, records(&place)[3] + 40);
    assert_eq!(repaired_kept(&place), 3);
    let log = place.open();
    assert_eq!((positions(&log), log.shared.lineage.lives().count()), (vec![1, 2, 3], 2));
}

fn repaired_kept(place: &Place) -> u64 {
    match repaired(place) {
        Lost::After { kept, .. } => kept.0,
        lost => panic!("{lost:?}"),
    }
}

#[test]
fn a_repair_that_is_stopped_anywhere_can_be_repeated() {
    let place = forty();
    place.flip("00000002.log", 4096 + 2 * 5100);
    let kept = repaired_kept(&place.copy());
    for calls in 0.. {
        let stopped = place.copy();
        let disk = stopped.disk().crash_after(calls);
        let done = repair(&disk, 99, |_| ()).is_ok();
        if checked(&stopped).is_err() {
            repaired(&stopped);
        }
        let mut log = stopped.open();
        let found = positions(&log);
        assert_eq!(found, (1..=kept).collect::<Vec<_>>(), "{calls} calls");
        let new = append(&mut log, "a", "new");
        assert!(new > Position(40) && lineage_of(&log, new) == 99, "{calls} calls");
        if done {
            return;
        }
    }
}

#[test]
fn what_is_not_damaged_is_not_repaired_and_what_cannot_be_is_said() {
    let place = forty();
    let disk = Dir::open(place.path()).unwrap();
    assert_eq!(repair(&disk, 99, |_| panic!("nothing is lost")).unwrap(), None);
    place.flip("HUB", 30);
    let refused = repair(&disk, 99, |_| panic!("nothing is given up")).unwrap_err();
    assert!(matches!(refused, OpenError::Damaged(damage) if damage.file == "HUB"));
}
