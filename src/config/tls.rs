//! The settings of TLS: the table `tls`.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::ConfigError;

/// With which certificates the hub is served, and whose clients' it takes. All files are PEM, and read again when they
/// change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args), command(next_help_heading = "TLS"))]
#[serde(default, deny_unknown_fields)]
pub struct TlsSettings {
    /// The certificate of the hub, and those between it and its authority; with it, the hub speaks TLS alone. Default:
    /// none.
    #[cfg_attr(
        feature = "cli",
        arg(
            id = "tls_certificate",
            long = "tls-certificate",
            env = "HINTWIRE_TLS_CERTIFICATE",
            value_name = "FILE"
        )
    )]
    pub certificate: Option<PathBuf>,

    /// The private key of that certificate. Default: none.
    #[cfg_attr(
        feature = "cli",
        arg(id = "tls_key", long = "tls-key", env = "HINTWIRE_TLS_KEY", value_name = "FILE")
    )]
    pub key: Option<PathBuf>,

    /// Authorities whose client certificates say who asks. Each client must have one, unless `auth` or `allow_anonymous`
    /// is set too. Default: none.
    #[cfg_attr(
        feature = "cli",
        arg(
            id = "tls_client_ca",
            long = "tls-client-ca",
            env = "HINTWIRE_TLS_CLIENT_CA",
            value_name = "FILE"
        )
    )]
    pub client_ca: Option<PathBuf>,

    /// Revocation lists, one of each authority in `client_ca` and between. Default: none.
    #[cfg_attr(
        feature = "cli",
        arg(id = "tls_crl", long = "tls-crl", env = "HINTWIRE_TLS_CRL", value_name = "FILE")
    )]
    pub crl: Option<PathBuf>,

    /// The oldest version that is spoken, `1.3` or `1.2`. Default `1.3`.
    #[cfg_attr(
        feature = "cli",
        arg(
            id = "tls_min_version",
            long = "tls-min-version",
            env = "HINTWIRE_TLS_MIN_VERSION",
            value_name = "VERSION"
        )
    )]
    pub min_version: TlsVersion,
}

/// A version of TLS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum TlsVersion {
    /// The present one.
    #[default]
    #[serde(rename = "1.3")]
    #[cfg_attr(feature = "cli", value(name = "1.3"))]
    Tls13,
    /// The one before, for clients that have no other.
    #[serde(rename = "1.2")]
    #[cfg_attr(feature = "cli", value(name = "1.2"))]
    Tls12,
}

impl TlsSettings {
    /// Whether the hub speaks TLS.
    pub fn is_on(&self) -> bool {
        self.certificate.is_some()
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let wrong = |why: &str| Err(ConfigError(format!("tls: {why}")));
        match (&self.certificate, &self.key, &self.client_ca, &self.crl) {
            (Some(_), None, ..) => wrong("certificate needs its key"),
            (None, Some(_), ..) => wrong("key needs its certificate"),
            (None, _, Some(_), _) => wrong("client_ca needs a certificate of the hub, and its key"),
            (_, _, None, Some(_)) => wrong("crl needs client_ca: it revokes client certificates"),
            _ => Ok(()),
        }
    }
}
