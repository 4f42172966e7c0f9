//! Makes tokens, honest and other ones.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair,
};
use ring::{hmac, rsa::PublicKeyComponents};
use serde_json::{Value, json};

pub fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A key that signs.
pub enum Key {
    Rsa(Box<RsaKeyPair>),
    Ec(Vec<u8>),
    Ed(Ed25519KeyPair),
}

impl Key {
    pub fn rsa() -> Self {
        let key = include_bytes!("fixtures/rsa.pkcs8.der");
        Self::Rsa(Box::new(RsaKeyPair::from_pkcs8(key).unwrap()))
    }

    pub fn ec() -> Self {
        let (kind, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        Self::Ec(EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap().as_ref().to_vec())
    }

    pub fn ed() -> Self {
        let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self::Ed(Ed25519KeyPair::from_pkcs8(key.as_ref()).unwrap())
    }

    /// Its public half, as a set of keys lists it.
    pub fn jwk(&self, id: &str) -> Value {
        match self {
            Self::Rsa(key) => {
                let PublicKeyComponents::<Vec<u8>> { n, e } = key.public().into();
                json!({"kty": "RSA", "kid": id, "n": base64(n), "e": base64(e)})
            }
            Self::Ec(key) => {
                let point = ec(key).public_key().as_ref().to_vec();
                let (x, y) = (base64(&point[1..33]), base64(&point[33..]));
                json!({"kty": "EC", "crv": "P-256", "kid": id, "x": x, "y": y})
            }
            Self::Ed(key) => {
                let x = base64(key.public_key().as_ref());
                json!({"kty": "OKP", "crv": "Ed25519", "kid": id, "x": x})
            }
        }
    }

    /// A token signed by the algorithm that its header names.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        let signature = match (self, header["alg"].as_str().unwrap()) {
            (Self::Rsa(key), "PS256") => rsa(key, &RSA_PSS_SHA256, &message),
            (Self::Rsa(key), _) => rsa(key, &RSA_PKCS1_SHA256, &message),
            (Self::Ec(key), _) => {
                let signed = ec(key).sign(&SystemRandom::new(), message.as_bytes()).unwrap();
                signed.as_ref().to_vec()
            }
            (Self::Ed(key), _) => key.sign(message.as_bytes()).as_ref().to_vec(),
        };
        format!("{message}.{}", base64(signature))
    }

    /// The same with the signature in DER, as X.509 has it.
    pub fn sign_der(&self, header: &Value, claims: &Value) -> String {
        let Self::Ec(key) = self else { panic!("DER is of ECDSA alone") };
        let (message, random) = (message(header, claims), SystemRandom::new());
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key, &random).unwrap();
        let signature = key.sign(&random, message.as_bytes()).unwrap();
        format!("{message}.{}", base64(signature.as_ref()))
    }
}

fn ec(key: &[u8]) -> EcdsaKeyPair {
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key, &SystemRandom::new()).unwrap()
}

fn rsa(key: &RsaKeyPair, kind: &'static dyn RsaEncoding, message: &str) -> Vec<u8> {
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(kind, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    signature
}

pub fn message(header: &Value, claims: &Value) -> String {
    format!("{}.{}", base64(header.to_string()), base64(claims.to_string()))
}

/// Signed with a secret that everybody knows.
pub fn hmac_signed(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let message = message(header, claims);
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
    format!("{message}.{}", base64(signature.as_ref()))
}

/// A set of keys.
pub fn jwks(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}
