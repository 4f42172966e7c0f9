//! What one sender may do.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use arc_swap::ArcSwap;

use super::Grants;
use super::authorizer::Judges;
use super::lease::Leases;
use crate::error::Error;
use crate::identity::Identity;

/// Somebody's identity, and what it may do under the policy of the moment.
pub struct Rights {
    identity: Arc<Identity>,
    judges: Arc<Judges>,
    /// Made from the policy of this version.
    grants: ArcSwap<(u64, Arc<Grants>)>,
}

impl Rights {
    /// Of somebody, before these judges.
    pub fn new(identity: Arc<Identity>, judges: Arc<Judges>) -> Self {
        let grants = ArcSwap::from_pointee(judges.grants(&identity));
        Self { identity, judges, grants }
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
        self.grants.store(Arc::clone(&anew));
        Ok(Arc::clone(&anew.1))
    }

    /// Where it holds what is open.
    pub fn leases(&self) -> &Leases {
        &self.judges.leases
    }
}

impl fmt::Debug for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rights").field("identity", &self.identity).finish_non_exhaustive()
    }
}
