//! JSON Web Tokens, by RFC 7519, 8725 and 9068: signed by a key of the issuer that they name, for us, and not too late.

mod download;
mod issuer;
mod keys;
mod provider;
mod source;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::dangerous::insecure_decode_claims;
use jsonwebtoken::{Algorithm, Header, decode_header};
use serde::Deserialize;

use super::header::refused;
use super::{Claims, Hash, Identity, Proof, TokenProof};
use crate::error::Error;

pub use self::issuer::{Issuer, IssuerSettings};
pub use self::keys::KeysError;
pub use self::provider::install;

/// Which key has signed a token, and what else makes it count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JwtProof {
    /// The name of its issuer in the auth file.
    pub issuer: Arc<str>,
    /// The SHA-256 of the key.
    pub key: Hash,
    /// How it has signed.
    pub algorithm: Algorithm,
}

/// Whose tokens count.
#[derive(Debug, Default)]
pub struct Issuers(Vec<Arc<Issuer>>);

/// The one claim that is read before the signature, to know whose keys to try.
#[derive(Deserialize)]
struct Issued {
    iss: String,
}

impl Issuers {
    /// These.
    pub fn new(issuers: impl IntoIterator<Item = Issuer>) -> Self {
        Self(issuers.into_iter().map(Arc::new).collect())
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Issuer>> {
        self.0.iter()
    }

    /// Who shows a token.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`].
    pub async fn identify(&self, token: &str) -> Result<Identity, Error> {
        let header = decode_header(token).map_err(|_| refused("the token is no JWT"))?;
        refuse_keys_of_its_own(&header)?;
        let Issued { iss } =
            insecure_decode_claims(token).map_err(|_| refused("the token names no issuer"))?;
        let issuer = self.0.iter().find(|issuer| issuer.settings.issuer == iss);
        let issuer = issuer.ok_or_else(|| refused("the token is of an unknown issuer"))?;
        let (claims, proof) = issuer.verify(token, &header).await?;
        identity(&issuer.settings, claims, proof)
    }

    /// Whether a token still counts.
    pub fn still_prove(&self, identity: &Identity, proof: &JwtProof) -> bool {
        let issuer = self.0.iter().find(|issuer| *issuer.name() == proof.issuer);
        issuer.is_some_and(|issuer| issuer.still_proves(&identity.claims, proof))
    }
}

/// A token does not choose the key that it is verified with, and is nothing but signed.
fn refuse_keys_of_its_own(header: &Header) -> Result<(), Error> {
    let key = header.jku.is_some() || header.jwk.is_some() || header.x5u.is_some();
    if key || header.x5c.is_some() {
        return Err(refused("the token brings a key of its own"));
    }
    let more = header.crit.is_some() || header.enc.is_some() || header.zip.is_some();
    if more || header.extras.inner().contains_key("b64") {
        return Err(refused("the token asks for more than a signature"));
    }
    Ok(())
}

/// Longest `sub`, which names the principal in logs and policies.
const SUB_BYTES: usize = 255;

fn identity(settings: &IssuerSettings, claims: Claims, proof: JwtProof) -> Result<Identity, Error> {
    let sub = claims.get("sub").and_then(|sub| sub.as_str()).unwrap_or_default();
    let legal = (1..=SUB_BYTES).contains(&sub.len()) && !sub.chars().any(char::is_control);
    if !legal {
        return Err(refused("the token has no sub of 1 to 255 bytes"));
    }
    let principal = format!("{}:{sub}", settings.name());
    let until = expiry(&claims).ok_or_else(|| refused("the token has no exp that is a time"))?;
    let proof = Proof { token: Some(TokenProof::Jwt(proof)), certificate: None };
    let mut identity = Identity::new(principal.into(), claims, Some(until), proof);
    identity.tolerance = settings.leeway;
    Ok(identity)
}

fn expiry(claims: &Claims) -> Option<SystemTime> {
    let seconds = claims.get("exp")?.as_f64()?;
    UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
}
