//! Keys at a URL.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use hintwire::identity::{AuthFile, Authenticator};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::mint::{Key, jwks};

/// A place that answers each request with this, and counts them.
async fn place(answer: String) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/keys", listener.local_addr().unwrap());
    let asked = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&asked);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            count.fetch_add(1, SeqCst);
            _ = stream.read(&mut [0; 1024]).await;
            _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (url, asked)
}

fn ok(body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

/// An authenticator that keeps the keys at a URL, for as long as the test lasts.
fn authenticator(url: &str) -> (Arc<Authenticator>, JoinHandle<()>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("auth.toml");
    let text = format!(
        "[[issuer]]\nname = 'corp'\nissuer = 'https://corp'\naudience = ['hintwire']\njwks = '{url}'\n"
    );
    std::fs::write(&path, text).unwrap();
    let authenticator = Arc::new(Authenticator::new(AuthFile::read(&path).unwrap(), None));
    let watched = Arc::clone(&authenticator);
    (authenticator, tokio::spawn(async move { watched.watch().await }))
}

async fn principal(authenticator: &Authenticator, key: &Key, id: &str) -> Option<String> {
    let claims: Value =
        json!({"iss": "https://corp", "aud": "hintwire", "sub": "ann", "exp": 9_999_999_999_i64});
    let token = key.sign(&json!({"alg": "EdDSA", "kid": id}), &claims);
    let headers =
        HeaderMap::from_iter([(AUTHORIZATION, format!("Bearer {token}").parse().unwrap())]);
    let identity = authenticator.identify(&headers, None).await;
    identity.ok().map(|identity| identity.principal.to_string())
}

#[tokio::test]
async fn a_request_waits_for_the_first_keys_and_unknown_ones_are_not_looked_up_again_and_again() {
    let key = Key::ed();
    let (url, asked) = place(ok(&jwks(&[key.jwk("one")]))).await;
    let (authenticator, _watch) = authenticator(&url);
    assert_eq!(principal(&authenticator, &key, "one").await.as_deref(), Some("corp:ann"));
    for id in 0..20 {
        assert_eq!(principal(&authenticator, &key, &format!("unknown {id}")).await, None);
    }
    assert_eq!(asked.load(SeqCst), 1);
    assert_eq!(principal(&authenticator, &key, "one").await.as_deref(), Some("corp:ann"));
}

#[tokio::test]
async fn what_is_no_set_of_keys_or_is_elsewhere_or_too_large_makes_nobody_known() {
    let key = Key::ed();
    let keys = jwks(&[key.jwk("one")]);
    let (other, _) = place(ok(&keys)).await;
    let large = format!("{{\"keys\":[],\"more\":\"{}\"}}", "x".repeat(300 << 10));
    for answer in [
        format!("HTTP/1.1 302 Found\r\nlocation: {other}\r\ncontent-length: 0\r\n\r\n"),
        ok(&keys).replace("200 OK", "500 Internal Server Error"),
        ok("{}"),
        ok(&jwks(&[])),
        ok(&large),
        "nothing".into(),
    ] {
        let (url, asked) = place(answer.clone()).await;
        let (authenticator, _watch) = authenticator(&url);
        assert_eq!(principal(&authenticator, &key, "one").await, None, "{answer:.80}");
        assert_eq!(asked.load(SeqCst), 1);
    }
}
