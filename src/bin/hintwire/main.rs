//! The `hintwire` command: `typed` is what can be typed, `command` what it does, `print` what it says.

mod command;
mod failure;
mod print;
mod typed;

use std::process::ExitCode;

use clap::Parser;

use crate::failure::Failure;
use crate::typed::{Cli, Command};

/// Events are allocated by the thread that reads them and freed by the one that writes the log; glibc's allocator takes
/// a quarter of the server's time for that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse().command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Serve(typed) => command::serve::run(typed).await,
        Command::Publish(typed) => command::publish::run(typed).await,
        Command::Subscribe(typed) => command::subscribe::run(typed).await,
        Command::Fetch(typed) => command::fetch::run(typed).await,
        Command::Get(typed) => command::get::run(typed).await,
        Command::Snapshot(typed) => command::snapshot::run(typed).await,
        Command::Follow(typed) => command::follow::run(typed).await,
        Command::Topics(typed) => command::topics::run(typed).await,
        Command::Top(typed) => command::top::run(typed).await,
        Command::Cursor(typed) => command::cursor::run(typed).await,
        Command::Hub(typed) => command::hub::run(typed).await,
        Command::Doctor(typed) => command::doctor::run(&typed),
        Command::Backup(typed) => command::backup::run(&typed),
        Command::Restore(typed) => command::restore::run(&typed),
        Command::Check(typed) => command::check::run(&typed),
        Command::Token(typed) => command::token::run(&typed),
        Command::Completions(typed) => command::completions::run(&typed),
    }
}
