//! One rule: whom it concerns, and what it allows and denies.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::access::grants::{Clause, Clauses, Grants};
use crate::access::quota::Quota;
use crate::identity::{Claims, Identity};
use crate::topic::{Pattern, Topic};

/// A rule of the file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    #[serde(default)]
    principals: Vec<String>,
    #[serde(default)]
    claims: BTreeMap<String, String>,
    #[serde(default)]
    allow: Actions,
    #[serde(default)]
    deny: Actions,
    /// How much each of those may ask whom it concerns.
    pub quota: Option<Quota>,
}

/// Patterns by action.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Actions {
    publish: Vec<Template>,
    read: Vec<Template>,
    admin: bool,
}

/// A pattern in which a segment `{name}` stands for the claim of that name.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
struct Template(String);

impl Rule {
    /// Checks what serde does not.
    pub fn check(&self) -> Result<(), String> {
        if self.principals.is_empty() && self.claims.is_empty() {
            return Err(
                "names neither principals nor claims; `principals = [\"*\"]` is everybody \
                        but anonymous"
                    .to_owned(),
            );
        }
        if let Some(wrong) = self.principals.iter().find(|name| !is_name(name)) {
            return Err(format!("principal {wrong:?} is empty or has a `*` before its end"));
        }
        let Actions { publish, read, .. } = &self.allow;
        let denied = self.deny.publish.iter().chain(&self.deny.read);
        publish.iter().chain(read).chain(denied).try_for_each(Template::check)
    }

    /// Whether it speaks of somebody. `*` means whoever has shown credentials: anonymous is meant by its name alone.
    pub fn concerns(&self, identity: &Identity) -> bool {
        let principal = &*identity.principal;
        let named = |name: &String| match name.strip_suffix('*') {
            Some(beginning) => !identity.is_anonymous() && principal.starts_with(beginning),
            None => name == principal,
        };
        let says = |(name, value): (&String, &String)| match identity.claims.get(name) {
            Some(Value::Array(values)) => values.iter().any(|one| one == value),
            claim => claim.is_some_and(|claim| claim == value),
        };
        (self.principals.is_empty() || self.principals.iter().any(named))
            && self.claims.iter().all(says)
    }

    /// Adds what it says to the grants of somebody whom it concerns.
    pub fn add(&self, number: usize, identity: &Identity, grants: &mut Grants) {
        let Grants { publish, read, .. } = grants;
        allow(&self.allow.publish, number, &identity.claims, publish);
        allow(&self.allow.read, number, &identity.claims, read);
        deny(&self.deny.publish, number, &identity.claims, publish);
        deny(&self.deny.read, number, &identity.claims, read);
        grants.hear_of_admin(number, self.allow.admin, self.deny.admin);
    }
}

fn is_name(name: &str) -> bool {
    let name = name
        .strip_suffix('*')
        .map_or(name, |beginning| if beginning.is_empty() { "x" } else { beginning });
    !name.is_empty() && !name.contains('*')
}

/// A pattern whose claims say nothing usable grants nothing.
fn allow(templates: &[Template], rule: usize, claims: &Claims, clauses: &mut Clauses) {
    let patterns = templates.iter().filter_map(|template| template.fill(claims));
    clauses.allow.extend(patterns.map(|pattern| Clause { pattern, rule }));
}

/// One whose claims say nothing usable denies everything: it is not known what it meant.
fn deny(templates: &[Template], rule: usize, claims: &Claims, clauses: &mut Clauses) {
    for template in templates {
        match template.fill(claims) {
            Some(pattern) => clauses.deny.push(Clause { pattern, rule }),
            None => clauses.unclear = clauses.unclear.or(Some(rule)),
        }
    }
}

/// The claim that a segment stands for.
fn variable(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

impl Template {
    fn check(&self) -> Result<(), String> {
        let named = |segment| match variable(segment) {
            Some("") => "{}",
            Some(_) => "x",
            None => segment,
        };
        let example: Vec<_> = self.0.split('/').map(named).collect();
        let pattern = Pattern::parse(&example.join("/"), "");
        pattern.map(|_| ()).map_err(|error| {
            format!("pattern {:?}{error}; {{claim}} stands for one whole segment", self.0)
        })
    }

    /// The pattern, if each claim in it is one legal segment.
    fn fill(&self, claims: &Claims) -> Option<Pattern> {
        let fill = |segment| match variable(segment) {
            Some(name) => segment_of(claims.get(name)?),
            None => Some(segment),
        };
        let filled = self.0.split('/').map(fill).collect::<Option<Vec<_>>>()?;
        Pattern::parse(&filled.join("/"), "").ok()
    }
}

/// A claim as one segment of a topic; no wildcard is one.
fn segment_of(claim: &Value) -> Option<&str> {
    let text = claim.as_str()?;
    let legal = !text.contains('/') && Topic::parse(text, "").is_ok();
    legal.then_some(text)
}
