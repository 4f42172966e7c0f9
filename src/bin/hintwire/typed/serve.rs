//! `hintwire serve`.

use std::path::PathBuf;

use clap::{ArgMatches, Args, Command, FromArgMatches, ValueHint};
use hintwire::config::Config;

#[derive(Debug, Args)]
#[command(after_help = SETTINGS)]
pub struct Serve {
    /// Print the settings in force as TOML, and end
    #[arg(long)]
    pub print_config: bool,

    #[command(flatten)]
    pub configured: Configured,
}

/// Where settings come from, and how they are written.
pub const SETTINGS: &str = "Settings come from flags, else from HINTWIRE_* variables, else from the file, else they \
are defaults. Durations are written like 10ms, 15s or 7d, sizes like 4096 or 256MiB.";

/// The configuration of a hub.
#[derive(Debug, Args)]
pub struct Configured {
    /// A TOML file with settings by their names, e.g. `retention_age = "7d"`
    #[arg(long, env = "HINTWIRE_CONFIG", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,

    #[command(flatten)]
    pub settings: Settings,
}

/// The settings that were typed or are in the environment, and no others: they go over what the file says.
#[derive(Debug)]
pub struct Settings(ArgMatches);

impl Settings {
    /// Puts what was typed over a configuration.
    pub fn over(&self, mut config: Config) -> Result<Config, clap::Error> {
        config.update_from_arg_matches(&self.0)?;
        Ok(config)
    }
}

impl FromArgMatches for Settings {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self(matches.clone()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0 = matches.clone();
        Ok(())
    }
}

impl Args for Settings {
    fn augment_args(command: Command) -> Command {
        Config::augment_args_for_update(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Config::augment_args_for_update(command)
    }
}
