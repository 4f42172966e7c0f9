//! The accounts of all principals.

use std::sync::Arc;

use dashmap::DashMap;
use tokio::time::Instant;

use super::{Account, Quota};
use crate::limits::ACCOUNT_KEPT;

/// An account for each principal that asks something, and one for all together.
#[derive(Debug)]
pub struct Accounts {
    all: Arc<Account>,
    each: DashMap<Arc<str>, Kept>,
}

#[derive(Debug)]
struct Kept {
    account: Arc<Account>,
    used: Instant,
}

impl Accounts {
    /// Nobody has asked yet.
    pub fn new(all: Quota) -> Self {
        Self { all: Arc::new(Account::new(all)), each: DashMap::new() }
    }

    /// The account of all together.
    pub fn all(&self) -> &Arc<Account> {
        &self.all
    }

    /// The account of a principal, with this quota from now on.
    pub fn of(&self, principal: &Arc<str>, quota: Quota) -> Arc<Account> {
        let new = || Kept { account: Arc::new(Account::new(quota)), used: Instant::now() };
        let mut kept = self.each.entry(Arc::clone(principal)).or_insert_with(new);
        kept.used = Instant::now();
        kept.account.set(quota);
        Arc::clone(&kept.account)
    }

    /// Forgets those that nobody holds and that have not been used for a while: their buckets are full again.
    pub fn sweep(&self) {
        self.each.retain(|_, kept| {
            Arc::strong_count(&kept.account) > 1 || kept.used.elapsed() < ACCOUNT_KEPT
        });
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::access::Cost;

    #[tokio::test(start_paused = true)]
    async fn an_account_outlives_its_connections_but_not_for_ever() {
        let accounts = Accounts::new(Quota::default());
        let name = "a".into();
        let little = Quota { fetches: NonZeroU32::new(1), ..Quota::default() };
        let spend = |accounts: &Accounts| accounts.of(&name, little).spend(Cost::Fetch);
        assert_eq!(spend(&accounts), Ok(()));
        accounts.sweep();
        assert!(spend(&accounts).is_err());
        let held = accounts.of(&name, little);
        tokio::time::advance(ACCOUNT_KEPT).await;
        accounts.sweep();
        assert_eq!(accounts.each.len(), 1);
        drop(held);
        accounts.sweep();
        assert_eq!(accounts.each.len(), 0);
    }
}
