//! What one principal may do.

use super::cover::{contains, meets};
use super::quota::Quota;
use crate::topic::Pattern;

/// What can be allowed and denied on patterns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Publish, PublishStream, and their forms over HTTP.
    Publish,
    /// Subscribe, Fetch, FetchStream, Snapshot, ListTopics, and their forms over HTTP.
    Read,
}

impl Action {
    /// Its name in the policy file and in errors.
    pub fn name(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Read => "read",
        }
    }
}

/// The rules of a policy that concern one principal, with its claims put in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grants {
    /// Of [`Action::Publish`].
    pub publish: Clauses,
    /// Of [`Action::Read`].
    pub read: Clauses,
    /// Whether it may do what concerns the hub as a whole.
    pub admin: Judgement,
    /// How much it may ask.
    pub quota: Quota,
}

/// What is allowed and denied of one action.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Clauses {
    /// Patterns that a request must lie in.
    pub allow: Vec<Clause>,
    /// Patterns that it must not meet.
    pub deny: Vec<Clause>,
    /// A rule denies what the principal's claims do not say: then it denies everything.
    pub unclear: Option<usize>,
}

/// One pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// The pattern.
    pub pattern: Pattern,
    /// The rule that has it, counted from 1 as they stand in the file.
    pub rule: usize,
}

/// Whether something may be done, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Judgement {
    /// A rule allows it, and none denies it.
    Allowed {
        /// The rule.
        rule: usize,
    },
    /// A rule denies it.
    Denied {
        /// The rule.
        rule: usize,
    },
    /// No rule allows it.
    #[default]
    NotAllowed,
}

impl Judgement {
    /// Whether it may be done.
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed { .. })
    }
}

impl Grants {
    /// What is allowed and denied of an action.
    pub fn of(&self, action: Action) -> &Clauses {
        match action {
            Action::Publish => &self.publish,
            Action::Read => &self.read,
        }
    }

    /// Whether anything is allowed at all.
    pub fn are_none(&self) -> bool {
        self.publish.allow.is_empty() && self.read.allow.is_empty() && !self.admin.is_allowed()
    }
}

impl Clauses {
    /// Judges a pattern, or a topic: it must be contained in one that is allowed, and meet none that is denied.
    pub fn judge(&self, asked: &str) -> Judgement {
        let denied = self.deny.iter().find(|clause| meets(clause.pattern.as_str(), asked));
        if let Some(rule) = self.unclear.or(denied.map(|clause| clause.rule)) {
            return Judgement::Denied { rule };
        }
        let allowed = self.allow.iter().find(|clause| contains(clause.pattern.as_str(), asked));
        allowed.map_or(Judgement::NotAllowed, |clause| Judgement::Allowed { rule: clause.rule })
    }
}
