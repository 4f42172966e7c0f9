//! One issuer: what its tokens must say, and the keys that sign them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::errors::{Error as JwtError, ErrorKind};
use jsonwebtoken::{Algorithm, Header, Validation, decode};
use serde::Deserialize;

use super::JwtProof;
use super::keys::{Key, KeysError};
use super::source::Source;
use crate::config::human;
use crate::error::Error;
use crate::identity::Claims;
use crate::identity::file::Name;
use crate::identity::header::refused;

/// What the auth file says of an issuer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerSettings {
    name: Name,
    /// The claim `iss`, to the byte.
    pub issuer: String,
    /// One of these is in the claim `aud`.
    audience: Vec<String>,
    /// A file, from the folder of the auth file on, or a URL.
    pub jwks: String,
    /// Authorities for that URL, as PEM, in place of the system's.
    #[serde(default)]
    pub jwks_ca: Option<String>,
    #[serde(default = "all")]
    algorithms: Vec<Signed>,
    /// How far the clocks may differ.
    #[serde(default = "leeway", with = "human::duration")]
    pub leeway: Duration,
}

fn leeway() -> Duration {
    Duration::from_secs(30)
}

/// More would be a way to make tokens live longer.
const LEEWAY_MOST: Duration = Duration::from_secs(300);

/// An algorithm that takes two keys: who can verify cannot sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Algorithm")]
struct Signed(Algorithm);

impl TryFrom<Algorithm> for Signed {
    type Error = &'static str;

    fn try_from(algorithm: Algorithm) -> Result<Self, Self::Error> {
        match algorithm {
            Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => {
                Err("HMAC is not taken: whoever verifies with it can also sign")
            }
            signed => Ok(Self(signed)),
        }
    }
}

fn all() -> Vec<Signed> {
    use Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
    [RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA].map(Signed).into()
}

impl IssuerSettings {
    /// Its name in principals.
    pub fn name(&self) -> &str {
        self.name.text()
    }

    /// Checks what the form does not say.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self) -> Result<(), String> {
        let wrong = |why: &str| Err(format!("issuer {}: {why}", self.name()));
        if ["anonymous", "token", "dns", "uri"].contains(&self.name()) {
            return wrong("this name begins principals of another kind; choose another");
        }
        if self.audience.is_empty() || self.audience.iter().any(String::is_empty) {
            return wrong("audience: name at least one, or tokens for others would count");
        }
        if self.algorithms.is_empty() {
            return wrong("algorithms: name at least one");
        }
        if self.leeway > LEEWAY_MOST {
            return wrong("leeway is 5m at most");
        }
        Ok(())
    }

    fn takes(&self, algorithm: Algorithm) -> bool {
        self.algorithms.contains(&Signed(algorithm))
    }

    fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.leeway = self.leeway.as_secs();
        validation.validate_nbf = true;
        validation.set_audience(&self.audience);
        validation.set_issuer(&[&self.issuer]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation
    }
}

/// An issuer, and its keys as they are known.
#[derive(Debug)]
pub struct Issuer {
    /// What the auth file says.
    pub settings: IssuerSettings,
    name: Arc<str>,
    /// Where its keys come from.
    pub keys: Arc<Source>,
}

impl Issuer {
    /// An issuer whose keys are in a file, which is read, or at a URL, from which they come later.
    ///
    /// # Errors
    /// A file that has no keys.
    pub fn new(settings: IssuerSettings, folder: &Path) -> Result<Self, KeysError> {
        let keys = Arc::new(Source::new(&settings, folder)?);
        Ok(Self { name: settings.name().into(), settings, keys })
    }

    /// Takes over the keys of the same issuer as it was before, if they come from the same URL.
    pub fn succeeds(&mut self, before: &Self) {
        if before.name == self.name && before.keys.is_like(&self.keys) {
            self.keys = Arc::clone(&before.keys);
        }
    }

    /// Its name in the auth file.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// What a token claims, once its signature and its times are found to be right.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`].
    pub async fn verify(&self, token: &str, header: &Header) -> Result<(Claims, JwtProof), Error> {
        let algorithm = header.alg;
        if !self.settings.takes(algorithm) {
            return Err(refused("the token is signed by an algorithm that is not taken"));
        }
        let mut keys = self.keys.known().fitting(header);
        if keys.is_empty() && self.keys.ask().await {
            keys = self.keys.known().fitting(header);
        }
        let mut why = refused("the token is signed by an unknown key");
        for key in keys {
            match self.verify_with(&key, token, algorithm) {
                Ok(verified) => return Ok(verified),
                Err(error) => why = said(&error),
            }
        }
        Err(why)
    }

    fn verify_with(
        &self,
        key: &Key,
        token: &str,
        algorithm: Algorithm,
    ) -> Result<(Claims, JwtProof), JwtError> {
        let validation = self.settings.validation(algorithm);
        let claims = decode::<Claims>(token, &key.key, &validation)?.claims;
        let proof = JwtProof { issuer: Arc::clone(&self.name), key: key.hash, algorithm };
        Ok((claims, proof))
    }

    /// Whether a token that was taken would be taken still, but for its times.
    pub fn still_proves(&self, claims: &Claims, proof: &JwtProof) -> bool {
        let issued = claims.get("iss").and_then(|iss| iss.as_str()) == Some(&self.settings.issuer);
        let meant = |audience: &serde_json::Value| match audience {
            serde_json::Value::Array(several) => {
                several.iter().any(|one| self.settings.audience.iter().any(|ours| one == ours))
            }
            one => self.settings.audience.iter().any(|ours| one == ours),
        };
        issued
            && self.settings.takes(proof.algorithm)
            && claims.get("aud").is_some_and(meant)
            && self.keys.known().has(proof.key)
    }
}

fn said(error: &JwtError) -> Error {
    refused(match error.kind() {
        ErrorKind::InvalidSignature => "the signature of the token is wrong",
        ErrorKind::ExpiredSignature => "the token has expired",
        ErrorKind::ImmatureSignature => "the token is not valid yet",
        ErrorKind::InvalidAudience => "the token is not for this hub: wrong audience",
        ErrorKind::InvalidIssuer => "the token is of an unknown issuer",
        ErrorKind::MissingRequiredClaim(_) => "the token lacks one of exp, iss, aud and sub",
        _ => "the token is malformed, or its key is of another kind",
    })
}
