//! What one principal has used of its quota.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use arc_swap::ArcSwap;

use super::bucket::Bucket;
use super::{Cost, Quota};
use crate::error::Error;
use crate::limits::{CONFIGURABLE_BYTES, FETCH_AFTER_MAX, Limits, RETRY_LATER};

/// What one principal, or all together, have used.
#[derive(Debug)]
pub struct Account {
    rates: ArcSwap<Rates>,
    streams: AtomicUsize,
    patterns: AtomicUsize,
    /// Fetches that hints have asked for and that did not come yet.
    hinted: AtomicUsize,
}

#[derive(Debug)]
struct Rates {
    quota: Quota,
    publishes: Bucket,
    bytes: Bucket,
    fetches: Bucket,
    snapshots: Bucket,
}

impl Rates {
    fn new(quota: Quota) -> Self {
        Self {
            quota,
            publishes: Bucket::new(quota.publishes, Limits::default().batch_events),
            bytes: Bucket::new(quota.bytes, CONFIGURABLE_BYTES),
            fetches: Bucket::new(quota.fetches, 1),
            snapshots: Bucket::new(quota.snapshots, 1),
        }
    }
}

impl Account {
    /// Nothing is used yet.
    pub fn new(quota: Quota) -> Self {
        Self {
            rates: ArcSwap::from_pointee(Rates::new(quota)),
            streams: AtomicUsize::new(0),
            patterns: AtomicUsize::new(0),
            hinted: AtomicUsize::new(0),
        }
    }

    /// The quota from now on. What is open stays open.
    pub fn set(&self, quota: Quota) {
        if self.rates.load().quota != quota {
            self.rates.store(Arc::new(Rates::new(quota)));
        }
    }

    /// Takes what a request costs.
    ///
    /// # Errors
    /// [`Error::QuotaExceeded`], with the time when there will be enough.
    pub fn spend(&self, cost: Cost) -> Result<(), Error> {
        let rates = self.rates.load();
        match cost {
            Cost::Publish { events, bytes } => {
                rates.publishes.take(events).map_err(|after| exceeded("publishes", after))?;
                rates.bytes.take(bytes).map_err(|after| exceeded("bytes", after))
            }
            Cost::Fetch if self.was_hinted() => Ok(()),
            Cost::Fetch => rates.fetches.take(1).map_err(|after| exceeded("fetches", after)),
            Cost::Snapshot => rates.snapshots.take(1).map_err(|after| exceeded("snapshots", after)),
        }
    }

    /// A hint asks for a fetch: it is due after this, so that all which were asked for keep to the rate.
    pub fn hint(&self) -> Duration {
        let Some(rate) = self.rates.load().quota.fetches else { return Duration::ZERO };
        // No more than streams: who is hinted again before it has fetched fetches once.
        let most = self.streams.load(SeqCst);
        let one_more = |hinted| (hinted < most).then_some(hinted + 1);
        let before = self.hinted.fetch_update(SeqCst, SeqCst, one_more).unwrap_or(most);
        Duration::from_secs_f64(before as f64 / f64::from(rate.get())).min(FETCH_AFTER_MAX)
    }

    fn was_hinted(&self) -> bool {
        let one_less = |hinted: usize| hinted.checked_sub(1);
        self.hinted.fetch_update(SeqCst, SeqCst, one_less).is_ok()
    }

    /// Opens a stream with so many patterns.
    ///
    /// # Errors
    /// [`Error::QuotaExceeded`].
    pub fn open(self: &Arc<Self>, patterns: usize) -> Result<Place, Error> {
        let quota = self.rates.load().quota;
        // Given back when it is dropped, also if there is no room.
        let place = Place { account: Arc::clone(self), patterns };
        let streams = self.streams.fetch_add(1, SeqCst) + 1;
        let open = self.patterns.fetch_add(patterns, SeqCst) + patterns;
        let over = |most: Option<std::num::NonZeroU32>, open| {
            most.is_some_and(|most| open > most.get() as usize)
        };
        if over(quota.streams, streams) {
            return Err(exceeded("streams", RETRY_LATER));
        }
        if over(quota.patterns, open) {
            return Err(exceeded("patterns", RETRY_LATER));
        }
        Ok(place)
    }
}

fn exceeded(what: &'static str, retry_after: Duration) -> Error {
    Error::QuotaExceeded { what, retry_after }
}

/// An open stream, as its account counts it.
#[derive(Debug)]
pub struct Place {
    account: Arc<Account>,
    patterns: usize,
}

impl Place {
    /// Whose it is.
    pub fn account(&self) -> &Account {
        &self.account
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.account.streams.fetch_sub(1, SeqCst);
        self.account.patterns.fetch_sub(self.patterns, SeqCst);
    }
}
