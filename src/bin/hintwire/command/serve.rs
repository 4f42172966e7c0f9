//! `hintwire serve`.

use std::path::Path;

use hintwire::config::Config;

use crate::failure::{Exit, Failure};
use crate::typed::Serve;

pub async fn run(typed: Serve) -> Result<(), Failure> {
    let config = config(&typed)?;
    if typed.print_config {
        return print(&config);
    }
    Err(Failure::error("not yet"))
}

/// Defaults, under the file, under what was typed.
fn config(typed: &Serve) -> Result<Config, Failure> {
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

fn print(config: &Config) -> Result<(), Failure> {
    use std::io::Write;
    Ok(std::io::stdout().write_all(config.to_toml()?.as_bytes())?)
}
