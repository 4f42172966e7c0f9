//! What can be typed. What it means stands in `command`.

mod doctor;
mod publish;
mod read;
mod serve;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueHint};
use clap_complete::Shell;
use hintwire::config::human::parse_duration;

pub use doctor::{Action, Doctor, May, Question};
pub use publish::Publish;
pub use read::{
    Cursor, Fetch, Follow, Get, Hub, OnCursorError, Seek, Snapshot, Start, Subscribe, Topics,
};
pub use serve::{Configured, Serve};

/// A notification hub: publish events into a durable backlog; be told that there is news by a tiny hint; fetch what you
/// miss.
#[derive(Debug, Parser)]
#[command(name = "hintwire", version, after_help = EXIT_CODES, max_term_width = 100)]
#[command(arg_required_else_help = true, disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  refused, or failed for another reason than those below
  2  the command line or the configuration is wrong
  3  the cursor cannot be used: trimmed, foreign, ahead or malformed
  4  the hub cannot be reached, or cannot serve now: a retry may help
  5  the backlog is damaged";

/// One for each thing that can be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a hub
    Serve(Serve),
    /// Publish one event from flags, or many from JSON lines
    Publish(Publish),
    /// Print the hints for some topics as they come
    Subscribe(Subscribe),
    /// Print events after a place
    Fetch(Fetch),
    /// Print the newest event of a key
    Get(Get),
    /// Print the newest event of every key
    Snapshot(Snapshot),
    /// Print events as they come, for ever, and keep the place in a file
    Follow(Follow),
    /// List topics
    Topics(Topics),
    /// Watch a hub: rates, streams, lag and topics, live
    Top(Top),
    /// Say what a cursor is worth
    Cursor(Cursor),
    /// Describe the hub: its backlog, limits and health
    Hub(Hub),
    /// Look over an installation: what is wrong, and what to do
    Doctor(Doctor),
    /// Copy the backlog of a hub, running or not, into a directory of its own
    Backup(Backup),
    /// Make a backlog of a backup, in a new incarnation
    Restore(Restore),
    /// Verify a backup, or a backlog that no hub has open
    Check(Check),
    /// Make a static bearer token
    #[command(subcommand)]
    Token(Token),
    /// Print a completion script for a shell
    Completions(Completions),
}

/// Where the hub is.
#[derive(Debug, Args)]
pub struct At {
    /// The hub
    #[arg(long, env = "HINTWIRE_URL", value_name = "URL", value_hint = ValueHint::Url)]
    #[arg(default_value = "http://127.0.0.1:7450")]
    pub url: String,

    /// A bearer token; other users of this machine may see what is typed, so prefer HINTWIRE_TOKEN or a file
    #[arg(long, env = "HINTWIRE_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub token: Option<String>,

    /// A file with the token, read again when the hub asks for another
    #[arg(long, env = "HINTWIRE_TOKEN_FILE", value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(conflicts_with = "token")]
    pub token_file: Option<PathBuf>,

    /// Authorities to trust over https, in place of the system's
    #[arg(long, env = "HINTWIRE_CA", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub ca: Option<PathBuf>,

    /// A client certificate to show
    #[arg(long, env = "HINTWIRE_CERT", value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(requires = "cert_key")]
    pub cert: Option<PathBuf>,

    /// The key of that certificate
    #[arg(long, env = "HINTWIRE_CERT_KEY", value_name = "FILE")]
    #[arg(value_hint = ValueHint::FilePath, requires = "cert")]
    pub cert_key: Option<PathBuf>,
}

/// Where the hub is, and how to print what it says.
#[derive(Debug, Args)]
pub struct From {
    #[command(flatten)]
    pub at: At,
    /// Print JSON, one object a line
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Top {
    #[command(flatten)]
    pub at: At,
    /// Topics or patterns to list, the first 1,000 by name
    #[arg(value_name = "TOPIC", default_value = "**")]
    pub topics: Vec<String>,
    /// Time between two looks
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "2s")]
    pub interval: Duration,
    /// Print one frame, of the rates within one interval, and end
    #[arg(long)]
    pub once: bool,
}

#[derive(Debug, Args)]
pub struct Backup {
    /// The directory of the backup: empty, or with an earlier backup of the same backlog
    #[arg(value_hint = ValueHint::DirPath)]
    pub target: PathBuf,
    /// The directory of the backlog
    #[arg(long, env = "HINTWIRE_DATA", value_name = "DIR", value_hint = ValueHint::DirPath)]
    #[arg(default_value = "./hintwire-data")]
    pub data: PathBuf,
    /// Print JSON, one object a line
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Restore {
    /// The directory of the backup
    #[arg(value_hint = ValueHint::DirPath)]
    pub backup: PathBuf,
    /// The directory of the new backlog: empty or absent
    #[arg(long, env = "HINTWIRE_DATA", value_name = "DIR", value_hint = ValueHint::DirPath)]
    #[arg(default_value = "./hintwire-data")]
    pub data: PathBuf,
    /// Print JSON, one object a line
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Check {
    /// The directory of the backlog, or of a backup
    #[arg(value_hint = ValueHint::DirPath)]
    pub dir: PathBuf,
    /// Cut the backlog from the damage on, into a new incarnation, after saying what is lost
    #[arg(long)]
    pub repair: bool,
    /// Print JSON, one object a line
    #[arg(long)]
    pub json: bool,
}

/// What can be done with tokens.
#[derive(Debug, Subcommand)]
pub enum Token {
    /// Print a new token, once, and what the auth file lists in its place
    New {
        /// Whose it is: its principal is `token:NAME`
        name: String,
    },
}

#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    pub shell: Shell,
}

/// `KEY=VALUE`.
fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.into(), value.into())),
        _ => Err("write KEY=VALUE".into()),
    }
}

/// RFC 3339, e.g. `2026-03-01T12:00:00Z`.
fn time(text: &str) -> Result<prost_types::Timestamp, String> {
    text.parse().map_err(|_| "write a time like 2026-03-01T12:00:00Z".into())
}
