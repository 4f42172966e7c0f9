//! Many events from JSON lines.

use std::io::{BufRead, IsTerminal};
use std::path::Path;

use hintwire::v1::get_hub_response::Limits;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::sync::mpsc;

use super::batches::{Batches, Most};
use super::input;
use super::pipeline::{Input, Pipeline};
use super::tally::Tally;
use crate::command::connect;
use crate::failure::Failure;
use crate::print::Output;
use crate::typed::Publish;

/// Batches read ahead.
const READ_AHEAD: usize = 16;
/// Room in a request for what is beside its events.
const ENVELOPE_BYTES: usize = 64;

pub async fn run(file: &Path, typed: Publish) -> Result<(), Failure> {
    let bar = bar(file);
    let input =
        input::open(file, &bar).map_err(|error| Failure::error(error).context(file.display()))?;
    let client = connect(&typed.at).await?;
    let most = most(&client.get_hub().await?.limits.unwrap_or_default());
    let batches = read(Batches::new(input, most, typed.id_prefix));
    let progress = |tally: &Tally| bar.set_message(format!("{} events", tally.events));
    let end = Pipeline::new(client, batches, typed.retry_for, progress).run().await;
    bar.finish_and_clear();
    let summary = end?;
    let mut output = Output::new(false);
    output.line(&(), || summary)?;
    Ok(output.flush()?)
}

fn most(limits: &Limits) -> Most {
    let limit = |value: i32| usize::try_from(value).unwrap_or_default();
    Most {
        events: limit(limits.batch_events),
        request_bytes: limit(limits.request_bytes).saturating_sub(ENVELOPE_BYTES),
        data_bytes: limit(limits.data_bytes),
    }
}

/// Reads in a thread of its own, which ends with the process: standard input cannot be interrupted.
fn read(batches: Batches<impl BufRead + Send + 'static>) -> Input {
    let (to, input) = mpsc::channel(READ_AHEAD);
    std::thread::spawn(move || {
        for batch in batches {
            if to.blocking_send(batch).is_err() {
                break;
            }
        }
    });
    input
}

/// A bar on a terminal, nothing elsewhere.
fn bar(file: &Path) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
    }
    let template = match file.to_str() {
        Some("-") => "{spinner} {bytes} {msg} {elapsed}",
        _ => "{wide_bar} {percent}% {msg} {elapsed}",
    };
    let bar = ProgressBar::new(0);
    ProgressStyle::with_template(template).map_or(bar.clone(), |style| bar.with_style(style))
}
