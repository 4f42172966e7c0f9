//! Who asks: each request has one [`Identity`], from a bearer token, a client certificate, or neither.
//!
//! What it may do is not decided here. Credentials that do not hold are refused; they never make the request anonymous.

mod authenticator;
mod certificate;
mod file;
mod header;
mod jwt;
mod known;
mod tokens;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};

pub use self::authenticator::{Authenticator, Clients};
pub use self::certificate::PeerCertificate;
pub use self::file::{AuthError, AuthFile};
pub use self::jwt::{JwtProof, KeysError};
pub use self::tokens::{Hash, Minted};

/// The principal of a request without credentials.
pub const ANONYMOUS: &str = "anonymous";

/// What is said of a principal, by names: those of a JWT as they are; `sub` for all but anonymous.
pub type Claims = Map<String, Value>;

/// Who asks.
///
/// The principal has one of these forms, so that nobody can take the name of another:
///
/// | principal | by |
/// | --- | --- |
/// | `anonymous` | nothing |
/// | `token:NAME` | a static token |
/// | `ISSUER:SUB` | a JWT: the name that the auth file gives its issuer, and its claim `sub` |
/// | `dns:NAME`, `uri:URI` | the first name of a client certificate |
#[derive(Debug)]
pub struct Identity {
    /// Its one name.
    pub principal: Arc<str>,
    /// What is said of it besides.
    pub claims: Claims,
    /// When its credentials end; streams that it has open end then.
    pub until: Option<SystemTime>,
    /// What it rests on.
    pub proof: Proof,
    /// For how long after its end it is taken still, since clocks differ.
    tolerance: Duration,
    /// The state of the authenticator in which it was last found to hold.
    judged: AtomicU64,
}

/// What an identity rests on. The certificate of the connection counts also where a token says who asks.
#[derive(Debug, Clone, Default)]
pub struct Proof {
    /// The token.
    pub token: Option<TokenProof>,
    /// The client certificate.
    pub certificate: Option<PeerCertificate>,
}

/// Where a token is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenProof {
    /// The auth file lists its hash.
    Static(Hash),
    /// An issuer has signed it.
    Jwt(JwtProof),
}

impl Identity {
    /// Who has shown nothing.
    pub fn anonymous() -> Self {
        Self::new(ANONYMOUS.into(), Claims::new(), None, Proof::default())
    }

    fn new(principal: Arc<str>, claims: Claims, until: Option<SystemTime>, proof: Proof) -> Self {
        let (tolerance, judged) = (Duration::ZERO, AtomicU64::new(0));
        Self { principal, claims, until, proof, tolerance, judged }
    }

    /// Somebody with these claims, as a question supposes: nothing proves it.
    pub fn supposed(principal: &str, claims: Claims) -> Self {
        Self::new(principal.into(), claims, None, Proof::default())
    }

    /// Whether nothing was shown.
    pub fn is_anonymous(&self) -> bool {
        &*self.principal == ANONYMOUS
    }

    /// Whether its credentials have ended.
    pub fn has_ended(&self, now: SystemTime) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    /// Whether requests with them are refused: a little later, since clocks differ.
    fn is_over(&self, now: SystemTime) -> bool {
        now.checked_sub(self.tolerance).is_some_and(|then| self.has_ended(then))
    }

    fn was_judged(&self, state: u64) -> bool {
        self.judged.load(Relaxed) == state
    }

    fn judged(&self, state: u64) {
        self.judged.store(state, Relaxed);
    }
}
