//! What `clients/CONFORMANCE.md` plays its scenarios with, over the Rust client.

mod follow;
mod hub;
mod print;
mod publish;
mod wire;

use clap::Parser;

#[derive(Parser)]
enum Program {
    /// Prints events as they come
    Follow(follow::Words),
    /// Publishes each line of standard input
    Publish(publish::Words),
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    match Program::parse() {
        Program::Follow(words) => follow::run(words).await,
        Program::Publish(words) => publish::run(words).await,
    }
}
