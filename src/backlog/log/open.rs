//! Opening and closing a log.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use arc_swap::ArcSwap;
use parking_lot::Mutex;

use super::checkpoint::{self, CHECKPOINT, Reach};
use super::dir::LOCK;
use super::disk::{Disk, DiskFile};
use super::error::{Damage, InFile, OpenError};
use super::hot::HotTail;
use super::identity::{HUB, Identity};
use super::ids::IdWindow;
use super::index;
use super::maintenance::{Maintenance, checkpoint_seed};
use super::manifest::{MANIFEST, Manifest};
use super::mend::{Mender, Recovered};
use super::prepare::prepare;
use super::recover::Recovery;
use super::reopen;
use super::replace::{TEMPORARY, remove};
use super::replay::Replay;
use super::segment::{Segment, file_name, number_of};
use super::settings::LogSettings;
use super::state::{Clock, Shared, Signal};
use super::view::View;
use super::writer::Writer;
use crate::backlog::Health;
use crate::cursor::{Incarnation, Position};
use crate::event::Micros;
use crate::limits::SEGMENT_BYTES;
use crate::lineage::Lineage;
use crate::metrics::LogMetrics;
use crate::topic::table::TopicTable;

/// An open log: the parts that its threads drive.
pub struct Log<D: Disk> {
    /// What its parts share, and readers use.
    pub shared: Arc<Shared<D>>,
    /// The only one that appends.
    pub writer: Writer<D>,
    /// What goes on behind.
    pub maintenance: Arc<Mutex<Maintenance<D>>>,
    lock: Box<dyn Send + Sync>,
}

/// The random numbers of a new backlog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dice {
    /// Identity of its first life.
    pub incarnation: u64,
    /// Secret that seeds its checksums.
    pub salt: u64,
}

impl<D: Disk> Log<D> {
    /// Opens the backlog of a directory, or creates one if the directory is empty.
    pub fn open(
        disk: D,
        mut settings: LogSettings,
        clock: Clock,
        dice: Dice,
    ) -> Result<Self, OpenError> {
        settings.segment_bytes = settings.segment_bytes.clamp(SEGMENT_BYTES.0, SEGMENT_BYTES.1);
        refuse_foreign(&disk)?;
        let lock = lock(&disk)?;
        if !disk.list().in_file(HUB)?.iter().any(|name| name == HUB) {
            create(&disk, &settings, dice)?;
        }
        let mut identity = Identity::read(&disk)?;
        if identity.kept_latest && !settings.keep_latest {
            identity.kept_latest = false;
            identity.write(&disk)?;
        }
        let manifest = Manifest::read(&disk)?;
        sweep(&disk, &manifest)?;
        let numbers = segment_numbers(&disk, &manifest)?;
        let now = clock();
        let mut replay = Replay {
            topics: Arc::new(TopicTable::default()),
            ids: IdWindow::new(settings.id_window, settings.id_window_events),
            now,
            time: Micros::default(),
            known: Position::INCEPTION,
            tombstones: Vec::new(),
        };
        let mut survivors = Vec::new();
        for number in &manifest.survivors {
            survivors.push(Arc::new(reopen::survivors(&disk, identity.salt, *number)?));
        }
        let reach = resume(&disk, identity.salt, &manifest, &survivors, &mut replay)?;
        let recovery = Recovery::new(&disk, &identity, &manifest, &numbers, &mut replay)?;
        let found = recovery.find()?;
        let Identity { salt, ref lineage, .. } = identity;
        let mender = Mender { disk: &disk, salt, lineage, now, time: replay.time };
        let Recovered { segments, tail, prepared, cut } = mender.mend(found)?;
        replay.forget_deleted();
        if let Some(cut) = &cut {
            tracing::warn!(%cut, "an unsynced end of the backlog was cut");
        }
        let shared = Arc::new(Shared {
            disk,
            settings,
            lineage: identity.lineage,
            salt: identity.salt,
            snapshot_covers: identity.kept_latest,
            last_cut: cut,
            topics: replay.topics,
            hot: HotTail::new(tail.last),
            view: ArcSwap::from_pointee(View {
                segments: survivors.into_iter().chain(segments).collect(),
                earliest: manifest.earliest,
                first: manifest.first,
                base: manifest.base,
            }),
            next: Mutex::new(prepared),
            work: Signal::default(),
            metrics: LogMetrics::default(),
            clock,
            health: Mutex::new(Health::Ok),
            ids: Mutex::new(replay.ids),
            checkpoint: AtomicU64::new(reach.map_or(0, |reach| reach.at.0)),
            head: AtomicU64::new(tail.last.0),
        });
        let writer = Writer::new(Arc::clone(&shared), tail);
        let maintenance = Maintenance::begin(Arc::clone(&shared), reach).in_file(CHECKPOINT)?;
        let maintenance = Arc::new(Mutex::new(maintenance));
        Ok(Self { shared, writer, maintenance, lock })
    }

    /// Leaves the clean-stop mark. Nothing is written any more.
    pub fn close(self) -> Result<(), OpenError> {
        let closed = self.shared.manifest().write(&self.shared.disk);
        drop(self.lock);
        closed
    }
}

/// Takes over the checkpoint; tells how far it reaches. Without one, the survivors are read.
pub(super) fn resume<D: Disk>(
    disk: &D,
    salt: u64,
    manifest: &Manifest,
    survivors: &[Arc<Segment<D>>],
    replay: &mut Replay,
) -> Result<Option<Reach>, OpenError> {
    let loaded = checkpoint::load(disk, checkpoint_seed(salt), &replay.topics);
    let loaded = loaded.in_file(CHECKPOINT)?;
    manifest.expect_checkpoint(loaded.as_ref().map(|loaded| loaded.reach.at))?;
    if let Some(loaded) = loaded {
        let reach = loaded.reach;
        replay.resume(loaded);
        return Ok(Some(reach));
    }
    if manifest.earliest > Position::INCEPTION {
        tracing::warn!(
            "there is no checkpoint: ids of events before the trim point are unknown, and keys deleted before it may be \
             back"
        );
    }
    survivors.iter().try_for_each(|segment| replay.survivors(segment))?;
    Ok(None)
}

/// Refuses a directory that holds something and no backlog, before anything is written to it.
pub(super) fn refuse_foreign<D: Disk>(disk: &D) -> Result<(), OpenError> {
    let names = disk.list().in_file("the directory")?;
    if names.iter().any(|name| name == HUB) {
        return Ok(());
    }
    let has_manifest = names.iter().any(|name| name == MANIFEST);
    for found in names {
        if !is_left_of_creation(disk, &found).in_file(&found)? {
            return Err(match number_of(&found) {
                Some(_) if has_manifest => Damage::new(HUB, 0, "it is missing").into(),
                _ => OpenError::Foreign { found },
            });
        }
    }
    Ok(())
}

/// Refuses a directory without a backlog, before anything is looked for in it.
pub(super) fn expect_backlog<D: Disk>(disk: &D) -> Result<(), OpenError> {
    if disk.list().in_file("the directory")?.iter().any(|name| name == HUB) {
        return Ok(());
    }
    Err(match refuse_foreign(disk) {
        Err(damaged @ OpenError::Damaged(_)) => damaged,
        _ => OpenError::Absent,
    })
}

/// Whether a file is one that a crash while a backlog was created may have left.
fn is_left_of_creation<D: Disk>(disk: &D, name: &str) -> io::Result<bool> {
    if name == file_name(1) {
        let file = disk.open(name)?;
        let mut start = vec![0; file.len()?.min(SEGMENT_BYTES.0) as usize];
        file.read_at(&mut start, 0)?;
        return Ok(start.iter().all(|byte| *byte == 0));
    }
    // A file system of its own comes with lost+found.
    let temporary = name.strip_suffix(TEMPORARY).unwrap_or(name);
    Ok([LOCK, MANIFEST, HUB, "lost+found"].contains(&temporary))
}

pub(super) fn lock<D: Disk>(disk: &D) -> Result<Box<dyn Send + Sync>, OpenError> {
    match disk.lock() {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(OpenError::Locked),
        lock => lock.in_file(LOCK),
    }
}

/// Makes a backlog. The file `HUB` comes last: without it, the next start begins anew.
fn create<D: Disk>(disk: &D, settings: &LogSettings, dice: Dice) -> Result<(), OpenError> {
    let first = Manifest::empty();
    let name = file_name(first.first);
    remove(disk, &name).in_file(&name)?;
    prepare(disk, settings, first.first).in_file(&name)?;
    first.write(disk)?;
    let lineage = Lineage::new(Incarnation(dice.incarnation));
    Identity { salt: dice.salt, kept_latest: settings.keep_latest, lineage }.write(disk)
}

/// Removes what crashes and retention left behind.
fn sweep<D: Disk>(disk: &D, manifest: &Manifest) -> Result<(), OpenError> {
    for name in disk.list().in_file("the directory")? {
        let number = number_of(&name).or_else(|| index::number_of(&name));
        let dropped = number
            .is_some_and(|number| number < manifest.first && !manifest.survivors.contains(&number));
        if dropped || name.ends_with(TEMPORARY) {
            disk.remove(&name).in_file(&name)?;
        }
    }
    // Names that a crash kept back from the disk are made durable before anything rests on them.
    disk.sync_dir().in_file("the directory")
}

/// The numbers of the segments after the trim point, sorted.
pub(super) fn segment_numbers<D: Disk>(
    disk: &D,
    manifest: &Manifest,
) -> Result<Vec<u32>, OpenError> {
    let names = disk.list().in_file("the directory")?;
    let numbers = names.iter().filter_map(|name| number_of(name));
    let mut numbers: Vec<u32> = numbers.filter(|number| *number >= manifest.first).collect();
    numbers.sort_unstable();
    Ok(numbers)
}
