//! Who is let in: can the hub use its certificate, and its files of tokens and rules?

use hintwire::config::Config;
use hintwire::server::Trust;

use super::finding::Finding;

const CHECK: &str = "trust";

/// Reads what a start reads.
pub fn look(config: &Config) -> Finding {
    if let Err(error) = Trust::read(config) {
        return Finding::fail(CHECK, error.to_string(), "a hub does not start with it");
    }
    let named = [
        ("TLS", config.tls.is_on()),
        ("client certificates", config.tls.client_ca.is_some()),
        ("auth", config.auth.is_some()),
        ("policy", config.policy.is_some()),
    ];
    let read: Vec<_> = named.iter().filter(|(_, set)| *set).map(|(name, _)| *name).collect();
    match read.is_empty() {
        true => Finding::ok(
            CHECK,
            format!("no TLS, and nobody is asked who they are, at {}", config.listen),
        ),
        false => Finding::ok(CHECK, format!("read, and in order: {}", read.join(", "))),
    }
}
