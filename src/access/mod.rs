//! What callers may do: one check, on the same parsed patterns that are then executed.
//!
//! The way of a request: `server` learns the [`Access`] of its sender from the [`Authorizer`]; the edge parses what is asked and has the
//! access [grant](Access::grant) it; the hub executes [`Granted`] alone. What stays open holds a [`Lease`], which ends when
//! its sender's credentials do, or the policy forbids it.

mod authorizer;
mod calls;
mod cover;
mod granted;
mod grants;
mod lease;
mod policy;
mod quota;
mod rights;
mod senders;

use std::sync::Arc;

use self::rights::Rights;
use crate::error::Error;

pub use self::authorizer::Authorizer;
pub use self::granted::{Asks, Granted};
pub use self::grants::{Action, Clause, Clauses, Grants, Judgement};
pub use self::lease::{Gone, Lease};
pub use self::policy::{Policy, PolicyError};
pub use self::quota::{Cost, Quota, Quotas};
pub use self::senders::Senders;

/// What the sender of a request may do. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Access {
    sender: Sender,
    /// The call, as the audit log names it.
    call: &'static str,
}

#[derive(Debug, Clone)]
enum Sender {
    /// Who it is makes no difference.
    Anybody,
    /// It was not asked who it is, since what it asks is open to all.
    Nobody,
    /// It may do what the policy grants it.
    Known(Arc<Rights>),
}

impl Access {
    /// Of a hub that asks nobody who they are: everything.
    pub fn unrestricted() -> Self {
        Self { sender: Sender::Anybody, call: "" }
    }

    /// Of a sender who was not asked who it is: nothing.
    pub fn nothing() -> Self {
        Self { sender: Sender::Nobody, call: "" }
    }

    fn of(rights: Arc<Rights>, call: &'static str) -> Self {
        Self { sender: Sender::Known(rights), call }
    }

    /// Of the same sender, who asks something else.
    fn by(&self, call: &'static str) -> Self {
        Self { sender: self.sender.clone(), call }
    }

    /// Whether who asks makes a difference.
    pub fn is_restricted(&self) -> bool {
        !matches!(self.sender, Sender::Anybody)
    }

    /// Whether the credentials behind it still hold.
    fn holds(&self) -> bool {
        self.grants().is_ok()
    }

    /// What the policy grants; `None` is everything.
    fn grants(&self) -> Result<Option<Arc<Grants>>, Error> {
        match &self.sender {
            Sender::Anybody => Ok(None),
            Sender::Nobody => {
                Err(Error::Unauthenticated { why: "the sender was not asked for credentials" })
            }
            Sender::Known(rights) => rights.grants().map(Some),
        }
    }

    /// Grants what is asked, as a whole or not at all.
    ///
    /// # Errors
    /// [`Error::PermissionDenied`] with the first pattern that the policy does not permit; [`Error::Unauthenticated`] if the
    /// credentials have ended meanwhile, or if there are none: with some it may be permitted.
    pub fn grant<T: Asks>(&self, asked: T) -> Result<Granted<T>, Error> {
        self.judge(&asked).map_err(|error| self.refusal(error))?;
        Ok(Granted::new(asked, self.clone()))
    }

    fn judge<T: Asks>(&self, asked: &T) -> Result<(), Error> {
        let Some(grants) = self.grants()? else { return Ok(()) };
        let clauses = grants.of(T::ACTION);
        match asked.asked().find(|asked| !clauses.judge(asked).is_allowed()) {
            None => Ok(()),
            Some(what) => {
                Err(Error::PermissionDenied { action: T::ACTION.name(), what: format!("`{what}`") })
            }
        }
    }

    /// Asks for what concerns the hub as a whole.
    ///
    /// # Errors
    /// As [`grant`](Self::grant).
    pub fn admin(&self) -> Result<(), Error> {
        if self.grants()?.is_none_or(|grants| grants.admin.is_allowed()) {
            if let Sender::Known(rights) = &self.sender {
                rights.administers(self.call);
            }
            return Ok(());
        }
        Err(self.refusal(Error::PermissionDenied { action: "admin", what: "the hub".to_owned() }))
    }

    /// Asks for what tells no more than every answer does: where the backlog begins and ends.
    ///
    /// # Errors
    /// As [`grant`](Self::grant), if nothing at all is allowed.
    pub fn anything(&self) -> Result<(), Error> {
        if self.grants()?.is_none_or(|grants| !grants.are_none()) {
            return Ok(());
        }
        Err(self.refusal(Error::PermissionDenied { action: "read", what: "anything".to_owned() }))
    }

    /// As it is told to the sender, and audited.
    fn refusal(&self, error: Error) -> Error {
        match &self.sender {
            Sender::Known(rights) => rights.refusal(error, self.call),
            Sender::Anybody | Sender::Nobody => error,
        }
    }

    /// Takes what a request costs.
    ///
    /// # Errors
    /// [`Error::QuotaExceeded`], of the sender's own quota or that of all.
    pub fn spend(&self, cost: Cost) -> Result<(), Error> {
        match &self.sender {
            Sender::Anybody | Sender::Nobody => Ok(()),
            Sender::Known(rights) => rights.spend(cost).map_err(|error| self.refusal(error)),
        }
    }

    /// Holds open what is asked bit by bit: it ends with the credentials alone.
    ///
    /// # Errors
    /// [`Error::QuotaExceeded`] for streams.
    pub fn lease(&self) -> Result<Lease, Error> {
        let access = self.clone();
        self.hold(0, move || (!access.holds()).then_some(Gone::Credentials))
    }

    /// A lease for as long as nothing speaks against it.
    fn hold(
        &self,
        patterns: usize,
        gone: impl Fn() -> Option<Gone> + Send + Sync + 'static,
    ) -> Result<Lease, Error> {
        match &self.sender {
            Sender::Anybody | Sender::Nobody => Ok(Lease::endless()),
            Sender::Known(rights) => {
                rights.lease(patterns, gone).map_err(|error| self.refusal(error))
            }
        }
    }
}
