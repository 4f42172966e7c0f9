//! The real binary: what it reads again while it runs, and what a bad file leaves as it was.

use std::fs;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hintwire::identity::Minted;
use hintwire::v1::SubscribeResponse;
use std::io::{BufRead, BufReader};
use tokio::time::timeout;
use tonic::{Code, Request, Streaming};

use crate::dial::Dial;
use crate::hub::Files;
use crate::pki::Authority;
use crate::support::{Client, batch, event, subscribe};

const POLICY: &str =
    "[[rule]]\nprincipals = ['token:*']\nallow = { publish = ['**'], read = ['**'] }\n";

/// A hub whose configuration names a certificate, an auth file and a policy; killed when dropped.
struct Running {
    child: Child,
    address: SocketAddr,
    files: Files,
    authority: Authority,
}

impl Running {
    fn start(tokens: &str) -> Self {
        let authority = Authority::new("ours");
        let files = Files::of_tls(&authority);
        files.write("auth.toml", tokens);
        files.write("policy.toml", POLICY);
        let config = files.write("hub.toml", &config(&files, "info"));
        let log = fs::File::create(files.path("log")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_hintwire"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--ephemeral", "--config"]).arg(config);
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim_end().strip_prefix("listening on https://");
        let address = address.unwrap_or_else(|| panic!("{line}")).parse().unwrap();
        Self { child, address, files, authority }
    }

    fn hang_up(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", "HUP", &id]).status().unwrap().success());
    }

    fn log(&self) -> String {
        fs::read_to_string(self.files.path("log")).unwrap()
    }

    async fn client(&self) -> Client {
        Dial::new(&self.authority, None).grpc(self.address).await.unwrap()
    }

    async fn publish(&self, token: &str) -> Result<(), Code> {
        let request = with(batch(vec![event("a", "x")]), token);
        self.client().await.publish(request).await.map(drop).map_err(|status| status.code())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn config(files: &Files, level: &str) -> String {
    let [auth, policy, certificate, key] =
        ["auth.toml", "policy.toml", "hub.pem", "hub.key"].map(|name| files.path(name));
    format!(
        "log_level = '{level}'\nauth = {auth:?}\npolicy = {policy:?}\n[tls]\ncertificate = {certificate:?}\n\
         key = {key:?}\n"
    )
}

fn listed(name: &str, minted: &Minted) -> String {
    format!("[[token]]\nname = '{name}'\nsha256 = '{}'\n", minted.hash)
}

fn with<T>(message: T, token: &str) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}

/// Tries until it holds.
async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < Duration::from_secs(30), "{what} never came");
        tokio::task::yield_now().await;
    }
}

async fn hint(hints: &mut Streaming<SubscribeResponse>) -> SubscribeResponse {
    let hint = timeout(Duration::from_secs(30), hints.message()).await.expect("no hint");
    hint.unwrap().expect("the stream has ended")
}

#[tokio::test]
async fn tokens_certificate_policy_and_log_level_are_read_again_while_a_stream_goes_on() {
    let [ours, new] = [Minted::new().unwrap(), Minted::new().unwrap()];
    let mut hub = Running::start(&listed("ours", &ours));
    let mut client = hub.client().await;
    let subscribed = client.subscribe(with(subscribe("a", ""), &ours.token)).await;
    let mut hints = subscribed.unwrap().into_inner();
    hint(&mut hints).await;

    assert_eq!(hub.publish(&new.token).await, Err(Code::Unauthenticated));
    hub.files.write("auth.toml", &(listed("ours", &ours) + &listed("new", &new)));
    until("a new token, by a change of the file", || async {
        hub.publish(&new.token).await.is_ok()
    })
    .await;
    assert_eq!(hint(&mut hints).await.topics, ["a"]);

    let other = Authority::new("other");
    hub.files.certify(&other.hub());
    hub.hang_up();
    let dial = Dial::new(&other, None);
    until("another certificate, by SIGHUP", || async { dial.open(hub.address).await.is_ok() })
        .await;
    hub.authority = other;

    hub.files.write("policy.toml", &POLICY.replace("'token:*'", "'token:ours'"));
    hub.hang_up();
    until("another policy", || async {
        hub.publish(&new.token).await == Err(Code::PermissionDenied)
    })
    .await;

    assert!(!hub.log().contains("call ended"), "{}", hub.log());
    hub.files.write("hub.toml", &config(&hub.files, "debug"));
    hub.hang_up();
    until("debug lines", || async {
        hub.publish(&ours.token).await.unwrap();
        hub.log().contains("call ended")
    })
    .await;
    assert_eq!(hint(&mut hints).await.topics, ["a"], "the stream is the same");
}

#[tokio::test]
async fn a_bad_file_keeps_what_was_and_says_so() {
    let ours = Minted::new().unwrap();
    let hub = Running::start(&listed("ours", &ours));
    let names = ["auth.toml", "policy.toml", "hub.pem", "hub.toml"];
    for name in names {
        let good = fs::read_to_string(hub.files.path(name)).unwrap();
        hub.files.write(name, "this is nothing");
        hub.hang_up();
        let said = |line: &str| line.contains("all stays as it was") && line.contains(name);
        until(name, || async { hub.log().lines().any(said) }).await;
        hub.publish(&ours.token).await.unwrap();
        hub.files.write(name, &good);
    }
    let read = hub.log().matches("read again:").count();
    hub.hang_up();
    until("the good files", || async { hub.log().matches("read again:").count() > read }).await;
    hub.publish(&ours.token).await.unwrap();
}
