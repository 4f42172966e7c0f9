//! The simulated disk does to its users what it says, and no more.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hintwire::backlog::log::disk::{Disk, DiskFile};
use hintwire::event::Micros;

use super::{Call, DiskFaults, SimDisk};

fn disk(seed: u64) -> SimDisk {
    SimDisk::new(seed, DiskFaults::default(), Micros(1))
}

/// The content of a file; `None` if it is not there.
fn content(disk: &SimDisk, name: &str) -> Option<Vec<u8>> {
    let file = disk.open(name).ok()?;
    let mut bytes = vec![0; file.len().unwrap() as usize];
    file.read_at(&mut bytes, 0).unwrap();
    Some(bytes)
}

/// What is found after a crash, for each of many seeds.
fn outcomes(make: impl Fn(&SimDisk)) -> BTreeSet<Option<Vec<u8>>> {
    let found = |seed| {
        let disk = disk(seed);
        make(&disk);
        content(&disk.crash(), "a")
    };
    (0..500).map(found).collect()
}

fn synced(disk: &SimDisk, bytes: &[u8]) -> super::SimFile {
    let file = disk.create("a").unwrap();
    file.write_at(bytes, 0).unwrap();
    file.sync().unwrap();
    disk.sync_dir().unwrap();
    file
}

#[test]
fn what_was_synced_with_its_name_is_found_after_every_crash() {
    let found = outcomes(|disk| drop(synced(disk, b"abc")));
    assert_eq!(found, BTreeSet::from([Some(b"abc".to_vec())]));
}

#[test]
fn a_name_that_was_not_synced_may_be_gone_although_its_file_was() {
    let found = outcomes(|disk| {
        let file = disk.create("a").unwrap();
        file.write_at(b"abc", 0).unwrap();
        file.sync().unwrap();
    });
    assert_eq!(found, BTreeSet::from([None, Some(b"abc".to_vec())]));
}

#[test]
fn a_rename_gives_the_old_file_or_the_new_one() {
    let found = outcomes(|disk| {
        drop(synced(disk, b"old"));
        let file = disk.create("b").unwrap();
        file.write_at(b"new", 0).unwrap();
        file.sync().unwrap();
        disk.rename("b", "a").unwrap();
    });
    assert_eq!(found, BTreeSet::from([Some(b"old".to_vec()), Some(b"new".to_vec())]));
}

#[test]
fn an_unsynced_write_is_torn_at_sectors_in_any_order() {
    let found = outcomes(|disk| {
        let file = synced(disk, &[1; 1536]);
        file.write_at(&[2; 1536], 0).unwrap();
    });
    let whole = |bytes: &Option<Vec<u8>>| {
        let sectors = bytes.as_ref().unwrap().chunks_exact(512);
        sectors.map(|sector| sector.iter().fold(sector[0], |a, b| a * u8::from(a == *b))).collect()
    };
    let torn: BTreeSet<Vec<u8>> = found.iter().map(whole).collect();
    assert_eq!(torn.len(), 8, "each sector for itself: {torn:?}");
    assert!(torn.iter().flatten().all(|sector| *sector != 0), "a sector was torn");
}

#[test]
fn a_length_may_be_kept_without_its_content() {
    let found = outcomes(|disk| {
        let file = synced(disk, b"abc");
        file.write_at(&[7; 512], 512).unwrap();
    });
    assert!(found.contains(&Some(b"abc".to_vec())), "neither");
    let grown = |content: &[u8]| content.len() == 1024 && content.starts_with(b"abc");
    let zeros = |c: &[u8]| grown(c) && c[512..].iter().all(|byte| *byte == 0);
    let garbage = |c: &[u8]| grown(c) && !zeros(c) && c[512..].iter().any(|byte| *byte != 7);
    let all = || found.iter().flatten();
    assert!(
        all().any(|c| zeros(c))
            && all().any(|c| garbage(c))
            && all().any(|c| c.ends_with(&[7; 512]))
    );
}

#[test]
fn an_unsynced_truncation_may_come_undone() {
    let found = outcomes(|disk| synced(disk, b"abc").truncate(1).unwrap());
    assert_eq!(found, BTreeSet::from([Some(b"a".to_vec()), Some(b"abc".to_vec())]));
}

#[test]
fn what_a_failed_sync_dropped_is_read_until_the_crash_and_never_after() {
    let found = outcomes(|disk| {
        let file = synced(disk, b"abc");
        file.write_at(b"xyz", 0).unwrap();
        disk.fail_call(disk.calls() + 1, std::io::ErrorKind::Other);
        file.sync().unwrap_err();
        file.sync().expect("all is called clean");
        assert_eq!(content(disk, "a").unwrap(), b"xyz");
    });
    assert_eq!(found, BTreeSet::from([Some(b"abc".to_vec()), Some(b"xyz".to_vec())]));
}

#[test]
fn handles_of_before_the_crash_fail_and_space_runs_out() {
    let before = disk(1);
    let file = synced(&before, b"abc");
    let after = before.crash();
    assert!(file.len().is_err() && before.list().is_err() && before.is_off());
    let file = after.open("a").unwrap();
    after.set_free_space(10);
    assert_eq!(file.allocate(14).unwrap_err().kind(), std::io::ErrorKind::StorageFull);
    file.allocate(13).unwrap();
    assert_eq!(after.free_space().unwrap(), 0);
}

#[test]
fn the_power_goes_at_the_call_that_was_said() {
    let disk = disk(1);
    let file = synced(&disk, b"abc");
    disk.crash_at_call(disk.calls() + 2);
    file.len().unwrap();
    file.len().unwrap_err();
    assert!(disk.is_off());
}

#[test]
fn a_process_that_is_killed_leaves_all_that_it_wrote_to_the_next() {
    let before = disk(1);
    let lock = before.lock().unwrap();
    let file = before.create("a").unwrap();
    file.write_at(b"abc", 0).unwrap();
    let after = before.kill();
    assert!(file.sync().is_err());
    drop(lock);
    drop(after.lock().unwrap());
    assert_eq!(content(&after, "a").unwrap(), b"abc");
}

#[test]
fn a_copy_goes_its_own_way_and_does_the_same_for_the_same_seed() {
    let run = || {
        let faults = DiskFaults { eio: 200_000, enospc: 100_000, latency: 900 };
        let disk = SimDisk::new(7, faults, Micros(1));
        disk.record();
        for n in 0..50u64 {
            let name = format!("{}", n % 5);
            if let Ok(file) = disk.create(&name).or_else(|_| disk.open(&name)) {
                let _ = file.write_at(&[n as u8; 700], n * 10).and_then(|()| file.sync());
            }
            let _ = disk.remove(&format!("{}", n % 3)).and_then(|()| disk.sync_dir());
        }
        disk.note(|| "now".into());
        disk.crash().trace()
    };
    let trace = run();
    assert_eq!(trace, run());
    assert!(trace.contains("Sync 4") && trace.contains("-> StorageFull") && trace.contains("now"));

    let disk = disk(1);
    let copy = disk.fork(2);
    drop(copy.create("a").unwrap());
    copy.pass(Duration::from_secs(1));
    assert_eq!(
        (content(&disk, "a"), (disk.clock())(), (copy.clock())()),
        (None, Micros(1), Micros(1_000_001))
    );
}

#[test]
fn an_interrupt_comes_before_the_call_that_was_said() {
    let disk = disk(1);
    let file = synced(&disk, b"abc");
    let seen = Arc::new(AtomicU64::new(0));
    let (its_seen, its_disk) = (Arc::clone(&seen), disk.clone());
    disk.interrupt(Call::Len, 1, move || {
        its_seen.store(its_disk.open("a").unwrap().len().unwrap(), Ordering::SeqCst);
    });
    for (longer, expected) in [(4, 0), (5, 4), (6, 4)] {
        file.len().unwrap();
        assert_eq!(seen.load(Ordering::SeqCst), expected);
        file.allocate(longer).unwrap();
    }
}
