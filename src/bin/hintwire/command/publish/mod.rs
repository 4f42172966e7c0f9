//! `hintwire publish`.

mod batches;
mod input;
mod jsonl;
mod line;
mod one;
mod pipeline;
mod tally;

use crate::failure::Failure;
use crate::typed::Publish;

pub async fn run(typed: Publish) -> Result<(), Failure> {
    match typed.jsonl {
        Some(file) => jsonl::run(&typed.at, &file, typed.id_prefix).await,
        None => one::run(typed).await,
    }
}
