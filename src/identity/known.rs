//! Credentials that were found to hold lately.

use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::{Hash, Identity};
use crate::limits::{KNOWN, KNOWN_BYTES};

/// What was shown: a token, a certificate, or both.
type Shown = (Option<Hash>, Option<Hash>);

/// As many as there is room for. Whether one holds still is asked each time.
pub struct Known(Cache<Shown, Arc<Identity>, Weight>);

impl Default for Known {
    fn default() -> Self {
        Self(Cache::with_weighter(KNOWN, KNOWN_BYTES, Weight))
    }
}

impl Known {
    /// Who has shown this.
    pub fn get(&self, shown: &Shown) -> Option<Arc<Identity>> {
        self.0.get(shown)
    }

    /// Remembers who has shown this.
    pub fn insert(&self, shown: Shown, identity: Arc<Identity>) {
        self.0.insert(shown, identity);
    }
}

/// Weighs an identity by what its claims say.
#[derive(Debug, Clone)]
struct Weight;

/// An identity with its few claims, as far as text does not say it.
const IDENTITY_BYTES: usize = 1 << 10;

impl Weighter<Shown, Arc<Identity>> for Weight {
    fn weight(&self, _: &Shown, identity: &Arc<Identity>) -> u64 {
        let said = serde_json::to_string(&identity.claims).map_or(0, |claims| claims.len());
        (IDENTITY_BYTES + 4 * said) as u64
    }
}
