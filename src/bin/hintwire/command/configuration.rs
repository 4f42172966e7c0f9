//! The configuration that was typed, as `serve` takes it.

use std::path::Path;

use hintwire::config::Config;

use crate::failure::{Exit, Failure};
use crate::typed::Configured;

/// Defaults, under the file, under what was typed.
pub fn read(typed: &Configured) -> Result<Config, Failure> {
    let file = typed.config.as_deref().map_or_else(|| Ok(Config::default()), load)?;
    let config = typed
        .settings
        .over(file)
        .map_err(|error| Failure::new(Exit::Usage, error.to_string().trim_end()))?;
    config.validate()?;
    Ok(config)
}

fn load(path: &Path) -> Result<Config, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::new(Exit::Usage, error).context(path.display()))?;
    Config::from_toml(&text).map_err(|error| Failure::from(error).context(path.display()))
}
