//! Backups beside a log that is open, and logs made of them.

use std::fs;
use std::sync::Arc;

use parking_lot::Mutex;

use super::retention::{fill, snapshot};
use super::support::*;
use crate::backlog::log::backup::{self, BackupError, Taken, back_up, restore};
use crate::backlog::log::dir::Dir;
use crate::backlog::log::disk::Disk;
use crate::backlog::log::{Log, OpenError};
use crate::cursor::Position;
use crate::event::{Event, Micros};
use crate::lineage::{Extent, Verdict};

/// Events of one segment.
const A_SEGMENT: u64 = 32;

/// What readers see: the log, and the newest events of keys.
type Seen = (Vec<(u64, Vec<u8>)>, Vec<u64>);

fn seen<D: Disk>(log: &Log<D>) -> Seen {
    (all(log), snapshot(log))
}

/// A log with survivors left whole and written anew, a deleted key, and a segment that is written to.
fn filled(place: &Place) -> Log<Dir> {
    let mut log = place.open();
    fill(&mut log, 2 * A_SEGMENT, 3);
    fill(&mut log, 2 * A_SEGMENT, 40);
    let gone = Event { deleted: true, ..keyed_with("t/5", "k", "") };
    commit(&mut log, vec![batch([gone])]);
    fill(&mut log, 2 * A_SEGMENT, 3);
    drop_some(&log);
    fill(&mut log, A_SEGMENT / 2, 3);
    log
}

/// Drops all segments but the one that is written to.
fn drop_some<D: Disk>(log: &Log<D>) {
    log.maintenance.lock().step().unwrap();
    log.maintenance.lock().trim(log.shared.head()).unwrap();
}

fn take<D: Disk>(source: &Place, target: &D) -> Result<Taken, BackupError> {
    back_up(&Dir::to_read(source.path()).unwrap(), target, Micros(5))
}

/// What a log made of a backup holds, in its first life and in the next start.
fn restored(target: &Place) -> Result<Seen, BackupError> {
    let place = Place::new();
    restore(&target.disk(), &place.disk(), 77)?;
    let found = seen(&place.open());
    assert_eq!(found, seen(&place.open()));
    Ok(found)
}

#[test]
fn a_backup_of_an_open_log_holds_all_of_it_and_changes_nothing_there() {
    let (source, target) = (Place::new(), Place::new());
    let mut log = filled(&source);
    let taken = take(&source, &target.disk()).unwrap();
    assert_eq!(taken.head, log.shared.lineage.cursor(log.shared.head()));
    assert_eq!(backup::check(&target.disk()).unwrap().head, log.shared.head());
    assert_eq!(restored(&target).unwrap(), seen(&log));
    fill(&mut log, A_SEGMENT, 3);
    let before = seen(&log);
    drop(log);
    assert_eq!(seen(&source.open()), before);
}

#[test]
fn a_log_made_of_a_backup_shares_places_up_to_the_head_and_gives_out_its_own() {
    let (source, target, place) = (Place::new(), Place::new(), Place::new());
    let mut log = filled(&source);
    take(&source, &target.disk()).unwrap();
    let fork = log.shared.head();
    fill(&mut log, 3, 3);
    let (at_fork, beyond) =
        (log.shared.lineage.cursor(fork), log.shared.lineage.cursor(log.shared.head()));
    let told = restore(&target.disk(), &place.disk(), 77).unwrap();
    assert_eq!(told.fork, at_fork);
    let mut log = place.open();
    assert_eq!(log.shared.lineage.cursor(log.shared.head()), told.head);
    let own = append(&mut log, "a", "own");
    assert!(own > told.head.position && told.head.position > beyond.position);
    let extent = Extent { earliest: Position(0), head: own };
    let lineage = &log.shared.lineage;
    assert_eq!(lineage.judge(at_fork, extent), Verdict::Valid(fork));
    assert_eq!(lineage.judge(beyond, extent), Verdict::Foreign);
    assert_eq!(lineage.cursor(fork), at_fork);
}

#[test]
fn a_later_backup_copies_what_is_new_and_forgets_what_retention_dropped() {
    let (source, target) = (Place::new(), Place::new());
    let mut log = filled(&source);
    fill(&mut log, 3 * A_SEGMENT, 3);
    let first = take(&source, &target.disk()).unwrap();
    let again = take(&source, &target.disk()).unwrap();
    // The segment that is written to, what is replaced as a whole, and the file after.
    assert!(again.copied_files <= 5 && again.files > 6, "{again:?}");
    assert!(again.copied_bytes < first.bytes / 2, "{again:?}");
    assert_eq!(again.files, first.files);
    fill(&mut log, 2 * A_SEGMENT, 3);
    drop_some(&log);
    let later = take(&source, &target.disk()).unwrap();
    assert!(later.files < first.files, "{later:?}");
    let kept = target.disk().list().unwrap();
    assert_eq!(kept.iter().filter(|name| name.contains('-')).count(), later.files);
    assert_eq!(restored(&target).unwrap(), seen(&log));
}

#[test]
fn a_backup_that_is_cut_at_any_call_leaves_the_earlier_one_or_the_new_one() {
    let (source, early) = (Place::new(), Place::new());
    let mut log = filled(&source);
    take(&source, &early.disk()).unwrap();
    let before = seen(&log);
    fill(&mut log, A_SEGMENT, 3);
    drop_some(&log);
    let after = seen(&log);
    let mut news = 0;
    for calls in 0.. {
        let target = early.copy();
        let done = take(&source, &target.disk().crash_after(calls)).is_ok();
        let found = restored(&target).unwrap();
        assert!(found == before || found == after, "{calls} calls");
        news += u32::from(found == after);
        if calls % 8 == 0 || done {
            take(&source, &target.disk()).unwrap();
            assert_eq!(restored(&target).unwrap(), after, "{calls} calls");
        }
        if done {
            assert!(news > 1 && calls > 20, "{news} of {calls}");
            return;
        }
    }
}

#[test]
fn a_first_backup_that_is_cut_is_none_and_neither_is_a_log_whose_restore_was_cut() {
    let (source, whole) = (Place::new(), Place::new());
    drop(filled(&source));
    take(&source, &whole.disk()).unwrap();
    for calls in 0.. {
        let (target, place) = (Place::new(), Place::new());
        if take(&source, &target.disk().crash_after(calls)).is_err() {
            let refused = restored(&target);
            // Once all is there, what is left to do is sweeping.
            assert!(matches!(refused, Err(BackupError::Absent) | Ok(_)), "{calls} calls");
        }
        if restore(&whole.disk(), &place.disk().crash_after(calls), 77).is_ok() {
            assert!(calls > 20);
            return;
        }
        if !place.file("HUB").exists() && calls > 1 {
            assert!(place.try_open().is_err(), "{calls} calls");
        }
    }
}

#[test]
fn what_retention_drops_while_the_files_are_opened_is_there_or_gone_whole() {
    let opens = opens_of_a_backup();
    assert!(opens > 10);
    for nth in 0..opens {
        let (source, target) = (Place::new(), Place::new());
        let mut log = filled(&source);
        fill(&mut log, 2 * A_SEGMENT, 7);
        let (before, log) = (seen(&log), Arc::new(Mutex::new(log)));
        let (its_log, mut left) = (Arc::clone(&log), nth);
        let disk = source.disk();
        disk.opening(move || {
            if left == 0 {
                let mut log = its_log.lock();
                drop_some(&log);
                fill(&mut log, A_SEGMENT, 5);
            }
            left = left.wrapping_sub(1);
        });
        back_up(&disk, &target.disk(), Micros(5)).unwrap();
        let found = restored(&target).unwrap();
        let after = seen(&log.lock());
        assert!(
            after.0.ends_with(&found.0[found.0.len().saturating_sub(after.0.len())..])
                || found == before,
            "open {nth}"
        );
        assert!(found.0.last() >= before.0.last(), "open {nth}");
        let keys = if found.0.last() == before.0.last() { &before.1 } else { &after.1 };
        assert_eq!(&found.1, keys, "open {nth}");
    }
}

/// How often a backup opens a file of the log.
fn opens_of_a_backup() -> u64 {
    let (source, target) = (Place::new(), Place::new());
    let mut log = filled(&source);
    fill(&mut log, 2 * A_SEGMENT, 7);
    let count = Arc::new(Mutex::new(0));
    let (disk, counted) = (source.disk(), Arc::clone(&count));
    disk.opening(move || *counted.lock() += 1);
    back_up(&disk, &target.disk(), Micros(5)).unwrap();
    *count.lock()
}

#[test]
fn a_spoiled_file_of_a_backup_is_refused_by_name() {
    let (source, target) = (Place::new(), Place::new());
    drop(filled(&source));
    take(&source, &target.disk()).unwrap();
    let names = target.disk().list().unwrap();
    for name in names.iter().filter(|name| *name != "LOCK") {
        let spoiled = target.copy();
        spoiled.flip(name, fs::metadata(spoiled.file(name)).unwrap().len() / 2);
        let refused = restored(&spoiled).unwrap_err();
        assert!(
            matches!(&refused, BackupError::Spoiled { file, .. } if file == name),
            "{name}: {refused}"
        );
        let missing = target.copy();
        fs::remove_file(missing.file(name)).unwrap();
        match restored(&missing).unwrap_err() {
            BackupError::Absent => assert_eq!(name, "BACKUP"),
            BackupError::Spoiled { file, .. } => assert_eq!(&file, name),
            other => panic!("{name}: {other}"),
        }
    }
}

#[test]
fn damage_of_a_log_is_named_and_not_copied_and_a_torn_end_is_left_out() {
    let (source, target) = (Place::new(), Place::new());
    let mut log = source.open();
    for n in 1..=3 {
        append(&mut log, "a", format!("event {n} "));
    }
    drop(log);
    let (torn, damaged) = (source.copy(), source.copy());
    torn.flip("00000001.log", records(&source)[2] + 40);
    take(&torn, &target.disk()).unwrap();
    assert_eq!(restored(&target).unwrap().0.len(), 2);
    damaged.flip("00000001.log", records(&source)[1] + 40);
    match take(&damaged, &Place::new().disk()) {
        Err(BackupError::Log(OpenError::Damaged(damage))) => {
            assert_eq!(
                (damage.file.as_str(), damage.offset),
                ("00000001.log", records(&source)[1])
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_an_empty_directory_or_one_with_a_backup_of_the_same_log_is_written_to() {
    let (source, other, target) = (Place::new(), Place::new(), Place::new());
    drop(filled(&source));
    assert!(matches!(take(&source, &source.disk()), Err(BackupError::Foreign { .. })));
    take(&source, &target.disk()).unwrap();
    assert!(matches!(restore(&target.disk(), &source.disk(), 7), Err(BackupError::Filled { .. })));
    let dice = crate::backlog::log::Dice { incarnation: 7, salt: 10 };
    let clock = Arc::new(|| Micros(1));
    Log::open(other.disk(), other.settings.clone(), clock, dice).unwrap();
    assert!(matches!(take(&other, &target.disk()), Err(BackupError::Another)));
    assert!(matches!(take(&target, &other.disk()), Err(BackupError::Foreign { .. })));
    let held = target.disk().lock().unwrap();
    assert!(matches!(take(&source, &target.disk()), Err(BackupError::Locked)));
    drop(held);
}

#[test]
fn a_backup_of_a_later_format_is_refused_by_name() {
    let (source, target) = (Place::new(), Place::new());
    drop(filled(&source));
    take(&source, &target.disk()).unwrap();
    let text = fs::read_to_string(target.file("BACKUP")).unwrap();
    let later = text[..text.rfind("crc ").unwrap()].replace("backup 1", "backup 2");
    let checked = format!("{later}crc {:08x}\n", crc32c::crc32c(later.as_bytes()));
    fs::write(target.file("BACKUP"), checked).unwrap();
    for refused in [restored(&target).err(), take(&source, &target.disk()).err()] {
        let is_version = matches!(&refused, Some(BackupError::Log(OpenError::Version { file })) if file == "BACKUP");
        assert!(is_version, "{refused:?}");
    }
}
