//! `hintwire doctor`.

use clap::Args;

use super::Configured;

#[derive(Debug, Args)]
#[command(after_help = super::serve::SETTINGS)]
pub struct Doctor {
    /// Print JSON, one object a line
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub configured: Configured,
}
