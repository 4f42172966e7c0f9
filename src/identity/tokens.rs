//! Static tokens, for small installations: random, shown once, kept as hashes.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{Claims, Identity, Proof, TokenProof};
use crate::error::Error;
use crate::identity::header::refused;

/// What a static token begins with, so that a person, or a scanner for secrets, knows it.
const PREFIX: &str = "hintwire_";

/// The SHA-256 of a secret.
///
/// A slow hash is for passwords, which can be guessed: of 256 random bits there is nothing to guess, and a hash that takes
/// long would only be a way to load the hub. Whoever measures how long a lookup by hash takes learns something about
/// hashes of what they sent, from which no token follows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Hash([u8; 32]);

impl Hash {
    /// Of a secret.
    pub fn of(secret: &[u8]) -> Self {
        Self(Sha256::digest(secret).into())
    }
}

impl TryFrom<String> for Hash {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let wrong = "write the 64 hexadecimal digits that `hintwire token new` prints";
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(wrong);
        }
        for (at, byte) in bytes.iter_mut().enumerate() {
            let digits = text.get(2 * at..2 * at + 2).ok_or(wrong)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| wrong)?;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A new token, which is not kept anywhere.
pub struct Minted {
    /// What its owner sends.
    pub token: String,
    /// What the auth file lists.
    pub hash: Hash,
}

impl Minted {
    /// A token of 256 random bits.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn new() -> std::io::Result<Self> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(std::io::Error::other)?;
        let token = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(secret));
        Ok(Self { hash: Hash::of(token.as_bytes()), token })
    }
}

/// What the auth file says of a token.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Its principal.
    pub principal: Arc<str>,
    /// Its claims.
    pub claims: Claims,
    /// When it expires.
    pub until: Option<SystemTime>,
}

/// The tokens of the auth file.
#[derive(Debug, Default)]
pub struct Tokens(HashMap<Hash, Listed>);

impl Tokens {
    /// These.
    pub fn new(listed: impl IntoIterator<Item = (Hash, Listed)>) -> Self {
        Self(listed.into_iter().collect())
    }

    /// Whether a token is meant to be static.
    pub fn are_like(token: &str) -> bool {
        token.starts_with(PREFIX)
    }

    /// Who shows the token of this hash.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`].
    pub fn identify(&self, hash: Hash, now: SystemTime) -> Result<Identity, Error> {
        let Listed { principal, claims, until } =
            self.0.get(&hash).ok_or_else(|| refused("the token is unknown"))?.clone();
        if until.is_some_and(|until| until <= now) {
            return Err(refused("the token has expired"));
        }
        let proof = Proof { token: Some(TokenProof::Static(hash)), certificate: None };
        Ok(Identity::new(principal, claims, until, proof))
    }

    /// Whether the token is listed still, as what it was.
    pub fn still_prove(&self, identity: &Identity, hash: &Hash) -> bool {
        self.0.get(hash).is_some_and(|listed| {
            listed.principal == identity.principal && listed.claims == identity.claims
        })
    }
}
