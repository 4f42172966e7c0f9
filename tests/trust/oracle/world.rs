//! A hub with an event on each topic, and the ways to it.

use std::fs;
use std::sync::Arc;

use bytes::Bytes;
use hintwire::backlog::memory::Memory;
use hintwire::config::Config;
use hintwire::identity::Minted;
use hintwire::v1;
use hintwire::v1::hub_service_client::HubServiceClient;
use hyper_util::rt::TokioExecutor;
use tempfile::TempDir;
use tonic::body::Body;
use tonic::{Request, Status};
use tonic_web::GrpcWebClientLayer;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, Layer, Service, ServiceExt};

use super::case::Case;
use super::policy::{Principal, Rule};
use crate::support::{Server, batch};

type Wire = BoxCloneSyncService<http::Request<Body>, http::Response<Body>, Status>;
pub type Client = HubServiceClient<Wire>;

pub struct World {
    pub server: Server,
    pub grpc: Client,
    pub web: Client,
    pub http: reqwest::Client,
    /// Of somebody who may do everything, `~` segments included.
    pub root: Minted,
    /// Of nobody.
    pub forged: Minted,
    /// The cursor after each event.
    pub cursors: Vec<String>,
    _files: TempDir,
}

impl World {
    pub async fn new(principals: &[Principal], rules: &[Rule], topics: &[String]) -> Self {
        let (root, forged) = (Minted::new().unwrap(), Minted::new().unwrap());
        let files = TempDir::new().unwrap();
        let config = configured(&files, &root, principals, rules);
        let server = Server::on(Arc::new(Memory::default()), config).await;
        let origin = || format!("http://{}", server.address).parse().unwrap();
        let grpc = HubServiceClient::with_origin(wire(server.channel().await), origin());
        let legacy = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build_http();
        let web =
            HubServiceClient::with_origin(wire(GrpcWebClientLayer::new().layer(legacy)), origin());
        let http =
            reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let mut world =
            Self { server, grpc, web, http, root, forged, cursors: vec![], _files: files };
        world.cursors = world.publish_all(topics).await;
        world
    }

    /// Publishes an event to each topic, as somebody who may.
    pub async fn publish_all(&self, topics: &[String]) -> Vec<String> {
        let events = topics.iter().map(|topic| event(topic, "")).collect();
        let request = authorized(&self.root.token, batch(events));
        let answer = self.grpc.clone().publish(request).await.unwrap().into_inner();
        answer.results.into_iter().map(|result| result.cursor).collect()
    }

    /// What somebody shows.
    pub fn token<'a>(&'a self, case: &Case<'a>) -> Option<&'a str> {
        let own = case.who.token.as_ref();
        if case.forged { Some(&self.forged.token) } else { own.map(|minted| minted.token.as_str()) }
    }

    /// A call by somebody.
    pub fn shown<T>(&self, case: &Case<'_>, message: T) -> Request<T> {
        match self.token(case) {
            Some(token) => authorized(token, message),
            None => Request::new(message),
        }
    }

    /// The place that a case begins after; empty is the first.
    pub fn since(&self, case: &Case<'_>) -> String {
        case.since.map(|at| self.cursors[at].clone()).unwrap_or_default()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.address)
    }
}

/// An event that names its topic in its key too.
pub fn event(topic: &str, id: &str) -> v1::Event {
    v1::Event { topic: topic.into(), key: topic.into(), id: id.into(), ..Default::default() }
}

pub fn authorized<T>(token: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}

/// Whatever anybody asks for lies in one of these.
fn everything() -> Vec<String> {
    let (mut all, mut level) = (vec!["**".to_owned()], vec![String::new()]);
    for _ in 0..4 {
        let below = |path: &String| ["*", "~x", "~y"].map(|segment| format!("{path}{segment}/"));
        level = level.iter().flat_map(below).collect();
        all.extend(level.iter().map(|path| path.trim_end_matches('/').to_owned()));
        all.extend(level.iter().map(|path| format!("{path}**")));
    }
    all
}

fn configured(files: &TempDir, root: &Minted, principals: &[Principal], rules: &[Rule]) -> Config {
    let path = |name| files.path().join(name);
    let auth: String = principals.iter().map(Principal::entry).collect();
    let auth = format!("{auth}[[token]]\nname = 'root'\nsha256 = '{}'\n", root.hash);
    fs::write(path("auth.toml"), auth).unwrap();
    let everything = everything();
    let of_root = format!(
        "[[rule]]\nprincipals = ['token:root']\nallow = {{ publish = {everything:?}, read = {everything:?}, admin = true }}\n"
    );
    let rules: String = rules.iter().map(Rule::toml).collect();
    fs::write(path("policy.toml"), rules + &of_root).unwrap();
    Config {
        auth: Some(path("auth.toml")),
        policy: Some(path("policy.toml")),
        allowed_origins: vec!["https://app.example".parse().unwrap()],
        ..Config::default()
    }
}

fn wire<S, B>(service: S) -> Wire
where
    S: Service<http::Request<Body>, Response = http::Response<B>> + Clone + Send + Sync + 'static,
    S::Future: Send,
    S::Error: Into<BoxError> + 'static,
    B: hyper::body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let boxed = |response: http::Response<B>| response.map(Body::new);
    BoxCloneSyncService::new(
        service.map_response(boxed).map_err(|error| Status::from_error(error.into())),
    )
}
