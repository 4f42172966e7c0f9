//! Refusals by reason.

use std::collections::BTreeMap;

use parking_lot::Mutex;

/// How often something was refused for which reason. Reasons are those that the hub's own error tables name, so there are
/// a few dozen; each is told from its first refusal on. A lock, since a refusal costs more than that anyway.
#[derive(Debug, Default)]
pub struct Reasons(Mutex<BTreeMap<String, u64>>);

impl Reasons {
    /// Refused once more.
    pub fn count(&self, reason: &str) {
        let mut reasons = self.0.lock();
        match reasons.get_mut(reason) {
            Some(count) => *count += 1,
            None => drop(reasons.insert(reason.to_owned(), 1)),
        }
    }

    /// All of them.
    pub fn all(&self) -> Vec<(String, u64)> {
        self.0.lock().iter().map(|(reason, count)| (reason.clone(), *count)).collect()
    }
}
