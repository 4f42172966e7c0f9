//! The only form of what was asked that the hub executes: what its sender may ask.

use std::ops::Deref;

use super::grants::Action;
use super::{Access, Gone, Lease};
use crate::error::Error;
use crate::event::Event;
use crate::topic::{Patterns, Selection};

/// Something that names topics, to do one thing with them.
pub trait Asks {
    /// What is to be done.
    const ACTION: Action;

    /// The topics or patterns, as they will be executed.
    fn asked(&self) -> impl Iterator<Item = &str>;
}

impl Asks for Patterns {
    const ACTION: Action = Action::Read;

    fn asked(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|pattern| pattern.as_str())
    }
}

impl Asks for Selection {
    const ACTION: Action = Action::Read;

    fn asked(&self) -> impl Iterator<Item = &str> {
        self.patterns.asked()
    }
}

impl Asks for Vec<Event> {
    const ACTION: Action = Action::Publish;

    fn asked(&self) -> impl Iterator<Item = &str> {
        let mut before = None;
        // Batches are mostly of one topic.
        self.iter().map(|event| event.topic.as_str()).filter(move |topic| {
            let same = before == Some(*topic);
            before = Some(*topic);
            !same
        })
    }
}

/// What was asked, by somebody who may. [`Access::grant`] alone makes it, and the hub takes nothing else; so there is no way
/// in, old or new, that could forget to ask.
#[derive(Debug, Clone)]
pub struct Granted<T> {
    asked: T,
    by: Access,
}

impl<T: Asks> Granted<T> {
    pub(super) fn new(asked: T, by: Access) -> Self {
        Self { asked, by }
    }

    /// Whether its sender may still do it: what waits asks again before it goes on.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`], [`Error::PermissionDenied`].
    pub fn stands(&self) -> Result<(), Error> {
        self.by.judge(&self.asked).map_err(|error| self.by.refusal(error))
    }

    /// Holds it open.
    ///
    /// # Errors
    /// [`Error::QuotaExceeded`] for streams and patterns.
    pub fn lease(&self) -> Result<Lease, Error>
    where
        T: Clone + Send + Sync + 'static,
    {
        let granted = self.clone();
        self.by.hold(self.asked.asked().count(), move || granted.gone())
    }

    /// Why its sender may no longer do it.
    fn gone(&self) -> Option<Gone> {
        self.by.judge(&self.asked).err().and_then(|refusal| Gone::of(&refusal))
    }

    /// Whose it is.
    pub fn access(&self) -> &Access {
        &self.by
    }

    /// What was asked, alone.
    pub fn into_inner(self) -> T {
        self.asked
    }
}

impl Granted<Selection> {
    /// Its patterns without the filter.
    pub fn patterns(&self) -> Granted<Patterns> {
        Granted { asked: self.asked.patterns.clone(), by: self.by.clone() }
    }
}

impl<T> Deref for Granted<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.asked
    }
}

/// Equal if the same was asked, whoever may.
impl<T: PartialEq> PartialEq for Granted<T> {
    fn eq(&self, other: &Self) -> bool {
        self.asked == other.asked
    }
}

impl<T: Eq> Eq for Granted<T> {}

/// For whoever needs no permission to test something else.
#[cfg(test)]
impl<T: Asks> From<T> for Granted<T> {
    fn from(asked: T) -> Self {
        Self::new(asked, Access::unrestricted())
    }
}
