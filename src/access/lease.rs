//! What a stream holds while it is open, and who ends it.

use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering::SeqCst};
use std::sync::{Arc, Weak};
use std::task::Waker;
use std::time::Duration;

use atomic_waker::AtomicWaker;
use parking_lot::Mutex;

use super::quota::Place;
use crate::error::Error;

/// Why a stream must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    /// The credentials have ended, or were taken back.
    Credentials,
    /// The policy forbids it now.
    Policy,
}

impl Gone {
    /// Why what was permitted when it was opened is refused now.
    pub fn of(refusal: &Error) -> Option<Self> {
        match refusal {
            Error::Unauthenticated { .. } => Some(Self::Credentials),
            Error::PermissionDenied { .. } => Some(Self::Policy),
            _ => None,
        }
    }
}

/// The right to stay open. Dropping it gives it up.
#[derive(Debug)]
pub struct Lease(Option<Arc<Held>>);

/// A lease, as whoever ends it sees it.
struct Held {
    /// In its own account, and in that of all.
    places: [Place; 2],
    stands: Box<dyn Fn() -> Option<Gone> + Send + Sync>,
    gone: AtomicU8,
    waker: AtomicWaker,
}

const CREDENTIALS: u8 = 1;
const POLICY: u8 = 2;

impl Lease {
    /// One that nobody ends.
    pub(super) fn endless() -> Self {
        Self(None)
    }

    /// Its holder is told of news: it should fetch after this.
    pub fn hint(&self) -> Duration {
        let places = self.0.iter().flat_map(|held| &held.places);
        places.map(|place| place.account().hint()).max().unwrap_or_default()
    }

    /// Why it has ended, if it has; wakes when it does.
    pub fn poll(&self, waker: &Waker) -> Option<Gone> {
        let held = self.0.as_ref()?;
        held.waker.register(waker);
        match held.gone.load(SeqCst) {
            CREDENTIALS => Some(Gone::Credentials),
            POLICY => Some(Gone::Policy),
            _ => None,
        }
    }
}

/// All leases that can end.
#[derive(Debug, Default)]
pub struct Leases(Mutex<Vec<Weak<Held>>>);

impl Leases {
    /// A lease as long as `stands` says nothing against it.
    pub fn add(
        &self,
        places: [Place; 2],
        stands: impl Fn() -> Option<Gone> + Send + Sync + 'static,
    ) -> Lease {
        let held = Arc::new(Held {
            places,
            stands: Box::new(stands),
            gone: AtomicU8::new(0),
            waker: AtomicWaker::new(),
        });
        self.0.lock().push(Arc::downgrade(&held));
        Lease(Some(held))
    }

    /// Ends those that do not stand any longer, and forgets those that were given up. Returns how many it has ended.
    pub fn sweep(&self) -> usize {
        // Not under the lock: whoever opens a stream meanwhile does not wait.
        let mut all = std::mem::take(&mut *self.0.lock());
        let mut ended = 0;
        all.retain(|lease| {
            let Some(held) = lease.upgrade() else { return false };
            let Some(gone) = (held.stands)() else { return true };
            held.end(gone);
            ended += 1;
            false
        });
        let mut opened = self.0.lock();
        all.append(&mut opened);
        *opened = all;
        ended
    }
}

impl Held {
    fn end(&self, gone: Gone) {
        let flag = match gone {
            Gone::Credentials => CREDENTIALS,
            Gone::Policy => POLICY,
        };
        self.gone.store(flag, SeqCst);
        self.waker.wake();
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").field("gone", &self.gone).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::access::quota::{Account, Quota};

    fn places() -> [Place; 2] {
        [(); 2].map(|()| Arc::new(Account::new(Quota::default())).open(1).unwrap())
    }

    #[test]
    fn a_lease_ends_once_it_does_not_stand_and_wakes_its_holder() {
        let leases = Leases::default();
        let stands = Arc::new(AtomicBool::new(true));
        let asked = Arc::clone(&stands);
        let lease = leases.add(places(), move || (!asked.load(SeqCst)).then_some(Gone::Policy));
        let other = leases.add(places(), || None);
        let bell = crate::wake::Bell::new(Waker::noop(), 1);
        let waker = bell.button::<1>();
        bell.answer(1);
        assert_eq!((lease.poll(&waker), leases.sweep()), (None, 0));
        assert!(!bell.answer(1));
        stands.store(false, SeqCst);
        assert_eq!((leases.sweep(), leases.sweep()), (1, 0));
        assert!(bell.answer(1));
        assert_eq!(lease.poll(&waker), Some(Gone::Policy));
        assert_eq!(other.poll(&waker), None);
    }

    #[test]
    fn what_was_given_up_is_forgotten() {
        let leases = Leases::default();
        drop(leases.add(places(), || Some(Gone::Credentials)));
        assert_eq!((leases.sweep(), leases.0.lock().len()), (0, 0));
    }
}
