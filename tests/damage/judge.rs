//! What may come of a spoiled backlog.

use hintwire::backlog::ReadError;
use hintwire::backlog::log::{Damage, Log, OpenError, check, repair};

use crate::backlog::{Left, commit, event, open};
use crate::contents::Contents;
use crate::memory::Memory;
use crate::spoil::Spoil;

/// A word for what came of it, or the promise that was broken.
pub type Judged = Result<&'static str, String>;

/// Opens and reads it all: the exact data, or less where nothing proved it and that is said, or an error that names a
/// spoiled file.
pub fn as_found(left: &Left, least: usize, spoil: &Spoil) -> Judged {
    let disk = Memory::of(&spoil.apply(&left.image));
    let mut log = match open(&disk) {
        Ok(log) => log,
        Err(OpenError::Damaged(damage)) => return named(&damage, spoil),
        Err(error) => return Err(format!("not said to be damage: {error:?}")),
    };
    let found = match Contents::of(&log) {
        Ok(found) => found,
        Err(ReadError::Damaged { file, offset, what }) => {
            return named(&Damage { file, offset, what }, spoil);
        }
        Err(error) => return Err(format!("{error:?}")),
    };
    let cut = log.shared.last_cut.is_some();
    let same = |held: &Contents| found.with_head(held.head, cut) == *held;
    let Some(held) = left.contents.iter().rposition(same) else {
        return Err(format!("other data\n{}", found.difference(left.whole())));
    };
    let lost = held + 1 < left.contents.len();
    if held < least || (lost && !cut) {
        return Err(format!(
            "only record {held} is there, and what is said is {:?}",
            log.shared.last_cut
        ));
    }
    goes_on(&mut log, &found, left)?;
    drop(log);
    let again = open(&disk).map_err(|error| format!("after reopening: {error}"))?;
    match again.shared.last_cut {
        None => Ok(if lost { "cut and said" } else { "exact" }),
        Some(ref cut) => Err(format!("cut again: {cut}")),
    }
}

/// Whether an error names a file that is spoiled.
fn named(damage: &Damage, spoil: &Spoil) -> Judged {
    let Damage { file, offset, what } = damage;
    match spoil.files().iter().any(|name| file == name || what.contains(name)) {
        true => Ok("refused"),
        false => Err(format!("the error names `{file}` at byte {offset}: {what}")),
    }
}

/// What is published now comes after all that was ever there, and can be read.
fn goes_on(log: &mut Log<Memory>, found: &Contents, left: &Left) -> Result<(), String> {
    let last = left.whole().log().last().unwrap().position;
    let new = commit(log, vec![event("a/x", "new", 999)]);
    if new <= last {
        return Err(format!("position {new} is given again"));
    }
    let now = Contents::of(log).map_err(|error| format!("after publishing: {error:?}"))?;
    let (before, after) = (found.log(), now.log());
    match after.split_last() {
        Some((event, rest)) if event.position == new && rest == before => Ok(()),
        _ => Err(format!("after publishing {new}: {}", now.difference(found))),
    }
}

/// The check agrees with what was found, and a repair leaves a backlog that opens and holds nothing but what was
/// published, from the trim point on without a gap.
pub fn after_repair(left: &Left, spoil: &Spoil, word: &str) -> Result<(), String> {
    let disk = Memory::of(&spoil.apply(&left.image));
    let checked = check(&disk).map(drop);
    match (&checked, word) {
        (Err(OpenError::Damaged(damage)), "refused") => drop(named(damage, spoil)?),
        (Ok(()), "exact" | "cut and said") => {}
        // It also looks at what nobody can read any more: events of survivors that are none.
        (Err(OpenError::Damaged(damage)), "exact") => drop(named(damage, spoil)?),
        _ => return Err(format!("{word}, but the check says {checked:?}")),
    }
    for _ in 0..10 {
        match repair(&disk, 99, |_| ()) {
            Ok(Some(_)) => {}
            Ok(None) => return repaired(left, &disk),
            Err(OpenError::Damaged(damage)) if ["HUB", "MANIFEST"].contains(&&*damage.file) => {
                return Ok(());
            }
            Err(error) => return Err(format!("repairing: {error}")),
        }
    }
    Err("it is repaired again and again".into())
}

fn repaired(left: &Left, disk: &Memory) -> Result<(), String> {
    let mut log = open(disk).map_err(|error| format!("repaired, and: {error}"))?;
    let found = Contents::of(&log).map_err(|error| format!("repaired, and: {error:?}"))?;
    let whole = left.whole();
    let foreign = |event| !whole.log().contains(event) && !left.trimmed.contains(event);
    if !whole.log().starts_with(found.log()) || found.snapshot.iter().any(foreign) {
        return Err(format!("repaired: other data\n{}", found.difference(whole)));
    }
    goes_on(&mut log, &found, left).map_err(|what| format!("repaired: {what}"))
}
