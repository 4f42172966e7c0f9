use serde_json::json;

use super::*;
use crate::access::Action::{self, Publish, Read};
use crate::identity::Claims;

fn policy(text: &str) -> Policy {
    Policy::from_toml(text).unwrap()
}

fn somebody(principal: &str, claims: serde_json::Value) -> Identity {
    let claims: Claims = serde_json::from_value(claims).unwrap();
    Identity::supposed(principal, claims)
}

fn may(policy: &Policy, who: &Identity, action: Action, asked: &str) -> bool {
    policy.grants(who).of(action).judge(asked).is_allowed()
}

#[test]
fn what_no_rule_allows_is_not_allowed_and_a_deny_goes_before_every_allow() {
    let policy = policy(
        "[[rule]]
        principals = ['token:a']
        allow = { read = ['a/**', 'b/*'], publish = ['a/**'] }
        [[rule]]
        principals = ['*']
        allow = { read = ['public/**'] }
        deny = { read = ['*/secret/**'] }",
    );
    let a = somebody("token:a", json!({}));
    for (action, asked, expected) in [
        (Read, "a/x", true),
        (Read, "a/**", false),
        (Read, "a/*", true),
        (Read, "a/open/**", true),
        (Read, "a/secret/x", false),
        (Read, "a/*/x", false),
        (Read, "b/*", true),
        (Read, "b/**", false),
        (Read, "*/x", false),
        (Read, "public/x", true),
        (Publish, "a/secret/x", true),
        (Publish, "public/x", false),
        (Publish, "b/x", false),
    ] {
        assert_eq!(may(&policy, &a, action, asked), expected, "{action:?} {asked}");
    }
    let other = somebody("token:ab", json!({}));
    assert!(may(&policy, &other, Read, "public/x") && !may(&policy, &other, Read, "a/x"));
    let anonymous = Identity::anonymous();
    assert!(!may(&policy, &anonymous, Read, "public/x"), "`*` is whoever has shown credentials");
}

#[test]
fn a_rule_concerns_whom_it_names_and_whose_claims_say_so() {
    let policy = policy(
        "[[rule]]
        principals = ['corp:*', 'anonymous']
        allow = { read = ['named'] }
        [[rule]]
        claims = { team = 'pay', role = 'dev' }
        allow = { read = ['claimed'] }
        [[rule]]
        principals = ['corp:*']
        claims = { team = 'pay' }
        allow = { read = ['both'] }",
    );
    for (principal, claims, named, claimed, both) in [
        ("corp:x", json!({"team": "pay", "role": ["ops", "dev"]}), true, true, true),
        ("corp:x", json!({"team": ["pay"]}), true, false, true),
        ("corp:x", json!({"team": 1}), true, false, false),
        ("x:corp:", json!({"team": "pay", "role": "dev"}), false, true, false),
        ("anonymous", json!({}), true, false, false),
        ("corp:", json!({"team": "pays"}), true, false, false),
    ] {
        let who = somebody(principal, claims);
        let allowed = ["named", "claimed", "both"].map(|asked| may(&policy, &who, Read, asked));
        assert_eq!(allowed, [named, claimed, both], "{who:?}");
    }
}

#[test]
fn a_claim_that_is_not_one_legal_segment_grants_nothing_and_denies_everything() {
    let policy = policy(
        "[[rule]]
        principals = ['*']
        allow = { read = ['t/{sub}/**', 'shared'] }
        [[rule]]
        principals = ['denied']
        deny = { read = ['shared/{sub}'] }",
    );
    let alice = somebody("x:alice", json!({"sub": "alice"}));
    assert!(may(&policy, &alice, Read, "t/alice/**"));
    assert!(!may(&policy, &alice, Read, "t/bob/x") && !may(&policy, &alice, Read, "t/*/x"));
    let tilde = somebody("x:~a", json!({"sub": "~a"}));
    assert!(may(&policy, &tilde, Read, "t/~a/x"));
    for sub in [
        json!("a/b"),
        json!("*"),
        json!("**"),
        json!(""),
        json!(".."),
        json!("a b"),
        json!(7),
        json!(["a"]),
        json!(null),
    ] {
        let who = somebody("x:y", json!({ "sub": sub }));
        for asked in ["t/a/b", "t/a/b/c", "t/**", "t/*/x", "t//x", "t/7/x"] {
            assert!(!may(&policy, &who, Read, asked), "{sub} {asked}");
        }
        assert!(may(&policy, &who, Read, "shared"));
        assert!(!may(&policy, &somebody("denied", json!({ "sub": sub })), Read, "shared"));
    }
    assert!(!may(&policy, &somebody("x:y", json!({})), Read, "t/x/y"));
}

#[test]
fn admin_is_allowed_by_name_and_a_deny_stays() {
    let policy = policy(
        "[[rule]]
        principals = ['a', 'b']
        allow = { admin = true }
        [[rule]]
        principals = ['b']
        deny = { admin = true }
        [[rule]]
        principals = ['b', 'c']
        allow = { admin = true, read = ['**'] }",
    );
    let admin = |name| policy.grants(&somebody(name, json!({}))).admin;
    assert_eq!(admin("a"), Judgement::Allowed { rule: 1 });
    assert_eq!(admin("b"), Judgement::Denied { rule: 2 });
    assert_eq!(admin("c"), Judgement::Allowed { rule: 3 });
    assert_eq!(admin("d"), Judgement::NotAllowed);
}

#[test]
fn a_file_that_says_something_else_is_refused_with_the_place() {
    for (text, expected) in [
        ("[[rule]]\nallow = { read = ['a'] }", "rule 1: names neither"),
        ("[[rule]]\nprincipals = ['a*b']", "rule 1: principal \"a*b\""),
        ("[[rule]]\nprincipals = ['']", "rule 1: principal"),
        ("[[rule]]\nprincipals = ['a']\nallow = { write = ['a'] }", "unknown field `write`"),
        ("[[rule]]\nprincipals = ['a']\nallowed = { read = ['a'] }", "unknown field `allowed`"),
        ("[[rules]]", "unknown field `rules`"),
        ("[[rule]]\nprincipals = ['a']\ndeny = { read = ['a//b'] }", "rule 1: pattern \"a//b\""),
        ("[[rule]]\nprincipals = ['a']\nallow = { read = ['**/a'] }", "rule 1: pattern \"**/a\""),
        (
            "[[rule]]\nprincipals = ['a']\nallow = { read = ['x-{sub}'] }",
            "rule 1: pattern \"x-{sub}\"",
        ),
        ("[[rule]]\nprincipals = ['a']\nallow = { read = ['x/{}'] }", "rule 1: pattern"),
        ("[[rule]]\nprincipals = 'a'", "line 2"),
    ] {
        let refused = Policy::from_toml(text).unwrap_err().to_string();
        assert!(refused.contains(expected), "{text}: {refused}");
    }
}

#[test]
fn the_example_of_the_documentation_does_what_it_says() {
    let docs = include_str!("../../../docs/security.md");
    let section = docs.split_once("## What one may do").unwrap().1;
    let example = section.split_once("```toml\n").unwrap().1.split_once("```").unwrap().0;
    let policy = policy(example);
    let billing = somebody("token:billing", json!({}));
    let acme = somebody("corp:x", json!({"tenant": "acme", "groups": ["oncall"]}));
    for (who, action, asked, expected) in [
        (&billing, Read, "public/x", true),
        (&billing, Read, "orders/**", true),
        (&billing, Read, "secret/x", false),
        (&billing, Publish, "invoices/7", true),
        (&acme, Publish, "tenants/acme/a", true),
        (&acme, Read, "tenants/*/a", false),
        (&Identity::anonymous(), Read, "status", true),
        (&Identity::anonymous(), Read, "public/x", false),
    ] {
        assert_eq!(may(&policy, who, action, asked), expected, "{who:?} {asked}");
    }
    assert!(policy.grants(&acme).admin.is_allowed() && !policy.grants(&billing).admin.is_allowed());
}
