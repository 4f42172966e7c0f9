//! Hostile and crowded wires: what an attacker, or a crowd, must not be able to do to everybody else.
//!
//! Each row drives a hub of its own, prints what must hold and what was measured, and says `ok` or `NOT REACHED`. Facts (closed,
//! nothing missed, nothing left) are judged in every run; figures (times, memory, CPU) in the full form alone, since in the
//! short form (`--smoke`) the hub is a debug build on a busy machine. What the machine does not permit is `SKIPPED`.

mod churn;
mod crowd;
mod descriptors;
mod drain;
mod floods;
mod http;
mod overload;
#[path = "../../../tests/support/proxy/mod.rs"]
// Nothing here is from a seed; and it is written as tests are.
#[allow(unused_imports, clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]
mod proxy;
#[path = "../../../tests/support/raw/mod.rs"]
#[allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]
pub(crate) mod raw;
pub(crate) mod report;
mod returns;
mod silent;
mod stalled;
mod victim;

use std::path::Path;

use crate::{Result, Scale};
use report::Report;

/// What a row works with.
#[derive(Clone, Copy)]
pub(crate) struct Stage<'a> {
    pub binary: &'a Path,
    pub scale: Scale,
}

const ROWS: [&str; 10] = [
    "silent",
    "stalled",
    "crowd",
    "descriptors",
    "overload",
    "drain",
    "returns",
    "churn",
    "floods",
    "http",
];

/// Runs the rows that are named, or all.
pub(crate) async fn run(binary: &Path, scale: Scale, named: &[String]) -> Result<()> {
    let stage = Stage { binary, scale };
    let all = ROWS.map(String::from);
    let rows = if named.is_empty() { &all } else { named };
    let (mut missed, mut skipped) = (0, 0);
    for row in rows {
        println!("== hostile: {row}");
        let mut report = Report::new(scale);
        match row.as_str() {
            "silent" => silent::run(stage, &mut report).await?,
            "stalled" => stalled::run(stage, &mut report).await?,
            "crowd" => crowd::run(stage, &mut report).await?,
            "descriptors" => descriptors::run(stage, &mut report).await?,
            "overload" => overload::run(stage, &mut report).await?,
            "drain" => drain::run(stage, &mut report).await?,
            "returns" => returns::run(stage, &mut report).await?,
            "churn" => churn::run(stage, &mut report).await?,
            "floods" => floods::run(stage, &mut report).await?,
            "http" => http::run(stage, &mut report).await?,
            other => return Err(format!("no row {other:?}; there are {ROWS:?}").into()),
        }
        missed += report.missed();
        skipped += report.skipped();
    }
    println!("{} rows, {missed} promises not reached, {skipped} skipped", rows.len());
    if missed == 0 { Ok(()) } else { Err("not all that must hold does".into()) }
}
