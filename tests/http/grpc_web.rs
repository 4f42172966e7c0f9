//! gRPC-Web, spoken by hand: messages in frames, and the status in the last one.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hintwire::backlog::memory::Memory;
use hintwire::config::Config;
use hintwire::v1;
use prost::Message;
use reqwest::{Client, Response, StatusCode};
use tonic::metadata::MetadataMap;

use crate::ask::{Hub, problem};
use crate::support::{Server, fetch, info, subscribe};

const KIND: &str = "application/grpc-web+proto";
/// The flag of the frame that holds the status.
const STATUS: u8 = 0x80;

async fn on(http: Client) -> Hub {
    let config = Config {
        allowed_origins: vec!["https://app.example".parse().unwrap()],
        request_bytes: 64 << 10,
        data_bytes: 64 << 10,
        ..Config::default()
    };
    Hub { server: Server::on(Arc::new(Memory::default()), config).await, http }
}

fn frame(message: &impl Message) -> Vec<u8> {
    let message = message.encode_to_vec();
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[0], &length[..], &message].concat()
}

async fn call(hub: &Hub, call: &str, kind: &str, body: Vec<u8>) -> Response {
    let url = hub.url(&format!("/hintwire.v1.HubService/{call}"));
    hub.http.post(url).header("content-type", kind).body(body).send().await.unwrap()
}

/// The frame at the beginning of what came: its flag, its content, and the rest.
fn first(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (head, rest) = bytes.split_at_checked(5)?;
    let length = u32::from_be_bytes(head[1..].try_into().unwrap()) as usize;
    let (content, rest) = rest.split_at_checked(length)?;
    Some((head[0], content, rest))
}

/// The status of a call, in the last frame or, if there is no message, among the headers.
fn status(answer: &Response, last: Option<&[u8]>) -> tonic::Status {
    let mut headers = answer.headers().clone();
    for line in last.map(String::from_utf8_lossy).iter().flat_map(|last| last.lines()) {
        let (name, value) = line.split_once(':').unwrap();
        let name: reqwest::header::HeaderName = name.parse().unwrap();
        headers.insert(name, value.trim().parse().unwrap());
    }
    let metadata = MetadataMap::from_headers(headers);
    tonic::Status::from_header_map(metadata.as_ref()).unwrap()
}

#[tokio::test]
async fn a_page_fetches_over_both_versions_of_http_as_bytes_or_text() {
    let h2 = Client::builder().http2_prior_knowledge().build().unwrap();
    for http in [Client::new(), h2] {
        let hub = on(http).await;
        let cursor = hub.publish("a", "data").await;
        let ask = frame(&fetch("a", ""));
        let text = BASE64_STANDARD.encode(&ask).into_bytes();
        for (kind, body) in [(KIND, ask), ("application/grpc-web-text+proto", text)] {
            let answer = call(&hub, "Fetch", kind, body).await;
            assert_eq!(answer.status(), StatusCode::OK);
            assert_eq!(answer.headers()["content-type"], KIND);
            let answer = answer.bytes().await.unwrap();
            let (flag, page, rest) = first(&answer).unwrap();
            let page = v1::FetchResponse::decode(page).unwrap();
            assert_eq!((flag, page.next_cursor), (0, cursor.clone()));
            let (flag, last, rest) = first(rest).unwrap();
            assert_eq!((flag, rest), (STATUS, &[][..]));
            assert!(String::from_utf8_lossy(last).contains("grpc-status:0"));
        }
    }
}

#[tokio::test]
async fn a_stream_tells_a_page_at_once_what_is_new() {
    let hub = on(Client::new()).await;
    let mut answer = call(&hub, "Subscribe", KIND, frame(&subscribe("a", ""))).await;
    let mut come = Vec::new();
    let mut kinds = Vec::new();
    while kinds.len() < 2 {
        come.extend(answer.chunk().await.unwrap().unwrap());
        while let Some((flag, hint, rest)) = first(&come) {
            assert_eq!(flag, 0);
            kinds.push(v1::SubscribeResponse::decode(hint).unwrap().kind());
            come = rest.to_vec();
            if kinds.len() == 1 {
                hub.publish("a", "data").await;
            }
        }
    }
    use v1::subscribe_response::Kind;
    assert_eq!(kinds, [Kind::Confirmed, Kind::Changed]);
}

#[tokio::test]
async fn refusals_have_the_reasons_of_grpc() {
    let hub = on(Client::new()).await;
    let large = v1::PublishRequest {
        events: vec![crate::support::event("a", &"x".repeat(65 << 10))],
        expected_cursor: None,
    };
    for (name, body, reason) in [
        ("Fetch", frame(&fetch("a//b", "")), "INVALID_FIELD"),
        ("Fetch", frame(&fetch("a", "nonsense")), "CURSOR_MALFORMED"),
        ("Publish", frame(&large), "TOO_LARGE"),
    ] {
        let answer = call(&hub, name, KIND, body).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(info(&status(&answer, None)).reason, reason);
    }
    let answer = call(&hub, "Publish", KIND, vec![0; 129 << 10]).await;
    let refused = problem(answer, 413).await;
    assert_eq!(refused["reason"], "TOO_LARGE");
    assert_eq!(refused["metadata"]["limit"], "65536");
}

#[tokio::test]
async fn it_is_off_until_an_origin_is_allowed_and_foreign_pages_stay_out() {
    let (off, on) = (Hub::start().await, on(Client::new()).await);
    let refused = problem(call(&off, "Fetch", KIND, frame(&fetch("a", ""))).await, 415).await;
    assert_eq!(refused["reason"], "GRPC_WEB_OFF");
    assert!(refused["detail"].as_str().unwrap().contains("allowed_origins"));
    for (origin, status) in [("https://app.example", 200), ("https://evil.example", 403)] {
        let url = on.url("/hintwire.v1.HubService/GetHub");
        let ask = on.http.post(url).header("content-type", KIND).header("origin", origin);
        let answer = ask.body(frame(&v1::GetHubRequest {})).send().await.unwrap();
        assert_eq!(answer.status(), status, "{origin}");
    }
}

#[tokio::test]
async fn health_can_be_asked() {
    let hub = on(Client::new()).await;
    let ask = hub.http.post(hub.url("/grpc.health.v1.Health/Check")).header("content-type", KIND);
    let answer = ask.body(vec![0; 5]).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(first(&answer).unwrap().1, [8, 1], "SERVING");
}

#[tokio::test]
async fn what_is_no_grpc_web_is_told_what_is() {
    let hub = on(Client::new()).await;
    for (kind, reason) in [
        ("application/grpc", "GRPC_NEEDS_HTTP2"),
        ("application/grpc+proto", "GRPC_NEEDS_HTTP2"),
        ("application/json", "MEDIA_TYPE"),
        ("text/plain", "MEDIA_TYPE"),
    ] {
        let refused = problem(call(&hub, "Publish", kind, vec![0; 5]).await, 415).await;
        assert_eq!(refused["reason"], reason, "{kind}");
    }
    assert_eq!(hub.refusal("/hintwire.v1.HubService/GetHub", 405).await["status"], 405);
}
