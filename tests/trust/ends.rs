//! What is open ends once its sender's credentials, or the policy, permit it no more; and not before.

use hintwire::identity::Minted;
use hintwire::v1::subscribe_response::{Kind, ReconnectReason};
use hintwire::v1::{self, SubscribeResponse};
use reqwest::Response;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Streaming};

use crate::hub::{Files, Hub};
use crate::support::{Client, batch, event, fetch, info, subscribe};

const READER: &str =
    "[[rule]]\nprincipals = ['token:reader']\nallow = { read = ['a/**'], publish = ['a/**'] }\n";
const OTHERS: &str = "[[rule]]\nprincipals = ['token:writer']\nallow = { publish = ['**'] }\n";

/// A hub with a reader and a writer, and everything that a reader can have open.
struct Scene {
    hub: Hub,
    reader: Minted,
    writer: Minted,
    grpc: Client,
}

impl Scene {
    async fn start() -> Self {
        let [reader, writer] = [(); 2].map(|()| Minted::new().unwrap());
        let mut files = Files::plain();
        files.config.auth = Some(files.write("auth.toml", &tokens(&reader, &writer, "")));
        files.config.policy = Some(files.write("policy.toml", &format!("{READER}{OTHERS}")));
        let hub = files.serve().await;
        let grpc = Client::connect(format!("http://{}", hub.address)).await.unwrap();
        Self { hub, reader, writer, grpc }
    }

    fn by<T>(&self, who: &Minted, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request
            .metadata_mut()
            .insert("authorization", format!("Bearer {}", who.token).parse().unwrap());
        request
    }

    async fn publish(&self) {
        let request = self.by(&self.writer, batch(vec![event("a/b", "x")]));
        self.grpc.clone().publish(request).await.unwrap();
    }

    async fn subscribed(&self) -> Streaming<SubscribeResponse> {
        let request = self.by(&self.reader, subscribe("a/**", ""));
        let mut hints = self.grpc.clone().subscribe(request).await.unwrap().into_inner();
        assert_eq!(hints.message().await.unwrap().unwrap().kind(), Kind::Confirmed);
        hints
    }

    async fn sse(&self, mode: &str) -> Response {
        let url = format!("http://{}/v1/hints?topic=a/**&mode={mode}", self.hub.address);
        let request = reqwest::Client::new().get(url).bearer_auth(&self.reader.token);
        let mut response = request.send().await.unwrap();
        assert!(response.chunk().await.unwrap().is_some(), "it is confirmed");
        response
    }

    fn tokens(&self, lines: &str) {
        self.hub.files.write("auth.toml", &tokens(&self.reader, &self.writer, lines));
        self.hub.reload().unwrap();
    }

    fn policy(&self, text: &str) {
        self.hub.files.write("policy.toml", &format!("{text}{OTHERS}"));
        self.hub.reload().unwrap();
    }
}

/// The auth file, with lines that are said of the reader; without the reader, if they are `-`.
fn tokens(reader: &Minted, writer: &Minted, lines: &str) -> String {
    let token = |name: &str, minted: &Minted, lines: &str| {
        format!("[[token]]\nname = '{name}'\nsha256 = '{}'\n{lines}\n", minted.hash)
    };
    let reader = if lines == "-" { String::new() } else { token("reader", reader, lines) };
    token("writer", writer, "") + &reader
}

/// The reason of the last message, after which there is nothing.
async fn reconnects(mut hints: Streaming<SubscribeResponse>) -> ReconnectReason {
    loop {
        let hint = hints.message().await.unwrap().unwrap();
        if hint.kind() == Kind::Reconnect {
            assert!(hints.message().await.unwrap().is_none());
            return hint.reconnect_reason();
        }
    }
}

async fn rest(response: Response) -> String {
    response.text().await.unwrap()
}

#[tokio::test]
async fn everything_that_is_open_ends_when_a_token_is_taken_off_the_list() {
    let scene = Scene::start().await;
    let (hints, told, events) =
        (scene.subscribed().await, scene.sse("hints").await, scene.sse("events").await);
    let (_sender, requests) = tokio::sync::mpsc::channel::<v1::PublishStreamRequest>(1);
    let request = scene.by(&scene.reader, ReceiverStream::new(requests));
    let mut publishing = scene.grpc.clone().publish_stream(request).await.unwrap().into_inner();
    let (_sender, requests) = tokio::sync::mpsc::channel::<v1::FetchStreamRequest>(1);
    let request = scene.by(&scene.reader, ReceiverStream::new(requests));
    let mut fetching = scene.grpc.clone().fetch_stream(request).await.unwrap().into_inner();
    scene.tokens("-");
    assert_eq!(reconnects(hints).await, ReconnectReason::Credentials);
    for stream in [told, events] {
        let rest = rest(stream).await;
        assert!(rest.contains("event: reconnect") && rest.contains("CREDENTIALS"), "{rest}");
    }
    assert_eq!(publishing.message().await.unwrap(), None);
    assert_eq!(fetching.message().await.unwrap(), None);
    let refused = scene.grpc.clone().fetch(scene.by(&scene.reader, fetch("a/b", ""))).await;
    assert_eq!(info(&refused.unwrap_err()).reason, "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_stream_ends_with_its_token_and_is_never_told_of_what_comes_after() {
    let scene = Scene::start().await;
    let soon = std::time::SystemTime::now() + std::time::Duration::from_secs(2);
    let expires = prost_types::Timestamp::from(soon).to_string();
    scene.tokens(&format!("expires = {expires}"));
    let (hints, told) = (scene.subscribed().await, scene.sse("events").await);
    assert_eq!(reconnects(hints).await, ReconnectReason::Credentials);
    scene.publish().await;
    let rest = rest(told).await;
    assert!(rest.contains("CREDENTIALS") && !rest.contains("a/b"), "{rest}");
}

#[tokio::test]
async fn a_policy_that_forbids_it_ends_a_stream_and_one_that_permits_it_still_does_not() {
    let scene = Scene::start().await;
    let (mut hints, told) = (scene.subscribed().await, scene.sse("events").await);
    scene.policy("[[rule]]\nprincipals = ['token:*']\nallow = { read = ['a/**', 'b'] }\n");
    scene.publish().await;
    let hint = hints.message().await.unwrap().unwrap();
    assert_eq!((hint.kind(), hint.topics), (Kind::Changed, vec!["a/b".to_owned()]));
    scene.policy("[[rule]]\nprincipals = ['token:*']\nallow = { read = ['a/**'] }\ndeny = { read = ['a/secret'] }\n");
    assert_eq!(reconnects(hints).await, ReconnectReason::Policy);
    let rest = rest(told).await;
    assert!(rest.contains("event: reconnect") && rest.contains("POLICY"), "{rest}");
    let refused =
        scene.grpc.clone().subscribe(scene.by(&scene.reader, subscribe("a/**", ""))).await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
}

#[tokio::test]
async fn a_long_poll_that_is_not_permitted_any_more_is_refused_and_not_answered() {
    let scene = Scene::start().await;
    let wait = Some(prost_types::Duration { seconds: 60, nanos: 0 });
    let request = v1::FetchRequest { wait, ..fetch("a/**", "") };
    let (mut grpc, request) = (scene.grpc.clone(), scene.by(&scene.reader, request));
    let polled = tokio::spawn(async move { grpc.fetch(request).await });
    let url = format!("http://{}/v1/events?topic=a/**&wait=60s", scene.hub.address);
    let request = reqwest::Client::new().get(url).bearer_auth(&scene.reader.token).send();
    let http = tokio::spawn(request);
    // Both are registered once they wait; whichever is not yet, is refused when it comes.
    tokio::task::yield_now().await;
    scene.policy("");
    scene.publish().await;
    assert_eq!(polled.await.unwrap().unwrap_err().code(), Code::PermissionDenied);
    let answer = http.await.unwrap().unwrap();
    assert_eq!(answer.status().as_u16(), 403);
    assert!(!answer.text().await.unwrap().contains("a/b"));
}
