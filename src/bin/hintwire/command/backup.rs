//! `hintwire backup`.

use hintwire::backlog::log::backup::{BackupError, Taken, back_up};
use hintwire::backlog::log::dir::Dir;
use hintwire::event::Micros;
use serde_json::{Map, Value, json};

use crate::command::serve::descriptors;
use crate::failure::Failure;
use crate::print::Output;
use crate::typed::Backup;

pub fn run(typed: &Backup) -> Result<(), Failure> {
    // Each segment is one while it waits to be copied.
    descriptors::most();
    let source = Dir::to_read(&typed.data)
        .map_err(|error| Failure::error(error).context(typed.data.display()))?;
    let target = Dir::create(&typed.target)
        .map_err(|error| Failure::error(error).context(typed.target.display()))?;
    let taken = back_up(&source, &target, Micros::now()).map_err(|error| {
        let dir = match &error {
            BackupError::Log(_) | BackupError::Busy => &typed.data,
            _ => &typed.target,
        };
        let dir = dir.display();
        Failure::from(error).context(dir)
    })?;
    let mut output = Output::new(typed.json);
    output.fields(&fields(&taken))?;
    Ok(output.flush()?)
}

fn fields(taken: &Taken) -> Map<String, Value> {
    [
        ("head", json!(taken.head.to_string())),
        ("earliest", json!(taken.earliest.to_string())),
        ("incarnation", json!(taken.head.incarnation.to_string())),
        ("files", json!(taken.files)),
        ("bytes", json!(taken.bytes)),
        ("copied_files", json!(taken.copied_files)),
        ("copied_bytes", json!(taken.copied_bytes)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into_iter()
    .collect()
}
