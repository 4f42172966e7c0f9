//! `hintwire doctor may`: may somebody do something, and why?

use std::fmt::Display;

use hintwire::access::{self, Clauses, Grants, Judgement, Policy};
use hintwire::identity::{ANONYMOUS, Claims, Identity};
use hintwire::topic::Pattern;
use serde_json::{Value, json};

use crate::command::configuration;
use crate::failure::{Exit, Failure};
use crate::print::Output;
use crate::typed::{Action, Configured, May};

pub fn run(typed: &May, configured: &Configured, json: bool) -> Result<(), Failure> {
    let grants = policy(typed, configured)?.grants(&identity(typed));
    let judgement = judge(typed, &grants)?;
    let mut output = Output::new(json);
    output.line(&as_json(&judgement), || text(typed, &grants, &judgement))?;
    output.flush()?;
    match judgement.is_allowed() {
        true => Ok(()),
        false => Err(Failure::error("it may not")),
    }
}

fn policy(typed: &May, configured: &Configured) -> Result<Policy, Failure> {
    let usage = |error: &dyn Display| Failure::new(Exit::Usage, error);
    let file = match &typed.policy {
        Some(file) => file.clone(),
        None => configuration::read(configured)?.policy.ok_or_else(|| {
            usage(&"name a policy: --policy FILE, or a configuration that has one")
        })?,
    };
    Policy::read(&file).map_err(|error| usage(&error))
}

/// Whom the words suppose.
fn identity(typed: &May) -> Identity {
    let principal = typed.principal.as_str();
    let mut claims = Claims::new();
    if principal != ANONYMOUS {
        let sub = principal.split_once(':').map_or(principal, |(_, sub)| sub);
        claims.insert("sub".into(), sub.into());
    }
    let mut given = Claims::new();
    for (name, value) in &typed.claims {
        let value = match given.remove(name) {
            None => json!(value),
            Some(Value::Array(mut values)) => {
                values.push(json!(value));
                Value::Array(values)
            }
            Some(one) => json!([one, value]),
        };
        given.insert(name.clone(), value);
    }
    claims.extend(given);
    Identity::supposed(principal, claims)
}

fn judge(typed: &May, grants: &Grants) -> Result<Judgement, Failure> {
    let Some(clauses) = clauses(typed.action, grants) else { return Ok(grants.admin.clone()) };
    let asked = typed.pattern.as_deref().unwrap_or_default();
    let pattern = Pattern::parse(asked, "pattern")
        .map_err(|error| Failure::new(Exit::Usage, error.to_string()))?;
    Ok(clauses.judge(pattern.as_str()))
}

/// What the policy says of an action on patterns.
fn clauses(action: Action, grants: &Grants) -> Option<&Clauses> {
    match action {
        Action::Read => Some(grants.of(access::Action::Read)),
        Action::Publish => Some(grants.of(access::Action::Publish)),
        Action::Admin => None,
    }
}

fn as_json(judgement: &Judgement) -> Value {
    let (why, rule) = match judgement {
        Judgement::Allowed { rule } => ("allowed", Some(rule)),
        Judgement::Denied { rule } => ("denied", Some(rule)),
        Judgement::NotAllowed => ("not allowed", None),
    };
    json!({"may": judgement.is_allowed(), "why": why, "rule": rule})
}

fn text(typed: &May, grants: &Grants, judgement: &Judgement) -> String {
    match judgement {
        Judgement::Allowed { rule } => format!("yes: rule {rule} allows it, and none denies it"),
        Judgement::Denied { rule } => format!("no: rule {rule} denies it"),
        Judgement::NotAllowed => format!("no: no rule allows it{}", allowed(typed.action, grants)),
    }
}

/// What is allowed instead: a pattern must lie within one of these as a whole.
fn allowed(action: Action, grants: &Grants) -> String {
    let allow = clauses(action, grants).map(|clauses| clauses.allow.as_slice()).unwrap_or_default();
    match allow {
        [] => String::new(),
        some => {
            let named =
                some.iter().map(|one| format!("{} (rule {})", one.pattern.as_str(), one.rule));
            format!("; what is allowed: {}", named.collect::<Vec<_>>().join(", "))
        }
    }
}
