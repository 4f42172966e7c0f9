//! Principals and a policy, as data: written as the hub's files, and judged by the model.

use std::fmt::Write as _;
use std::rc::Rc;

use hintwire::identity::Minted;
use serde_json::{Value, json};

use super::model::{Topics, Universe, Wildcards};

/// Somebody.
pub struct Principal {
    /// In the policy.
    pub name: String,
    /// What it shows; nothing, if it is anonymous.
    pub token: Option<Minted>,
    /// By name; its own name is there too.
    pub claims: Vec<(&'static str, Value)>,
}

impl Principal {
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.claims.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Its entry of the auth file.
    pub fn entry(&self) -> String {
        let Some(minted) = &self.token else { return String::new() };
        let name = self.name.strip_prefix("token:").unwrap();
        let claims = self.claims.iter().filter(|(name, _)| *name != "sub");
        let claims: Vec<_> = claims.map(|(name, value)| format!("{name} = {value}")).collect();
        let claims = claims.join(", ");
        let hash = minted.hash;
        format!("[[token]]\nname = \"{name}\"\nsha256 = \"{hash}\"\nclaims = {{ {claims} }}\n")
    }
}

/// What is said of one action.
#[derive(Debug, Default)]
pub struct Said {
    pub allow: Vec<String>,
    pub deny: Vec<String>,
}

#[derive(Debug, Default)]
pub struct Rule {
    pub principals: Vec<String>,
    pub claims: Vec<(&'static str, String)>,
    pub read: Said,
    pub publish: Said,
    pub admin: Option<bool>,
}

impl Rule {
    pub fn toml(&self) -> String {
        let claims: Vec<_> =
            self.claims.iter().map(|(name, value)| format!("{name} = {value:?}")).collect();
        let mut text = format!(
            "[[rule]]\nprincipals = {:?}\nclaims = {{ {} }}\n",
            self.principals,
            claims.join(", ")
        );
        let allows = (&self.publish.allow, &self.read.allow, self.admin == Some(true));
        let denies = (&self.publish.deny, &self.read.deny, self.admin == Some(false));
        for (word, (publish, read, admin)) in [("allow", allows), ("deny", denies)] {
            writeln!(
                text,
                "{word} = {{ publish = {publish:?}, read = {read:?}, admin = {admin} }}"
            )
            .unwrap();
        }
        text
    }

    fn concerns(&self, who: &Principal) -> bool {
        let is = |name: &String| match name.split_once('*') {
            Some((beginning, _)) => who.token.is_some() && who.name.starts_with(beginning),
            None => *name == who.name,
        };
        let says = |(name, value): &(&str, String)| match who.claim(name) {
            Some(Value::Array(values)) => values.contains(&json!(value)),
            claim => claim == Some(&json!(value)),
        };
        (self.principals.is_empty() || self.principals.iter().any(is))
            && self.claims.iter().all(says)
    }
}

/// What somebody may do, as sets of topics.
#[derive(Default)]
pub struct Set {
    allow: Vec<Rc<Topics>>,
    deny: Vec<Rc<Topics>>,
    nothing: bool,
}

#[derive(Default)]
pub struct Rights {
    pub read: Set,
    pub publish: Set,
    pub admin: bool,
    /// Something at all.
    pub anything: bool,
}

impl Set {
    fn add(&mut self, said: &Said, who: &Principal, all: &Universe) {
        let allowed = said.allow.iter().filter_map(|template| filled(template, who));
        self.allow.extend(allowed.map(|pattern| all.of(&pattern, Wildcards::Plain)));
        for template in &said.deny {
            match filled(template, who) {
                Some(pattern) => self.deny.push(all.of(&pattern, Wildcards::All)),
                None => self.nothing = true,
            }
        }
    }

    /// Whether a pattern, or a topic, may be asked for.
    pub fn permits(&self, pattern: &str, all: &Universe) -> bool {
        let asked = all.of(pattern, Wildcards::Plain);
        !self.nothing
            && self.allow.iter().any(|allowed| asked.is_subset(allowed))
            && self.deny.iter().all(|denied| asked.is_disjoint(denied))
    }

    /// Whether a topic may be seen by whatever is asked: that it is allowed, and not denied.
    pub fn shows(&self, topic: usize) -> bool {
        !self.nothing
            && self.allow.iter().any(|allowed| allowed.contains(&topic))
            && !self.deny.iter().any(|denied| denied.contains(&topic))
    }
}

/// What the rules together mean for somebody.
pub fn rights(rules: &[Rule], who: &Principal, all: &Universe) -> Rights {
    let mut rights = Rights::default();
    let concerning: Vec<_> = rules.iter().filter(|rule| rule.concerns(who)).collect();
    for rule in &concerning {
        rights.read.add(&rule.read, who, all);
        rights.publish.add(&rule.publish, who, all);
    }
    let says = |what| concerning.iter().any(|rule| rule.admin == Some(what));
    rights.admin = says(true) && !says(false);
    rights.anything =
        rights.admin || !rights.read.allow.is_empty() || !rights.publish.allow.is_empty();
    rights
}

/// A template with the claims put in, unless one is not one segment of a topic.
pub fn filled(template: &str, who: &Principal) -> Option<String> {
    let Some((_, rest)) = template.split_once('{') else { return Some(template.to_owned()) };
    let (name, _) = rest.split_once('}').unwrap();
    let value = who.claim(name)?.as_str()?;
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '~';
    let fits = !value.is_empty() && value.chars().all(legal);
    fits.then(|| template.replace(&format!("{{{name}}}"), value))
}
