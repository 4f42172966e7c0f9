//! `hintwire doctor`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum, ValueHint};

use super::{Configured, pair};

#[derive(Debug, Args)]
#[command(after_help = super::serve::SETTINGS)]
pub struct Doctor {
    /// Print JSON, one object a line
    #[arg(long, global = true)]
    pub json: bool,

    #[command(flatten)]
    pub configured: Configured,

    #[command(subcommand)]
    pub question: Option<Question>,
}

/// What can be asked instead of an examination.
#[derive(Debug, Subcommand)]
pub enum Question {
    /// Say whether a policy lets somebody do something, and which rule decides
    May(May),
}

#[derive(Debug, Args)]
#[command(after_help = "\
A claim that is given again is a list. `sub` is what follows the first `:` of the principal, unless it is given. \
The exit code is 1 if it may not.")]
pub struct May {
    /// Who, as the log and the policy name them, e.g. token:billing
    pub principal: String,

    /// What
    pub action: Action,

    /// On which topic or pattern; none for admin
    #[arg(required_if_eq_any = [("action", "read"), ("action", "publish")], value_name = "PATTERN")]
    pub pattern: Option<String>,

    /// What their credentials say of them; repeatable
    #[arg(long = "claim", value_name = "KEY=VALUE", value_parser = pair)]
    pub claims: Vec<(String, String)>,

    /// The policy; else the one that the configuration names
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub policy: Option<PathBuf>,
}

/// What a policy speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Action {
    Read,
    Publish,
    Admin,
}
