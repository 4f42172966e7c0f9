//! What a policy changes over HTTP besides what is permitted.

use hintwire::identity::Minted;
use reqwest::{Client, Method, Response};
use serde_json::Value;
use tonic::transport::Channel;

use crate::hub::{Files, Hub};

struct Scene {
    hub: Hub,
    reader: Minted,
}

impl Scene {
    async fn start(change: impl FnOnce(&mut Files)) -> Self {
        let reader = Minted::new().unwrap();
        let mut files = Files::plain();
        let auth = format!("[[token]]\nname = 'reader'\nsha256 = '{}'\n", reader.hash);
        files.config.auth = Some(files.write("auth.toml", &auth));
        let policy = "[[rule]]\nprincipals = ['token:reader']\nallow = { read = ['a/**'], publish = ['a/**'] }";
        files.config.policy = Some(files.write("policy.toml", policy));
        files.config.allowed_origins = vec!["https://app.example".parse().unwrap()];
        change(&mut files);
        Self { hub: files.serve().await, reader }
    }

    async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
        let url = format!("http://{}{path}", self.hub.address);
        let request = Client::new().request(method, url);
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.send().await.unwrap()
    }

    async fn channel(&self) -> Channel {
        let uri = format!("http://{}", self.hub.address);
        Channel::from_shared(uri).unwrap().connect().await.unwrap()
    }

    async fn read(&self, path: &str) -> Response {
        let token = format!("Bearer {}", self.reader.token);
        self.ask(Method::GET, path, &[("authorization", &token), ("origin", "https://app.example")])
            .await
    }
}

#[tokio::test]
async fn an_answer_is_kept_by_its_reader_alone() {
    let scene = Scene::start(|_| {}).await;
    let token = format!("Bearer {}", scene.reader.token);
    let url = format!("http://{}/v1/events", scene.hub.address);
    let events = r#"{"events":[{"topic":"a/x"},{"topic":"a/x"},{"topic":"a/x"}]}"#;
    let post = Client::new()
        .post(url)
        .header("authorization", &token)
        .header("content-type", "application/json");
    let placed: Value = post.body(events).send().await.unwrap().json().await.unwrap();
    let first = placed["results"][0]["cursor"].as_str().unwrap();
    for (path, expected) in [
        (format!("/v1/events?topic=a/x&limit=1&since={first}"), "private, max-age=3600, immutable"),
        (
            format!("/v1/feed?topic=a/x&limit=1&lastEventId={first}"),
            "private, max-age=3600, immutable",
        ),
        ("/v1/events?topic=a/x".to_owned(), "private, no-cache"),
        ("/v1/topics?topic=a/x".to_owned(), "no-store"),
        ("/v1/events?topic=b".to_owned(), "no-store"),
    ] {
        let answer = scene.read(&path).await;
        assert_eq!(answer.headers()["cache-control"], expected, "{path}");
        let vary: Vec<_> = answer.headers().get_all("vary").iter().collect();
        assert_eq!(
            vary.iter().any(|name| *name == "authorization"),
            expected != "no-store",
            "{vary:?}"
        );
        assert!(vary.iter().any(|name| *name == "origin"), "{vary:?}");
    }
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_may_show_a_token_and_read_a_refusal() {
    let scene = Scene::start(|_| {}).await;
    let origin = ("origin", "https://app.example");
    let asks = [
        origin,
        ("access-control-request-method", "GET"),
        ("access-control-request-headers", "authorization"),
    ];
    let answer = scene.ask(Method::OPTIONS, "/v1/events", &asks).await;
    let allowed = answer.headers()["access-control-allow-headers"].to_str().unwrap();
    assert!(allowed.contains("authorization"), "{allowed}");
    let refused = scene.ask(Method::GET, "/v1/events?topic=a/x", &[origin]).await;
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["www-authenticate"]),
        (401, &"Bearer".parse().unwrap())
    );
    assert_eq!(refused.headers()["access-control-allow-origin"], "https://app.example");
}

#[tokio::test]
async fn health_is_open_whatever_credentials_come_with_it() {
    let scene = Scene::start(|_| {}).await;
    for token in ["Bearer nonsense", "Basic x", ""] {
        for path in ["/healthz", "/readyz"] {
            let answer = scene.ask(Method::GET, path, &[("authorization", token)]).await;
            assert_eq!(answer.status().as_u16(), 204, "{path} {token}");
        }
    }
    let channel = scene.channel().await;
    let mut health = tonic_health::pb::health_client::HealthClient::new(channel);
    let mut request = tonic::Request::new(tonic_health::pb::HealthCheckRequest::default());
    request.metadata_mut().insert("authorization", "Bearer nonsense".parse().unwrap());
    health.check(request).await.unwrap();
}

#[tokio::test]
async fn the_api_is_described_with_its_credentials_unless_reflection_is_off() {
    let scene = Scene::start(|_| {}).await;
    let api: Value = scene.ask(Method::GET, "/v1/openapi.json", &[]).await.json().await.unwrap();
    assert_eq!(api["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
    let events = &api["paths"]["/v1/events"]["get"];
    assert_eq!(events["security"], serde_json::json!([{}, {"bearer": []}]));
    assert!(
        ["401", "403", "429"].iter().all(|status| events["responses"][status].is_object()),
        "{events}"
    );
    assert!(api["paths"]["/healthz"]["get"]["security"].is_null());

    let scene = Scene::start(|files| files.config.reflection = false).await;
    assert_eq!(scene.ask(Method::GET, "/v1/openapi.json", &[]).await.status().as_u16(), 404);
    let mut reflection =
        tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient::new(
            scene.channel().await,
        );
    let asked = reflection.server_reflection_info(tokio_stream::empty()).await;
    assert_eq!(asked.unwrap_err().code(), tonic::Code::Unimplemented);
}
