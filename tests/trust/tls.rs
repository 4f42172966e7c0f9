//! TLS itself: what is spoken, with which certificate, and until when a peer may take its time.

use hintwire::config::TlsVersion;
use hintwire::limits::HANDSHAKE;
use hintwire::v1::GetHubRequest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Duration, Instant, pause, timeout};

use crate::dial::Dial;
use crate::hub::Files;
use crate::pki::Authority;
use crate::support::{batch, event, subscribe};

#[tokio::test]
async fn grpc_and_http_1_are_served_over_tls_on_one_port() {
    let authority = Authority::new("ours");
    let hub = Files::of_tls(&authority).serve().await;
    let dial = Dial::new(&authority, None);
    let mut client = dial.grpc(hub.address).await.unwrap();
    client.publish(batch(vec![event("a", "x")])).await.unwrap();
    let answer = dial.get(hub.address, "/v1/events?topic=a").await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(r#""topic":"a""#), "{answer}");
}

#[tokio::test]
async fn a_client_that_trusts_another_authority_does_not_connect() {
    let hub = Files::of_tls(&Authority::new("ours")).serve().await;
    let error = Dial::new(&Authority::new("other"), None).open(hub.address).await.unwrap_err();
    assert!(error.to_string().contains("UnknownIssuer"), "{error}");
}

#[tokio::test]
async fn tls_1_2_is_refused_unless_it_is_asked_for() {
    let authority = Authority::new("ours");
    let hub = Files::of_tls(&authority).serve().await;
    let error = Dial::with_tls_12(&authority).open(hub.address).await.unwrap_err();
    assert!(error.to_string().contains("ProtocolVersion"), "{error}");
    let mut files = Files::of_tls(&authority);
    files.config.tls.min_version = TlsVersion::Tls12;
    let hub = files.serve().await;
    Dial::with_tls_12(&authority).get(hub.address, "/healthz").await.unwrap();
    Dial::new(&authority, None).get(hub.address, "/healthz").await.unwrap();
}

#[tokio::test]
async fn who_does_not_speak_tls_is_disconnected_and_told_nothing() {
    let hub = Files::of_tls(&Authority::new("ours")).serve().await;
    let mut peer = TcpStream::connect(hub.address).await.unwrap();
    peer.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut said = Vec::new();
    _ = peer.read_to_end(&mut said).await;
    assert!(!String::from_utf8_lossy(&said).contains("HTTP"), "{said:?}");
}

/// Whoever says this much and no more is cut at the deadline, in virtual time.
async fn is_cut(mut peer: impl AsyncReadExt + Unpin) {
    pause();
    let began = Instant::now();
    let ended = timeout(10 * HANDSHAKE, peer.read(&mut [0])).await.expect("it was not cut");
    assert!(matches!(ended, Ok(0) | Err(_)));
    assert!(began.elapsed() <= HANDSHAKE + Duration::from_secs(1));
}

#[tokio::test]
async fn a_handshake_that_does_not_begin_is_cut_at_the_deadline() {
    let hub = Files::of_tls(&Authority::new("ours")).serve().await;
    is_cut(TcpStream::connect(hub.address).await.unwrap()).await;
}

#[tokio::test]
async fn half_a_client_hello_is_cut_at_the_deadline() {
    let hub = Files::of_tls(&Authority::new("ours")).serve().await;
    let mut peer = TcpStream::connect(hub.address).await.unwrap();
    peer.write_all(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03").await.unwrap();
    is_cut(peer).await;
}

#[tokio::test]
async fn silence_after_the_handshake_is_cut_at_the_same_deadline() {
    let authority = Authority::new("ours");
    let hub = Files::of_tls(&authority).serve().await;
    is_cut(Dial::new(&authority, None).open(hub.address).await.unwrap()).await;
}

#[tokio::test]
async fn a_certificate_is_replaced_while_a_stream_goes_on() {
    let (old, new) = (Authority::new("old"), Authority::new("new"));
    let hub = Files::of_tls(&old).serve().await;
    let mut client = Dial::new(&old, None).grpc(hub.address).await.unwrap();
    let mut hints = client.subscribe(subscribe("a", "")).await.unwrap().into_inner();
    hints.message().await.unwrap().unwrap();
    hub.files.certify(&new.hub());
    hub.reload().unwrap();
    assert!(Dial::new(&old, None).open(hub.address).await.is_err());
    let mut other = Dial::new(&new, None).grpc(hub.address).await.unwrap();
    other.publish(batch(vec![event("a", "x")])).await.unwrap();
    assert_eq!(hints.message().await.unwrap().unwrap().topics, ["a"]);
    client.get_hub(GetHubRequest {}).await.unwrap();
}

#[tokio::test]
async fn a_key_of_another_certificate_is_refused_and_the_old_pair_stays() {
    let authority = Authority::new("ours");
    let hub = Files::of_tls(&authority).serve().await;
    hub.files.write("hub.key", &authority.hub().key);
    let error = hub.reload().unwrap_err().to_string();
    assert!(error.contains("hub.pem") && error.to_lowercase().contains("key"), "{error}");
    hub.files.write("hub.pem", "nothing");
    let error = hub.reload().unwrap_err().to_string();
    assert!(error.contains("hub.pem has no certificate"), "{error}");
    Dial::new(&authority, None).get(hub.address, "/healthz").await.unwrap();
}
