//! Hosts and origins, as an operator lists them and as browsers name them.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A name or address, and a port if it has one: `hub.example`, `hub.example:8080`, `[::1]:7450`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Host {
    name: String,
    port: Option<u16>,
}

/// Where a page comes from: a scheme, a host, and the port unless it is the scheme's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin {
    scheme: String,
    host: Host,
}

/// Text that is no host or origin, and what to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// A pattern.
    #[error("`*` is not taken: whoever may pass is listed by name")]
    Wildcard,
    /// No host.
    #[error("write a host as name, name:port, address or [address]:port")]
    Host,
    /// No origin.
    #[error("write an origin as browsers do: scheme://host or scheme://host:port, nothing behind")]
    Origin,
}

impl Host {
    /// Whether it is an address, not a name.
    pub fn is_address(&self) -> bool {
        self.name.parse::<Ipv4Addr>().is_ok() || self.name.starts_with('[')
    }

    /// Whether it is this machine's own name for itself.
    pub fn is_localhost(&self) -> bool {
        self.name == "localhost"
    }

    /// Whether it is what an operator listed; without a port, at any.
    pub fn is(&self, listed: &Self) -> bool {
        self.name == listed.name && (listed.port.is_none() || listed.port == self.port)
    }
}

impl Origin {
    /// Whether it is a page of this very host.
    pub fn is_of(&self, host: &Host) -> bool {
        let own = default_port(&self.scheme);
        self.host.name == host.name && self.host.port.or(own) == host.port.or(own)
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

impl FromStr for Host {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.contains('*') {
            return Err(NameError::Wildcard);
        }
        let (name, port) = match text.rsplit_once(':') {
            Some((name, port)) if !text.ends_with(']') => (name, Some(self::port(port)?)),
            _ => (text, None),
        };
        if !is_name(name) {
            return Err(NameError::Host);
        }
        Ok(Self { name: name.to_ascii_lowercase(), port })
    }
}

fn port(text: &str) -> Result<u16, NameError> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or(NameError::Host)
}

fn is_name(name: &str) -> bool {
    if let Some(address) = name.strip_prefix('[') {
        return address.strip_suffix(']').is_some_and(|v6| v6.parse::<Ipv6Addr>().is_ok());
    }
    let of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    !name.is_empty() && name.bytes().all(of_name)
}

impl FromStr for Origin {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.contains('*') {
            return Err(NameError::Wildcard);
        }
        let (scheme, host) = text.split_once("://").ok_or(NameError::Origin)?;
        let of_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
        if scheme.is_empty() || !scheme.bytes().all(of_scheme) {
            return Err(NameError::Origin);
        }
        let scheme = scheme.to_ascii_lowercase();
        let mut host: Host = host.parse().map_err(|_| NameError::Origin)?;
        // As browsers write it.
        host.port = host.port.filter(|port| Some(*port) != default_port(&scheme));
        Ok(Self { scheme, host })
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            None => f.write_str(&self.name),
            Some(port) => write!(f, "{}:{port}", self.name),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)
    }
}

impl TryFrom<String> for Host {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<Host> for String {
    fn from(host: Host) -> Self {
        host.to_string()
    }
}

impl TryFrom<String> for Origin {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_whatever_their_case_and_printed_as_one_lists_them() {
        for text in ["hub", "hub.example:8080", "127.0.0.1", "[::1]:7450", "[::1]", "a_b-c"] {
            assert_eq!(text.parse::<Host>().unwrap().to_string(), text);
        }
        assert_eq!("HUB:80".parse::<Host>(), "hub:80".parse());
        for text in ["", ":80", "hub:", "hub:+1", "hub:99999", "::1", "[::1", "[hub]", "a@b", "a/"]
        {
            assert_eq!(text.parse::<Host>(), Err(NameError::Host), "{text}");
        }
        assert_eq!("*.example".parse::<Host>(), Err(NameError::Wildcard));
    }

    #[test]
    fn only_what_cannot_be_a_name_is_an_address() {
        for (text, address) in [
            ("10.0.0.1:1", true),
            ("[fe80::1]", true),
            ("127.1", false),
            ("1.2.3.4.example", false),
        ] {
            assert_eq!(text.parse::<Host>().unwrap().is_address(), address, "{text}");
        }
    }

    #[test]
    fn origins_are_written_as_browsers_write_them() {
        for (text, written) in [
            ("https://App.example", "https://app.example"),
            ("http://app.example:80", "http://app.example"),
            ("https://app.example:80", "https://app.example:80"),
            ("app+x://localhost", "app+x://localhost"),
        ] {
            assert_eq!(text.parse::<Origin>().unwrap().to_string(), written);
        }
        for text in ["null", "app.example", "https://", "https://a/", "://a", "https://a?b"] {
            assert_eq!(text.parse::<Origin>(), Err(NameError::Origin), "{text}");
        }
        assert_eq!("*".parse::<Origin>(), Err(NameError::Wildcard));
    }

    #[test]
    fn a_page_of_the_same_host_and_port_is_the_hubs_own() {
        let is_own = |origin: &str, host: &str| {
            origin.parse::<Origin>().unwrap().is_of(&host.parse().unwrap())
        };
        assert!(is_own("http://hub:7450", "hub:7450") && is_own("https://hub", "hub:443"));
        assert!(is_own("https://hub", "hub") && !is_own("https://hub", "hub:80"));
        assert!(!is_own("http://hub:3000", "hub:7450") && !is_own("http://bub", "hub"));
    }
}
