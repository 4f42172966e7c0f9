//! `hintwire check`.

use hintwire::backlog::log::dir::Dir;
use hintwire::backlog::log::{Loss, Lost, OpenError, Summary, backup, check, repair};
use serde_json::{Map, Value, json};

use crate::failure::{Exit, Failure};
use crate::print::{Output, escape};
use crate::typed::Check;

pub fn run(typed: &Check) -> Result<(), Failure> {
    let in_dir = |failure: Failure| failure.context(typed.dir.display());
    let disk = Dir::open(&typed.dir).map_err(|error| in_dir(Failure::error(error)))?;
    let summary = summary(&disk, typed.repair).map_err(in_dir)?;
    let mut output = Output::new(typed.json);
    output.fields(&fields(&summary))?;
    Ok(output.flush()?)
}

fn summary(disk: &Dir, repair: bool) -> Result<Summary, Failure> {
    if backup::is_backup(disk)? {
        let advice = "a backup is not repaired: take another, or restore it and repair that";
        let wrong = repair.then(|| Failure::new(Exit::Usage, advice));
        return wrong.map_or_else(|| Ok(backup::check(disk)?), Err);
    }
    if repair {
        mend(disk)?;
    }
    Ok(check(disk)?)
}

/// Repairs one damage after the other.
fn mend(disk: &Dir) -> Result<(), Failure> {
    let once = || -> Result<Option<Loss>, Failure> {
        let incarnation = getrandom::u64().map_err(Failure::error)?;
        let said = |loss: &Loss| eprintln!("hintwire: {}", escape::text(&text(loss)));
        repair(disk, incarnation, said).map_err(|error: OpenError| error.into())
    };
    while once()?.is_some() {}
    Ok(())
}

/// What a repair gives up, said before it does.
fn text(loss: &Loss) -> String {
    let Loss { damage, lost } = loss;
    let lost = match lost {
        Lost::After { kept, upto, files } => format!(
            "all events after position {kept} are lost, up to position {upto} at most; \
             {files} segment files are removed"
        ),
        Lost::Survivors => "newest events of keys older than the retention are lost, and \
             snapshots no longer hold every live key"
            .into(),
        Lost::Checkpoint => "a repeat of an event that retention has dropped is no longer known \
             as one, and keys that were deleted before the earliest event may be back in snapshots"
            .into(),
    };
    format!("{} at byte {}: {}; {lost}", damage.file, damage.offset, damage.what)
}

fn fields(summary: &Summary) -> Map<String, Value> {
    let lineage = &summary.lineage;
    let cut = |(before, after): &(_, _)| {
        json!({
            "after": lineage.cursor(*before).to_string(),
            "until": lineage.cursor(*after).to_string(),
        })
    };
    [
        ("state", json!("whole")),
        ("head", json!(lineage.cursor(summary.head).to_string())),
        ("earliest", json!(lineage.cursor(summary.earliest).to_string())),
        ("incarnation", json!(lineage.current().to_string())),
        ("lives", json!(lineage.lives().count())),
        ("segments", json!(summary.segments)),
        ("events", json!(summary.events)),
        ("survivors", json!(summary.survivors)),
        ("topics", json!(summary.topics)),
        ("bytes", json!(summary.bytes)),
        ("cuts", summary.cuts.iter().map(cut).collect()),
        ("notes", json!(summary.notes)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into_iter()
    .collect()
}
