//! Client certificates: who is let in, and until when.

use hintwire::v1::GetHubRequest;

use crate::dial::Dial;
use crate::hub::{Files, Hub};
use crate::pki::{Authority, Issued};

/// Whether a client that shows this, or nothing, is served. With TLS 1.3 a client learns only with its first answer that
/// its certificate was refused.
async fn is_served(hub: &Hub, authority: &Authority, client: Option<&Issued>) -> bool {
    Dial::new(authority, client).get(hub.address, "/healthz").await.is_ok()
}

#[tokio::test]
async fn a_certificate_of_the_authority_is_let_in_and_no_other() {
    let (ours, other) = (Authority::new("ours"), Authority::new("other"));
    let hub = Files::of_mutual_tls(&ours).serve().await;
    assert!(is_served(&hub, &ours, Some(&ours.client(&["billing"]))).await);
    assert!(!is_served(&hub, &ours, None).await);
    assert!(!is_served(&hub, &ours, Some(&other.client(&["billing"]))).await);
    assert!(!is_served(&hub, &ours, Some(&ours.expired(&["billing"]))).await);
    assert!(!is_served(&hub, &ours, Some(&ours.hub())).await, "it is for servers");
}

#[tokio::test]
async fn without_a_certificate_one_is_let_in_where_something_else_says_who_asks() {
    let (ours, other) = (Authority::new("ours"), Authority::new("other"));
    let mut files = Files::of_mutual_tls(&ours);
    files.config.auth = Some(files.write("auth.toml", ""));
    let hub = files.serve().await;
    assert!(is_served(&hub, &ours, None).await);
    assert!(!is_served(&hub, &ours, Some(&other.client(&["billing"]))).await);
}

#[tokio::test]
async fn a_revoked_certificate_is_not_let_in_after_the_list_is_read_again() {
    let ours = Authority::new("ours");
    let mut files = Files::of_mutual_tls(&ours);
    files.config.tls.crl = Some(files.write("crl.pem", &ours.revokes(&[])));
    let (good, bad) = (ours.client(&["good"]), ours.client(&["bad"]));
    let hub = files.serve().await;
    let known = Dial::new(&ours, Some(&bad));
    known.get(hub.address, "/healthz").await.unwrap();
    known.get(hub.address, "/healthz").await.unwrap();
    hub.files.write("crl.pem", &ours.revokes(&[&bad]));
    hub.reload().unwrap();
    assert!(known.get(hub.address, "/healthz").await.is_err(), "not by a ticket either");
    assert!(is_served(&hub, &ours, Some(&good)).await);
}

#[tokio::test]
async fn no_session_is_resumed_where_clients_show_certificates() {
    let ours = Authority::new("ours");
    let client = ours.client(&["billing"]);
    for (files, resumes) in [(Files::of_mutual_tls(&ours), false), (Files::of_tls(&ours), true)] {
        let hub = files.serve().await;
        let dial = Dial::new(&ours, Some(&client));
        for again in [false, true] {
            let mut grpc = dial.grpc(hub.address).await.unwrap();
            grpc.get_hub(GetHubRequest {}).await.unwrap();
            let stream = dial.open(hub.address).await.unwrap();
            let resumed =
                stream.get_ref().1.handshake_kind() == Some(rustls::HandshakeKind::Resumed);
            assert_eq!(resumed, resumes, "second: {again}");
        }
    }
}

#[tokio::test]
async fn a_list_that_is_none_is_refused_and_the_one_before_stays() {
    let ours = Authority::new("ours");
    let mut files = Files::of_mutual_tls(&ours);
    let bad = ours.client(&["bad"]);
    files.config.tls.crl = Some(files.write("crl.pem", &ours.revokes(&[&bad])));
    let hub = files.serve().await;
    for text in ["", "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"] {
        hub.files.write("crl.pem", text);
        assert!(hub.reload().is_err());
    }
    assert!(!is_served(&hub, &ours, Some(&bad)).await);
    assert!(is_served(&hub, &ours, Some(&ours.client(&["good"]))).await);
}
