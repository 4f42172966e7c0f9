//! The policy file: rules that say who may do what.

mod rule;
#[cfg(test)]
mod tests;

use std::path::Path;

use serde::Deserialize;

use self::rule::Rule;
use super::grants::{Grants, Judgement};
use super::quota::{Quota, Quotas};
use crate::identity::Identity;
use crate::limits::POLICY_RULES;

/// Who may do what. What no rule allows is not allowed.
///
/// A file of TOML:
///
/// ```toml
/// [[rule]]
/// principals = ["token:billing", "corp:*"]        # one of these; `*` at the end stands for any ending
/// claims = { team = "payments" }                  # and all of these: equal, or in the list that the claim is
/// allow = { publish = ["payments/**"], read = ["payments/**", "shared/*"], admin = true }
/// deny = { read = ["payments/{sub}/private/**"] } # goes before every allow, of this rule or another
/// quota = { fetches = 1000 }                      # of these principals, each; the first rule that says one counts
///
/// [quota.each]                                    # of all others, each
/// publishes = 500
///
/// [quota.all]                                     # of all together
/// bytes = "50MiB"
/// ```
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    #[serde(default, rename = "rule")]
    rules: Vec<Rule>,
    #[serde(default)]
    quota: Quotas,
}

/// What is wrong with a policy file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PolicyError(pub(super) String);

impl Policy {
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read, or as [`from_toml`](Self::from_toml); with its name.
    pub fn read(path: &Path) -> Result<Self, PolicyError> {
        let failed = |why: String| PolicyError(format!("{}: {why}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
        Self::from_toml(&text).map_err(|PolicyError(why)| failed(why))
    }

    /// Reads TOML.
    ///
    /// # Errors
    /// What is wrong, with its line or the number of its rule.
    pub fn from_toml(text: &str) -> Result<Self, PolicyError> {
        let policy: Self = toml::from_str(text)
            .map_err(|error| PolicyError(error.to_string().trim_end().to_owned()))?;
        if policy.rules.len() > POLICY_RULES {
            return Err(PolicyError(format!("there are more than {POLICY_RULES} rules")));
        }
        for (number, rule) in policy.numbered() {
            rule.check().map_err(|why| PolicyError(format!("rule {number}: {why}")))?;
        }
        Ok(policy)
    }

    /// What it grants to somebody.
    pub fn grants(&self, identity: &Identity) -> Grants {
        let mut grants = Grants { quota: self.quota.each, ..Grants::default() };
        let concerned = || self.rules.iter().filter(|rule| rule.concerns(identity));
        if let Some(quota) = concerned().find_map(|rule| rule.quota) {
            grants.quota = quota;
        }
        for (number, rule) in self.numbered().filter(|(_, rule)| rule.concerns(identity)) {
            rule.add(number, identity, &mut grants);
        }
        grants
    }

    /// The quota of all together.
    pub fn of_all(&self) -> Quota {
        self.quota.all
    }

    fn numbered(&self) -> impl Iterator<Item = (usize, &Rule)> {
        (1..).zip(&self.rules)
    }
}

impl Grants {
    /// A rule speaks of what concerns the hub as a whole; a deny stays.
    fn hear_of_admin(&mut self, rule: usize, allow: bool, deny: bool) {
        let denied = matches!(self.admin, Judgement::Denied { .. });
        if deny && !denied {
            self.admin = Judgement::Denied { rule };
        } else if allow && self.admin == Judgement::NotAllowed {
            self.admin = Judgement::Allowed { rule };
        }
    }
}
