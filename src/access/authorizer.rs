//! Who may do what on this hub, as it stands now.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use arc_swap::ArcSwap;
use http::HeaderMap;
use tokio::time::{MissedTickBehavior, interval};

use super::lease::Leases;
use super::quota::Accounts;
use super::rights::Rights;
use super::{Access, Grants, Policy};
use crate::audit::{Audit, Who};
use crate::error::Error;
use crate::identity::{Authenticator, Identity, PeerCertificate};

/// How often open streams are looked after: well within the 5 s in which one must end.
const SWEEP: Duration = Duration::from_secs(1);

/// Authentication and policy of a hub.
#[derive(Debug)]
pub struct Authorizer(Option<Arc<Judges>>);

/// Both are replaced while they are asked.
#[derive(Debug)]
pub struct Judges {
    /// Knows who asks.
    pub authenticator: Arc<Authenticator>,
    policy: ArcSwap<Policy>,
    /// Counts policies.
    pub version: AtomicU64,
    /// What is open.
    pub leases: Leases,
    /// Where refusals are written down.
    pub audit: Arc<Audit>,
    /// What was used of the quotas.
    pub accounts: Accounts,
}

impl Authorizer {
    /// Nobody is asked who they are, and everybody may do everything.
    pub fn open() -> Self {
        Self(None)
    }

    /// Whether nobody is asked.
    pub fn is_open(&self) -> bool {
        self.0.is_none()
    }

    /// Everybody may do what the policy says.
    pub fn new(authenticator: Arc<Authenticator>, policy: Policy, audit: Arc<Audit>) -> Self {
        Self(Some(Arc::new(Judges {
            authenticator,
            audit,
            accounts: Accounts::new(policy.of_all()),
            policy: ArcSwap::from_pointee(policy),
            version: AtomicU64::new(1),
            leases: Leases::default(),
        })))
    }

    /// The policy from now on, for what is open too.
    pub fn replace(&self, policy: Policy) {
        if let Some(judges) = &self.0 {
            judges.accounts.all().set(policy.of_all());
            judges.policy.store(Arc::new(policy));
            judges.version.fetch_add(1, SeqCst);
        }
    }

    /// What the sender of these headers may do, on a connection of this peer with this certificate.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if the credentials do not hold; that there are none is no error yet.
    pub async fn access(
        &self,
        headers: &HeaderMap,
        certificate: Option<&PeerCertificate>,
        peer: SocketAddr,
        call: &'static str,
    ) -> Result<Access, Error> {
        let Some(judges) = &self.0 else { return Ok(Access::unrestricted()) };
        let identified = judges.authenticator.identify(headers, certificate).await;
        let identity = identified.inspect_err(|error| {
            judges.audit.refused(Who { principal: None, peer, call }, error);
        })?;
        Ok(Access::of(Arc::new(Rights::new(identity, Arc::clone(judges), peer)), call))
    }

    /// Ends, for ever, the streams of those who may no longer have them.
    pub async fn watch(&self) {
        let Some(judges) = &self.0 else { return std::future::pending().await };
        let mut ticks = interval(SWEEP);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            judges.accounts.sweep();
            let ended = judges.leases.sweep();
            if ended > 0 {
                tracing::info!(
                    ended,
                    "streams end: their credentials, or the policy, no longer permit them"
                );
            }
        }
    }
}

impl Judges {
    /// What the policy grants to somebody, and its version. That is read first: grants made from a newer policy are made once more, never kept too long.
    pub fn grants(&self, identity: &Identity) -> (u64, Arc<Grants>) {
        let version = self.version.load(SeqCst);
        (version, Arc::new(self.policy.load().grants(identity)))
    }
}
