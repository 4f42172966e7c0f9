//! Who may ask: hosts that are the hub's, pages that are its own or allowed.

use std::sync::Arc;

use hintwire::backlog::memory::Memory;
use hintwire::config::Config;
use reqwest::{Client, Method, Response};

use crate::ask::{Hub, problem};
use crate::support::Server;

const APP: &str = "https://app.example";

/// A hub that is also `hub.example`, and whose data pages of [`APP`] may use.
async fn listing() -> Hub {
    let config = Config {
        allowed_hosts: vec!["hub.example".parse().unwrap()],
        allowed_origins: vec![APP.parse().unwrap()],
        ..Config::default()
    };
    Hub { server: Server::on(Arc::new(Memory::default()), config).await, http: Client::new() }
}

async fn ask(hub: &Hub, method: Method, headers: &[(&'static str, &str)]) -> Response {
    let mut request = hub.http.request(method, hub.url("/v1/topics?topic=**"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

async fn get(hub: &Hub, headers: &[(&'static str, &str)]) -> Response {
    ask(hub, Method::GET, headers).await
}

#[tokio::test]
async fn a_host_is_an_address_localhost_or_listed_and_a_rebound_name_is_refused() {
    let (plain, listing) = (Hub::start().await, listing().await);
    for host in ["127.0.0.1", "192.0.2.1:80", "[::1]:7450", "localhost:7450", "LocalHost"] {
        assert_eq!(get(&plain, &[("host", host)]).await.status(), 200, "{host}");
    }
    for host in ["evil.example", "hub.example", "localhost.evil.example", "127.0.0.1.evil.example"]
    {
        let refused = problem(get(&plain, &[("host", host)]).await, 421).await;
        assert_eq!(refused["reason"], "FOREIGN_HOST", "{host}");
    }
    for (host, status) in [("Hub.example:8080", 200), ("evil.example", 421)] {
        assert_eq!(get(&listing, &[("host", host)]).await.status(), status, "{host}");
    }
    let refused = problem(get(&plain, &[("host", "a@b")]).await, 400).await;
    assert_eq!(refused["reason"], "BAD_HOST");
}

#[tokio::test]
async fn health_and_unknown_paths_check_the_host_as_well() {
    let hub = Hub::start().await;
    for path in ["/healthz", "/readyz", "/v1/openapi.json", "/nothing"] {
        let asked = hub.http.get(hub.url(path)).header("host", "evil.example");
        assert_eq!(problem(asked.send().await.unwrap(), 421).await["reason"], "FOREIGN_HOST");
    }
}

#[tokio::test]
async fn a_page_of_another_origin_is_refused_whatever_it_asks() {
    let (plain, listing) = (Hub::start().await, listing().await);
    let foreign: [&[(&str, &str)]; 6] = [
        &[("origin", "https://evil.example")],
        &[("origin", "http://localhost:3000")],
        &[("origin", "null")],
        &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")],
        &[
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "iframe"),
        ],
        &[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")],
    ];
    for hub in [&plain, &listing] {
        for headers in foreign {
            for method in [Method::GET, Method::POST, Method::OPTIONS] {
                let answer = ask(hub, method, headers).await;
                assert_eq!(answer.headers().get("access-control-allow-origin"), None);
                let refused = problem(answer, 403).await;
                assert_eq!(refused["reason"], "FOREIGN_ORIGIN", "{headers:?}");
            }
        }
    }
    assert_eq!(get(&plain, &[("origin", APP)]).await.status(), 403);
}

#[tokio::test]
async fn its_own_pages_links_and_what_is_no_browser_pass() {
    let hub = Hub::start().await;
    let own = format!("http://{}", hub.server.address);
    let own: [&[(&str, &str)]; 5] = [
        &[],
        &[("origin", &own)],
        &[("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors")],
        &[("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate")],
        &[
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
        ],
    ];
    for headers in own {
        let answer = get(&hub, headers).await;
        assert_eq!(answer.status(), 200, "{headers:?}");
        assert_eq!(answer.headers().get("vary"), None);
    }
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_reads_and_is_told_what_it_may_send() {
    let hub = listing().await;
    let answer = get(&hub, &[("origin", APP), ("sec-fetch-site", "cross-site")]).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["access-control-allow-origin"], APP);
    assert_eq!(answer.headers()["vary"], "origin");
    let read = answer.headers()["access-control-expose-headers"].to_str().unwrap().to_owned();
    for name in ["etag", "hintwire-next-cursor", "retry-after", "grpc-status-details-bin"] {
        assert!(read.split(',').any(|read| read == name), "{name} in {read}");
    }
    let preflight = [("origin", APP), ("access-control-request-method", "POST")];
    let answer = ask(&hub, Method::OPTIONS, &preflight).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["access-control-allow-methods"], "GET,HEAD,POST");
    assert_eq!(answer.headers()["access-control-max-age"], "7200");
    let sent = answer.headers()["access-control-allow-headers"].to_str().unwrap().to_owned();
    for name in ["authorization", "content-type", "if-none-match", "last-event-id", "x-grpc-web"] {
        assert!(sent.split(',').any(|sent| sent == name), "{name} in {sent}");
    }
    assert_eq!(get(&hub, &[]).await.headers()["vary"], "origin", "a cache may not mix them up");
}
