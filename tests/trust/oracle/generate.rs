//! Principals, rules and requests by chance, from a seed.

use fastrand::Rng;
use hintwire::identity::Minted;
use serde_json::{Value, json};

use super::policy::{Principal, Rule, Said, filled};

const PRINCIPALS: usize = 60;

/// What the claim `t` of somebody may be: some are legal segments, and some are what an attacker would like them to be.
fn claim(rng: &mut Rng) -> Option<Value> {
    let values = [
        json!("a"),
        json!("b"),
        json!("~x"),
        json!("c"),
        json!("a"),
        json!("b"),
        json!("*"),
        json!("**"),
        json!("a/b"),
        json!("a/**"),
        json!(""),
        json!(".."),
        json!(7),
        json!(["a"]),
        json!(true),
    ];
    (!rng.bool() || rng.bool()).then(|| rng.choice(values).unwrap())
}

pub fn principals(rng: &mut Rng) -> Vec<Principal> {
    let mut all: Vec<_> = (0..PRINCIPALS).map(|nth| principal(nth, rng)).collect();
    all.push(Principal { name: "anonymous".into(), token: None, claims: vec![] });
    all
}

fn principal(nth: usize, rng: &mut Rng) -> Principal {
    let sub = format!("p{nth}");
    let mut claims = vec![("sub", json!(sub))];
    claims.extend(claim(rng).map(|value| ("t", value)));
    let team = rng.choice([json!("red"), json!("blue"), json!(["red", "blue"]), json!(["green"])]);
    claims.push(("team", team.unwrap()));
    Principal { name: format!("token:{sub}"), token: Some(Minted::new().unwrap()), claims }
}

/// A rule or two for everybody, and some for many at once.
pub fn rules(principals: &[Principal], rng: &mut Rng) -> Vec<Rule> {
    let mut rules = Vec::new();
    for who in principals {
        for _ in 0..rng.usize(1..=2) {
            rules.push(Rule { principals: vec![who.name.clone()], ..rule(true, rng) });
        }
    }
    for nth in 1..6 {
        rules.push(Rule { principals: vec![format!("token:p{nth}*")], ..rule(false, rng) });
    }
    for team in ["red", "blue"] {
        rules.push(Rule { claims: vec![("team", team.to_owned())], ..rule(false, rng) });
    }
    rules.push(Rule {
        principals: vec!["token:*".into()],
        claims: vec![("team", "green".to_owned())],
        read: Said { allow: vec!["b/{t}/**".into()], deny: vec!["b/*/~x".into()] },
        ..Rule::default()
    });
    rng.shuffle(&mut rules);
    rules
}

fn rule(own: bool, rng: &mut Rng) -> Rule {
    let admin = (rng.u8(..8) == 0).then(|| rng.bool());
    Rule { read: said(own, rng), publish: said(own, rng), admin, ..Rule::default() }
}

fn said(own: bool, rng: &mut Rng) -> Said {
    let allow = (0..rng.usize(0..=3)).map(|_| pattern(own, rng)).collect();
    let denies = usize::from(rng.u8(..3) == 0);
    Said { allow, deny: (0..denies).map(|_| pattern(false, rng)).collect() }
}

/// A pattern; with `claims`, one of its segments may be a claim.
fn pattern(claims: bool, rng: &mut Rng) -> String {
    let depth = rng.usize(1..=3);
    let mut segments: Vec<_> =
        (0..depth).map(|_| rng.choice(["a", "a", "b", "~x", "*", "*"]).unwrap()).collect();
    if rng.bool() {
        segments[depth - 1] = "**";
    }
    if claims && rng.u8(..4) == 0 {
        segments[rng.usize(..depth)] = "{t}";
    }
    if segments[..depth - 1].contains(&"**") { "a".into() } else { segments.join("/") }
}

/// Patterns to ask for: half of them are made from what somebody was allowed.
pub fn asked(who: &Principal, rules: &[Rule], rng: &mut Rng) -> Vec<String> {
    let own: Vec<_> = rules.iter().filter(|rule| rule.principals.contains(&who.name)).collect();
    let allowed: Vec<_> = own.iter().flat_map(|rule| &rule.read.allow).collect();
    let few = rng.choice([1, 1, 1, 1, 2, 3]).unwrap();
    let one = |rng: &mut Rng| match rng.choice(&allowed).and_then(|allowed| filled(allowed, who)) {
        Some(allowed) if rng.u8(..6) > 0 => narrowed(&allowed, rng),
        _ => pattern(false, rng),
    };
    let mut patterns: Vec<_> = (0..few).map(|_| one(rng)).collect();
    patterns.sort();
    patterns.dedup();
    patterns
}

/// The same pattern, or one that lies in it, or nearly so.
fn narrowed(pattern: &str, rng: &mut Rng) -> String {
    let segment = |segment| match segment {
        "*" => rng.choice(["*", "*", "*", "a", "b", "c", "~x"]).unwrap(),
        "**" => rng.choice(["**", "**", "**", "*", "a", "a/b"]).unwrap(),
        other => other,
    };
    pattern.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// A topic to publish to.
pub fn topic(who: &Principal, rules: &[Rule], topics: &[String], rng: &mut Rng) -> String {
    let own = rules.iter().filter(|rule| rule.principals.contains(&who.name));
    let allowed: Vec<_> = own.flat_map(|rule| &rule.publish.allow).collect();
    match rng.choice(&allowed).and_then(|allowed| filled(allowed, who)) {
        Some(allowed) if rng.u8(..3) > 0 => {
            let segment = |segment| match segment {
                "*" | "**" => rng.choice(["a", "a", "b", "c", "~x"]).unwrap(),
                other => other,
            };
            allowed.split('/').map(segment).collect::<Vec<_>>().join("/")
        }
        _ => rng.choice(topics).unwrap().clone(),
    }
}
