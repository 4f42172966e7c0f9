//! What one sender may do.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::SystemTime;

use arc_swap::ArcSwap;

use super::authorizer::Judges;
use super::lease::Lease;
use super::quota::{Account, Cost};
use super::{Gone, Grants};
use crate::audit::Who;
use crate::error::Error;
use crate::identity::Identity;

/// Somebody's identity, and what it may do under the policy of the moment.
pub struct Rights {
    identity: Arc<Identity>,
    judges: Arc<Judges>,
    /// Where it asks from.
    peer: SocketAddr,
    account: Arc<Account>,
    /// Made from the policy of this version.
    grants: ArcSwap<(u64, Arc<Grants>)>,
}

impl Rights {
    /// Of somebody, before these judges.
    pub fn new(identity: Arc<Identity>, judges: Arc<Judges>, peer: SocketAddr) -> Self {
        let grants = judges.grants(&identity);
        let account = judges.accounts.of(&identity.principal, grants.1.quota);
        Self { identity, judges, peer, account, grants: ArcSwap::from_pointee(grants) }
    }

    /// What the policy grants.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if the credentials have ended or were taken back.
    pub fn grants(&self) -> Result<Arc<Grants>, Error> {
        if !self.judges.authenticator.still_holds(&self.identity) {
            return Err(Error::Unauthenticated { why: "the credentials have ended" });
        }
        let made = self.grants.load();
        if made.0 == self.judges.version.load(SeqCst) {
            return Ok(Arc::clone(&made.1));
        }
        let anew = Arc::new(self.judges.grants(&self.identity));
        self.account.set(anew.1.quota);
        self.grants.store(Arc::clone(&anew));
        Ok(Arc::clone(&anew.1))
    }

    /// Why something is refused, as it is told to the sender: who has shown nothing may be permitted it with credentials.
    pub fn refusal(&self, error: Error, call: &'static str) -> Error {
        self.judges.audit.refused(self.who(call), &error);
        match error {
            Error::PermissionDenied { .. } if self.identity.is_anonymous() => {
                Error::Unauthenticated { why: "credentials are needed" }
            }
            error => error,
        }
    }

    /// It is told, or does, what concerns the hub as a whole.
    pub fn administers(&self, call: &'static str) {
        self.judges.audit.admin(self.who(call));
    }

    fn who(&self, call: &'static str) -> Who<'_> {
        Who { principal: Some(&self.identity.principal), peer: self.peer, call }
    }

    /// Takes what a request costs, of its own quota and that of all.
    ///
    /// # Errors
    /// [`Error::QuotaExceeded`].
    pub fn spend(&self, cost: Cost) -> Result<(), Error> {
        self.account.spend(cost)?;
        self.judges.accounts.all().spend(cost)
    }

    /// Holds a stream with so many patterns open until `gone` says why it must end.
    ///
    /// # Errors
    /// [`Error::QuotaExceeded`].
    pub fn lease(
        &self,
        patterns: usize,
        gone: impl Fn() -> Option<Gone> + Send + Sync + 'static,
    ) -> Result<Lease, Error> {
        let places = [self.account.open(patterns)?, self.judges.accounts.all().open(patterns)?];
        let identity = Arc::clone(&self.identity);
        // Requests are taken a little longer, since clocks differ.
        let ended = move || identity.has_ended(SystemTime::now()).then_some(Gone::Credentials);
        Ok(self.judges.leases.add(places, move || ended().or_else(&gone)))
    }
}

impl fmt::Debug for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rights").field("identity", &self.identity).finish_non_exhaustive()
    }
}
