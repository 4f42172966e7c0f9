//! The client library with authorities, certificates and tokens.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use futures_util::StreamExt;
use hintwire::client::{Client, Options};
use hintwire::identity::Minted;
use hintwire::v1::subscribe_response::ReconnectReason;
use tokio::time::timeout;
use tonic::Code;

use crate::hub::{Files, Hub};
use crate::pki::Authority;
use crate::support::{batch, event, fetch, subscribe};

fn listed(minted: &Minted) -> String {
    format!("[[token]]\nname = 'ours'\nsha256 = '{}'\n", minted.hash)
}

async fn hub(authority: &Authority, listed: &str) -> Hub {
    let mut files = Files::of_tls(authority);
    files.config.auth = Some(files.write("auth.toml", listed));
    files.serve().await
}

fn url(hub: &Hub) -> String {
    format!("https://{}", hub.address)
}

/// Gives these tokens, one after the other, and then the last one again; and counts.
fn tokens(options: Options, tokens: &[&Minted]) -> (Options, Arc<AtomicUsize>) {
    let tokens: Vec<String> = tokens.iter().map(|minted| minted.token.clone()).collect();
    let asked = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&asked);
    let options = options.token(move || {
        let at = count.fetch_add(1, SeqCst).min(tokens.len() - 1);
        let token = tokens[at].clone();
        async move { Ok::<_, std::io::Error>(token) }
    });
    (options, asked)
}

#[tokio::test]
async fn a_token_that_does_not_hold_is_gotten_anew_and_the_call_made_once_more() {
    let (authority, [old, new]) =
        (Authority::new("ours"), [(); 2].map(|()| Minted::new().unwrap()));
    let hub = hub(&authority, &listed(&new)).await;
    let (options, asked) = tokens(Options::default().authorities(authority.pem()), &[&old, &new]);
    let client = Client::connect_with(&url(&hub), &options).await.unwrap();
    client.publish(batch(vec![event("a", "x")])).await.unwrap();
    assert_eq!(client.fetch(fetch("a", "")).await.unwrap().events.len(), 1);
    assert_eq!(asked.load(SeqCst), 2, "once for the bad one, once for the good one");
}

#[tokio::test]
async fn without_another_token_the_refusal_is_the_answer() {
    let (authority, old) = (Authority::new("ours"), Minted::new().unwrap());
    let hub = hub(&authority, "").await;
    let (options, asked) = tokens(Options::default().authorities(authority.pem()), &[&old]);
    let client = Client::connect_with(&url(&hub), &options).await.unwrap();
    let error = client.get_hub().await.unwrap_err();
    assert_eq!((error.code(), error.reason()), (Code::Unauthenticated, "UNAUTHENTICATED"));
    assert_eq!(asked.load(SeqCst), 2);
}

#[tokio::test]
async fn a_stream_whose_token_is_taken_back_ends_with_credentials_and_the_next_call_has_another() {
    let (authority, [old, new]) =
        (Authority::new("ours"), [(); 2].map(|()| Minted::new().unwrap()));
    let hub = hub(&authority, &listed(&old)).await;
    let (options, asked) = tokens(Options::default().authorities(authority.pem()), &[&old, &new]);
    let client = Client::connect_with(&url(&hub), &options).await.unwrap();
    let mut hints = client.subscribe(subscribe("a", "")).await.unwrap();
    hints.next().await.unwrap().unwrap();
    hub.files.write("auth.toml", &listed(&new));
    hub.reload().unwrap();
    let ended = timeout(Duration::from_secs(30), hints.next()).await.expect("it goes on");
    let reason = ended.unwrap().unwrap().reconnect_reason();
    assert_eq!(reason, ReconnectReason::Credentials);
    assert!(hints.next().await.is_none(), "and then OK");
    client.subscribe(subscribe("a", "")).await.unwrap();
    assert_eq!(asked.load(SeqCst), 2);
}

#[tokio::test]
async fn a_client_certificate_says_who_asks_by_its_uri_before_its_names() {
    let authority = Authority::new("ours");
    let mut files = Files::of_mutual_tls(&authority);
    let policy = "[[rule]]\nprincipals = ['uri:spiffe://example/billing']\nallow = { publish = ['**'] }\n\
                  [[rule]]\nprincipals = ['dns:reader']\nallow = { read = ['**'] }\n";
    files.config.policy = Some(files.write("policy.toml", policy));
    let hub = files.serve().await;
    let billing = authority.workload("spiffe://example/billing", &["reader"]);
    let reader = authority.client(&["Reader", "other"]);
    let mut codes = Vec::new();
    for issued in [&billing, &reader] {
        let options = Options::default().authorities(authority.pem());
        let options = options.certificate(&*issued.certificate, &*issued.key);
        let client = Client::connect_with(&url(&hub), &options).await.unwrap();
        let published = client.publish(batch(vec![event("a", "x")])).await;
        codes.push(published.map_or_else(|error| error.code(), |_| Code::Ok));
        let fetched = client.fetch(fetch("a", "")).await;
        codes.push(fetched.map_or_else(|error| error.code(), |_| Code::Ok));
    }
    assert_eq!(codes, [Code::Ok, Code::PermissionDenied, Code::PermissionDenied, Code::Ok]);
}

#[tokio::test]
async fn a_hub_of_an_authority_that_is_not_trusted_gets_no_token() {
    let (authority, token) = (Authority::new("ours"), Minted::new().unwrap());
    let hub = hub(&authority, &listed(&token)).await;
    let options = Options::default().authorities(Authority::new("other").pem());
    let (options, asked) = tokens(options, &[&token]);
    let error = Client::connect_with(&url(&hub), &options).await.unwrap_err();
    assert!(error.to_string().contains("UnknownIssuer"), "{error}");
    assert_eq!(asked.load(SeqCst), 0);
    let error = Client::connect_with(&url(&hub), &Options::default().authorities("none")).await;
    assert_eq!(error.unwrap_err().code(), Code::InvalidArgument);
}
