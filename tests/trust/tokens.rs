//! Tokens that count, and a table of those that must not.

use std::time::{SystemTime, UNIX_EPOCH};

use hintwire::error::Error;
use hintwire::identity::{AuthFile, Authenticator, Identity};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::mint::{Key, base64, hmac_signed, jwks, message};

/// Two issuers with two keys each, of which one has the same id.
struct World {
    folder: TempDir,
    authenticator: Authenticator,
    rsa: Key,
    ec: Key,
    others: Key,
}

const AUTH: &str = "
[[issuer]]
name = 'corp'
issuer = 'https://corp'
audience = ['hintwire', 'hints']
jwks = 'corp.json'

[[issuer]]
name = 'other'
issuer = 'https://other'
audience = ['hintwire']
jwks = 'other.json'
algorithms = ['EdDSA']
";

impl World {
    fn new() -> Self {
        let (folder, rsa, ec, others) =
            (tempfile::tempdir().unwrap(), Key::rsa(), Key::ec(), Key::ed());
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).unwrap();
        };
        write("auth.toml", AUTH);
        write("corp.json", &jwks(&[rsa.jwk("rsa"), ec.jwk("same")]));
        write("other.json", &jwks(&[others.jwk("same"), rsa.jwk("borrowed")]));
        let file = AuthFile::read(&folder.path().join("auth.toml")).unwrap();
        Self { authenticator: Authenticator::new(file, None), folder, rsa, ec, others }
    }

    /// Writes the keys of `corp` again, and has all read again.
    fn rotate(&self, keys: &[Value]) {
        std::fs::write(self.folder.path().join("corp.json"), jwks(keys)).unwrap();
        self.reload(AUTH);
    }

    fn reload(&self, auth: &str) {
        let path = self.folder.path().join("auth.toml");
        std::fs::write(&path, auth).unwrap();
        self.authenticator.replace(AuthFile::read(&path).unwrap(), None);
    }

    async fn who(&self, token: &str) -> Result<std::sync::Arc<Identity>, Error> {
        let header = format!("Bearer {token}").parse().unwrap();
        self.authenticator.identify(&HeaderMap::from_iter([(AUTHORIZATION, header)]), None).await
    }

    async fn is_refused(&self, attack: &str, token: &str) {
        let error = self.who(token).await.map(|identity| identity.principal.clone()).unwrap_err();
        assert!(matches!(error, Error::Unauthenticated { .. }), "{attack}: {error}");
    }
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64
}

fn claims(changes: Value) -> Value {
    let mut claims =
        json!({"iss": "https://corp", "aud": "hintwire", "sub": "ann", "exp": now() + 600});
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => claims.as_object_mut().unwrap().remove(name),
            value => claims.as_object_mut().unwrap().insert(name.clone(), value.clone()),
        };
    }
    claims
}

fn header(changes: Value) -> Value {
    let mut header = json!({"alg": "RS256", "typ": "JWT", "kid": "rsa"});
    header.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    header
}

#[tokio::test]
async fn a_token_of_an_issuer_names_its_principal_by_every_kind_of_key() {
    let world = World::new();
    let plain = claims(json!({}));
    for token in [
        world.rsa.sign(&header(json!({})), &plain),
        world.rsa.sign(&header(json!({"alg": "PS256"})), &plain),
        world.ec.sign(&header(json!({"alg": "ES256", "kid": "same"})), &plain),
        world.rsa.sign(&header(json!({})), &claims(json!({"aud": ["elsewhere", "hints"]}))),
        world.rsa.sign(&header(json!({})), &claims(json!({"exp": now() - 20}))),
        world.rsa.sign(&header(json!({})), &claims(json!({"nbf": now() + 20}))),
        world.rsa.sign(&header(json!({"x5t": "abc", "typ": "at+jwt"})), &plain),
    ] {
        let identity = world.who(&token).await.unwrap();
        assert_eq!((&*identity.principal, &identity.claims["sub"]), ("corp:ann", &json!("ann")));
        assert!(world.authenticator.still_holds(&identity));
    }
    let theirs = claims(json!({"iss": "https://other"}));
    let token = world.others.sign(&header(json!({"alg": "EdDSA", "kid": "same"})), &theirs);
    assert_eq!(&*world.who(&token).await.unwrap().principal, "other:ann");
}

#[tokio::test]
async fn what_a_token_claims_must_hold() {
    let world = World::new();
    for (attack, changes) in [
        ("another issuer", json!({"iss": "https://evil"})),
        ("no issuer", json!({"iss": null})),
        ("two issuers", json!({"iss": ["https://corp", "https://evil"]})),
        ("an issuer with a slash more", json!({"iss": "https://corp/"})),
        ("another audience", json!({"aud": "elsewhere"})),
        ("other audiences", json!({"aud": ["elsewhere", "nowhere"]})),
        ("no audience", json!({"aud": null})),
        ("an empty list of audiences", json!({"aud": []})),
        ("an audience that begins alike", json!({"aud": "hintwire-2"})),
        ("no end", json!({"exp": null})),
        ("an end beyond the leeway", json!({"exp": now() - 40})),
        ("an end in words", json!({"exp": "tomorrow"})),
        ("an end before all time", json!({"exp": -1})),
        ("an end beyond all time", json!({"exp": 1e300})),
        ("a beginning beyond the leeway", json!({"nbf": now() + 60})),
        ("a beginning in words", json!({"nbf": "soon"})),
        ("nobody", json!({"sub": null})),
        ("an empty name", json!({"sub": ""})),
        ("a number", json!({"sub": 7})),
        ("a name of two lines", json!({"sub": "ann\nroot"})),
        ("a long name", json!({"sub": "a".repeat(256)})),
    ] {
        world.is_refused(attack, &world.rsa.sign(&header(json!({})), &claims(changes))).await;
    }
}

#[tokio::test]
async fn a_token_chooses_neither_its_algorithm_nor_its_key() {
    let world = World::new();
    let plain = claims(json!({}));
    let unsigned = format!("{}.", message(&header(json!({"alg": "none"})), &plain));
    world.is_refused("alg none", &unsigned).await;
    world.is_refused("alg None", &unsigned.replace("none", "None")).await;
    let public = world.rsa.jwk("rsa");
    for secret in [public["n"].as_str().unwrap().as_bytes(), public.to_string().as_bytes(), b""] {
        let token = hmac_signed(&header(json!({"alg": "HS256"})), &plain, secret);
        world.is_refused("the public key as a secret of HMAC", &token).await;
    }
    let (evil, theirs) = (Key::ec(), claims(json!({"iss": "https://other"})));
    let jwk = evil.jwk("mine");
    for (attack, changes) in [
        ("jwk", json!({"jwk": jwk})),
        ("jku", json!({"jku": "http://127.0.0.1:1/keys"})),
        ("x5u", json!({"x5u": "http://127.0.0.1:1/cert"})),
        ("x5c", json!({"x5c": ["AAAA"]})),
        ("crit", json!({"crit": ["exp"]})),
        ("b64", json!({"b64": false})),
        ("zip", json!({"zip": "DEF"})),
        ("a path as kid", json!({"kid": "../../../../dev/null"})),
        ("SQL as kid", json!({"kid": "x' UNION SELECT 'key"})),
        ("an unknown kid", json!({"kid": "rsa2"})),
        ("an empty kid", json!({"kid": ""})),
        ("a key of another kind", json!({"kid": "same"})),
        ("RS384 over a signature of RS256", json!({"alg": "RS384"})),
    ] {
        world.is_refused(attack, &world.rsa.sign(&header(changes), &plain)).await;
    }
    let token = evil.sign(&header(json!({"alg": "ES256", "kid": "same"})), &plain);
    world.is_refused("a key that nobody lists", &token).await;
    let ed = header(json!({"alg": "EdDSA", "kid": "same"}));
    world.is_refused("the key of one issuer for another", &world.others.sign(&ed, &plain)).await;
    let es = header(json!({"alg": "ES256", "kid": "same"}));
    world.is_refused("the same kid of another issuer", &world.ec.sign(&es, &theirs)).await;
    let rs = header(json!({"kid": "borrowed"}));
    world.is_refused("an algorithm not on the list", &world.rsa.sign(&rs, &theirs)).await;
    let mut anonymous = header(json!({}));
    anonymous.as_object_mut().unwrap().remove("kid");
    world.is_refused("no kid where there are two", &world.rsa.sign(&anonymous, &plain)).await;
}

#[tokio::test]
async fn what_is_cut_changed_or_too_long_is_refused() {
    let world = World::new();
    let plain = claims(json!({}));
    let token = world.rsa.sign(&header(json!({})), &plain);
    let parts: Vec<&str> = token.split('.').collect();
    let root = base64(claims(json!({"sub": "root"})).to_string());
    for (attack, token) in [
        ("no signature", format!("{}.{}.", parts[0], parts[1])),
        ("two parts", format!("{}.{}", parts[0], parts[1])),
        ("four parts", format!("{token}.{}", parts[2])),
        ("a cut signature", token[..token.len() - 4].to_owned()),
        ("other claims", format!("{}.{root}.{}", parts[0], parts[2])),
        ("no claims", format!("{}..{}", parts[0], parts[2])),
        ("dots", "..".to_owned()),
        ("a header that is no JSON", format!("{}.{}.{}", base64("{"), parts[1], parts[2])),
        ("padding", format!("{token}=")),
    ] {
        world.is_refused(attack, &token).await;
    }
    let long = world.rsa.sign(&header(json!({})), &claims(json!({"more": "x".repeat(9000)})));
    world.is_refused("more than 8 KiB", &long).await;
    let es = header(json!({"alg": "ES256", "kid": "same"}));
    world.is_refused("a signature in DER", &world.ec.sign_der(&es, &plain)).await;
    let zeros = format!("{}.{}", message(&es, &plain), base64([0; 64]));
    world.is_refused("a signature of zeros (CVE-2022-21449)", &zeros).await;
    world.who(&token).await.unwrap();
}

#[tokio::test]
async fn keys_rotate_without_a_gap_and_one_that_is_gone_takes_its_tokens_with_it() {
    let world = World::new();
    let old = world.who(&world.rsa.sign(&header(json!({})), &claims(json!({})))).await.unwrap();
    let new = Key::ec();
    world.rotate(&[world.rsa.jwk("rsa"), new.jwk("new")]);
    let es = header(json!({"alg": "ES256", "kid": "new"}));
    let newer = world.who(&new.sign(&es, &claims(json!({})))).await.unwrap();
    assert!(world.authenticator.still_holds(&old) && world.authenticator.still_holds(&newer));
    world.rotate(&[new.jwk("new")]);
    assert!(!world.authenticator.still_holds(&old) && world.authenticator.still_holds(&newer));
    let token = world.rsa.sign(&header(json!({})), &claims(json!({})));
    world.is_refused("a key that is gone", &token).await;
}

#[tokio::test]
async fn an_issuer_audience_or_algorithm_that_is_gone_takes_its_tokens_with_it() {
    let world = World::new();
    let identity =
        world.who(&world.rsa.sign(&header(json!({})), &claims(json!({})))).await.unwrap();
    for auth in [
        AUTH.replace("https://corp", "https://corp.example"),
        AUTH.replace("'hintwire', 'hints'", "'hints'"),
        AUTH.replace("jwks = 'corp.json'", "jwks = 'corp.json'\nalgorithms = ['ES256']"),
        String::new(),
    ] {
        world.reload(&auth);
        assert!(!world.authenticator.still_holds(&identity), "{auth}");
    }
    world.reload(AUTH);
    assert!(world.authenticator.still_holds(&identity));
}

#[tokio::test]
async fn a_symmetric_key_in_a_set_is_no_key() {
    let world = World::new();
    let secret = b"a secret that everybody knows 32";
    let oct = json!({"kty": "oct", "kid": "oct", "k": base64(secret)});
    world.rotate(&[world.rsa.jwk("rsa"), oct]);
    for alg in ["HS256", "RS256"] {
        let header = header(json!({"alg": alg, "kid": "oct"}));
        world
            .is_refused("a symmetric key", &hmac_signed(&header, &claims(json!({})), secret))
            .await;
    }
}
