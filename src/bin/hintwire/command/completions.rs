//! `hintwire completions`.

use std::io::Write;

use clap::CommandFactory;

use crate::failure::Failure;
use crate::typed::{Cli, Completions};

pub fn run(typed: &Completions) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(typed.shell, &mut Cli::command(), "hintwire", &mut script);
    Ok(std::io::stdout().write_all(&script)?)
}
