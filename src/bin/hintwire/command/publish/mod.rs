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
    match typed.jsonl.clone() {
        Some(file) => jsonl::run(&file, typed).await,
        None => one::run(typed).await,
    }
}
