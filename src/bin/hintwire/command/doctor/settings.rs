//! The configuration: does it load, and what does it set?

use hintwire::config::Config;
use toml::Table;

use super::finding::Finding;
use crate::failure::Failure;

const CHECK: &str = "configuration";

/// What a hub would refuse to start with.
pub fn unusable(failure: &Failure) -> Finding {
    Finding::fail(CHECK, failure.message(), "mend it; nothing else was looked at")
}

/// Names what differs from the defaults.
pub fn in_force(config: &Config) -> Finding {
    let named = |config: &Config| -> Option<Table> { config.to_toml().ok()?.parse().ok() };
    let (Some(set), Some(defaults)) = (named(config), named(&Config::default())) else {
        return Finding::ok(CHECK, "valid");
    };
    let differ = set.iter().filter(|(name, value)| defaults.get(*name) != Some(value));
    let names: Vec<&str> = differ.map(|(name, _)| name.as_str()).collect();
    match names.is_empty() {
        true => Finding::ok(CHECK, "valid, all as by default"),
        false => Finding::ok(CHECK, format!("valid; set: {}", names.join(", "))),
    }
}
