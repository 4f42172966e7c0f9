//! `hintwire restore`.

use std::time::SystemTime;

use hintwire::backlog::log::backup::{BackupError, Restored, restore};
use hintwire::backlog::log::dir::Dir;
use prost_types::Timestamp;
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::print::Output;
use crate::typed::Restore;

pub fn run(typed: &Restore) -> Result<(), Failure> {
    let backup = Dir::open(&typed.backup)
        .map_err(|error| Failure::error(error).context(typed.backup.display()))?;
    let target = Dir::create(&typed.data)
        .map_err(|error| Failure::error(error).context(typed.data.display()))?;
    let incarnation = getrandom::u64().map_err(Failure::error)?;
    let restored = restore(&backup, &target, incarnation).map_err(|error| {
        let dir = match &error {
            BackupError::Filled { .. } => &typed.data,
            _ => &typed.backup,
        };
        let dir = dir.display();
        Failure::from(error).context(dir)
    })?;
    let mut output = Output::new(typed.json);
    output.fields(&fields(&restored))?;
    Ok(output.flush()?)
}

fn fields(restored: &Restored) -> Map<String, Value> {
    let Restored { taken, backup, fork, head } = restored;
    [
        ("fork", json!(fork.to_string())),
        ("head", json!(head.to_string())),
        ("incarnation", json!(head.incarnation.to_string())),
        ("parent", json!(fork.incarnation.to_string())),
        ("taken", json!(Timestamp::from(SystemTime::from(*taken)).to_string())),
        ("segments", json!(backup.segments)),
        ("events", json!(backup.events)),
        ("survivors", json!(backup.survivors)),
        ("topics", json!(backup.topics)),
        ("bytes", json!(backup.bytes)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into_iter()
    .collect()
}
