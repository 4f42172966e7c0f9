//! A set of public keys, by RFC 7517.

use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse,
};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, Header};
use serde::Deserialize;
use serde_json::Value;

use crate::identity::Hash;
use crate::limits::{JWKS_BYTES, JWKS_KEYS};

/// The keys of an issuer that can verify a signature. Symmetric ones, and those for other uses, are left out.
#[derive(Debug, Default)]
pub struct Keys(Vec<Key>);

/// A public key.
#[derive(Debug, Clone)]
pub struct Key {
    /// For the library.
    pub key: DecodingKey,
    /// What makes it this key.
    pub hash: Hash,
    id: Option<String>,
    /// All that it may have signed by.
    algorithms: Vec<Algorithm>,
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
#[error("{from}: {why}")]
pub struct KeysError {
    /// The file or URL.
    pub from: String,
    /// What is wrong with it.
    pub why: String,
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Value>,
}

impl Keys {
    /// Reads a set.
    ///
    /// # Errors
    /// It is none, is too large, or has no key that can verify.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        if text.len() > JWKS_BYTES {
            return Err(format!("has more than {JWKS_BYTES} bytes"));
        }
        let set: Set = serde_json::from_slice(text).map_err(|error| format!("no JWKS: {error}"))?;
        if set.keys.len() > JWKS_KEYS {
            return Err(format!("has more than {JWKS_KEYS} keys"));
        }
        let jwks = set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok());
        let keys: Vec<Key> = jwks.filter_map(|jwk: Jwk| Key::of(&jwk)).collect();
        if keys.is_empty() {
            return Err("has no RSA, EC or Ed25519 key for signatures".into());
        }
        Ok(Self(keys))
    }

    /// Those that may have signed a token. One without a key id may be signed by the only key there is.
    pub fn fitting(&self, header: &Header) -> Vec<Key> {
        let named = |key: &&Key| match &header.kid {
            Some(id) => key.id.as_ref() == Some(id),
            None => self.0.len() == 1,
        };
        let fits = |key: &&Key| key.algorithms.contains(&header.alg);
        self.0.iter().filter(named).filter(fits).cloned().collect()
    }

    /// Whether a key is in the set.
    pub fn has(&self, hash: Hash) -> bool {
        self.0.iter().any(|key| key.hash == hash)
    }

    /// What tells two sets apart.
    pub fn hashes(&self) -> Vec<Hash> {
        self.0.iter().map(|key| key.hash).collect()
    }
}

impl Key {
    fn of(jwk: &Jwk) -> Option<Self> {
        let common = &jwk.common;
        let signs = common.public_key_use.as_ref().is_none_or(|u| *u == PublicKeyUse::Signature);
        let operations = common.key_operations.as_ref();
        let verifies = operations.is_none_or(|known| known.contains(&KeyOperations::Verify));
        let mut algorithms = algorithms(&jwk.algorithm);
        if let Some(one) = common.key_algorithm {
            algorithms.retain(|algorithm| signs_by(*algorithm, one));
        }
        let key = DecodingKey::from_jwk(jwk).ok()?;
        let material = serde_json::to_vec(&jwk.algorithm).ok()?;
        let usable = signs && verifies && !algorithms.is_empty();
        let id = common.key_id.clone();
        usable.then(|| Self { key, hash: Hash::of(&material), id, algorithms })
    }
}

/// What a kind of key can sign by.
fn algorithms(parameters: &AlgorithmParameters) -> Vec<Algorithm> {
    match parameters {
        AlgorithmParameters::RSA(_) => AlgorithmFamily::Rsa.algorithms().to_vec(),
        AlgorithmParameters::EllipticCurve(key) => match key.curve {
            EllipticCurve::P256 => vec![Algorithm::ES256],
            EllipticCurve::P384 => vec![Algorithm::ES384],
            _ => Vec::new(),
        },
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            vec![Algorithm::EdDSA]
        }
        _ => Vec::new(),
    }
}

fn signs_by(algorithm: Algorithm, one: KeyAlgorithm) -> bool {
    Algorithm::try_from(one).is_ok_and(|one| one == algorithm)
}
