//! What is written down of refusals, and that no secret is anywhere.

use std::io::{self, Write};
use std::sync::Arc;

use hintwire::identity::Minted;
use hintwire::v1;
use parking_lot::Mutex;
use serde_json::Value;
use tonic::Request;
use tracing_subscriber::fmt::MakeWriter;

use crate::hub::{Files, Hub};
use crate::support::{Client, batch, event, fetch};

/// Everything that is logged, down to `debug`, by any test of this binary.
#[derive(Clone, Default)]
struct Logged(Arc<Mutex<Vec<u8>>>);

impl Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Logged {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Stands in whatever is secret.
const CANARY: &str = "canary7secret";

struct Scene {
    hub: Hub,
    reader: Minted,
    grpc: Client,
    http: reqwest::Client,
}

impl Scene {
    async fn start() -> Self {
        let reader = Minted::new().unwrap();
        let mut files = Files::plain();
        let auth = format!(
            "[[token]]\nname = 'reader'\nsha256 = '{}'\nclaims = {{ private = '{CANARY}' }}\n",
            reader.hash
        );
        files.config.auth = Some(files.write("auth.toml", &auth));
        let policy = "[[rule]]\nprincipals = ['token:reader']\nallow = { read = ['a/**'], publish = ['a/**'], admin = true }\nquota = { fetches = 1 }\n";
        files.config.policy = Some(files.write("policy.toml", policy));
        files.config.audit_log = Some(files.path("audit.jsonl"));
        let hub = files.serve().await;
        let grpc = Client::connect(format!("http://{}", hub.address)).await.unwrap();
        Self { hub, reader, grpc, http: reqwest::Client::new() }
    }

    fn by<T>(&self, token: &str, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        request
    }

    async fn get(&self, token: &str, path: &str) -> String {
        let request = self.http.get(format!("http://{}{path}", self.hub.address));
        let response = request.header("authorization", token).send().await.unwrap();
        format!("{:?} {}", response.headers().clone(), response.text().await.unwrap())
    }

    fn audited(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.hub.files.path("audit.jsonl")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

#[tokio::test]
async fn each_refusal_and_each_call_of_an_administrator_is_a_line() {
    let scene = Scene::start().await;
    let own = &scene.reader.token;
    let refused = scene.grpc.clone().fetch(scene.by(own, fetch("b/*", ""))).await;
    refused.unwrap_err();
    scene.get(&format!("Bearer {own}"), "/v1/topics?topic=**").await;
    scene.get("Bearer nonsense", "/v1/cursor/x").await;
    scene.get(&format!("Bearer {own}"), "/v1/hub").await;
    let anonymous = scene.grpc.clone().publish(batch(vec![event("a/x", "")])).await;
    anonymous.unwrap_err();
    for _ in 0..5 {
        let _ = scene.grpc.clone().fetch(scene.by(own, fetch("a/x", ""))).await;
    }
    scene.hub.reload().unwrap();
    scene.hub.files.write("policy.toml", "nonsense");
    scene.hub.reload().unwrap_err();
    let lines = scene.audited();
    let has = |wanted: &[(&str, Value)]| {
        let is = |line: &Value| wanted.iter().all(|(name, value)| line[name] == *value);
        assert!(lines.iter().any(is), "{wanted:?} in {lines:#?}");
    };
    let (event, call, reason) = ("event", "call", "reason");
    has(&[
        (event, "refused".into()),
        ("principal", "token:reader".into()),
        (call, "/hintwire.v1.HubService/Fetch".into()),
        (reason, "PERMISSION_DENIED".into()),
        ("action", "read".into()),
        ("detail", "the policy does not let you read `b/*`".into()),
    ]);
    has(&[(call, "/v1/topics".into()), (reason, "PERMISSION_DENIED".into())]);
    has(&[
        (call, "/v1/cursor/".into()),
        (reason, "UNAUTHENTICATED".into()),
        ("principal", Value::Null),
    ]);
    has(&[("principal", "anonymous".into()), (reason, "PERMISSION_DENIED".into())]);
    has(&[(reason, "QUOTA_EXCEEDED".into())]);
    has(&[(event, "admin".into()), (call, "/v1/hub".into()), ("principal", "token:reader".into())]);
    has(&[(event, "reloaded".into()), ("ok", true.into())]);
    has(&[(event, "reloaded".into()), ("ok", false.into())]);
    assert!(lines.iter().all(|line| line["time"].as_str().is_some_and(|time| time.ends_with('Z'))));
}

#[tokio::test]
async fn no_secret_is_in_any_log_status_problem_metric_or_line() {
    let logged = Logged::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG);
    subscriber.with_ansi(false).with_writer(logged.clone()).try_init().unwrap();
    let scene = Scene::start().await;
    let own = format!("Bearer {}", scene.reader.token);
    let mut said = String::new();
    let jwt = format!("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.{CANARY}");
    for token in [
        own.clone(),
        format!("Bearer hintwire_{CANARY}"),
        format!("Bearer {jwt}"),
        format!("Bearer {CANARY} {CANARY}"),
        format!("Basic {CANARY}"),
        CANARY.to_owned(),
    ] {
        for path in [
            "/v1/events?topic=b/x",
            "/v1/events?topic=a//b",
            "/v1/hints?topic=b",
            "/v1/snapshot?topic=**",
            "/v1/topics?topic=b",
            "/v1/hub",
            "/v1/cursor/x",
            "/v1/feed?topic=b",
            "/metrics",
            "/v1/nothing",
            "/healthz",
        ] {
            said += &scene.get(&token, path).await;
        }
    }
    let mut grpc = scene.grpc.clone();
    let topics = ["a/x", "b/x", "a//b"];
    for topic in topics {
        let request = || {
            let wrong = v1::Event {
                content_type: "application/json".into(),
                key: "k".into(),
                ..event(topic, CANARY)
            };
            batch(vec![
                wrong,
                v1::Event { id: "i".into(), ..event(topic, &format!("{CANARY}2")) },
                v1::Event { id: "i".into(), ..event(topic, CANARY) },
            ])
        };
        said += &format!(
            "{:?}",
            grpc.publish(scene.by(&scene.reader.token, request())).await.map(drop)
        );
        said += &format!("{:?}", grpc.publish(scene.by(&jwt, request())).await.map(drop));
        let url = format!("http://{}/v1/events", scene.hub.address);
        let post = scene
            .http
            .post(url)
            .header("authorization", &own)
            .header("content-type", "application/json");
        let body = format!(
            "{{\"events\":[{{\"topic\":\"{topic}\",\"data\":\"{CANARY}\",\"nonsense\":1}}]}}"
        );
        said += &post.body(body).send().await.unwrap().text().await.unwrap();
    }
    scene.hub.files.write("auth.toml", &format!("[[token]]\nname = 'x'\nsha256 = '{CANARY}'\n"));
    let _ = scene.hub.reload();
    let audited = format!("{:?}", scene.audited());
    let logged = String::from_utf8(logged.0.lock().clone()).unwrap();
    assert!(logged.contains("call ended"), "it logs nothing: {logged}");
    for (place, text) in [("answers", &said), ("audit log", &audited), ("log", &logged)] {
        for secret in [CANARY, &scene.reader.token] {
            let at = text.find(secret).map(|at| &text[at.saturating_sub(200)..at]);
            assert_eq!(at, None, "{secret} is in the {place}");
        }
    }
}
