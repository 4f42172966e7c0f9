//! Long polls over HTTP.

use std::sync::Arc;
use std::time::Duration;

use hintwire::config::Config;
use hintwire::v1;
use reqwest::{Client, Response};
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::ask::{Hub, header};
use crate::support::gate::Gate;
use crate::support::{Server, batch, event};

/// Looks at what is newest until a poll waits: one before it is registered, one after.
const LOOKS: usize = 2;

/// A poll that is registered and waits.
async fn waiting(hub: &Hub, gate: &Gate, path: &str, tag: &str) -> JoinHandle<Response> {
    let looks = gate.looks();
    let ask = hub.http.get(hub.url(path)).header("if-none-match", tag);
    let poll = tokio::spawn(async move { ask.send().await.unwrap() });
    gate.looked(looks + LOOKS).await;
    poll
}

async fn answered(poll: JoinHandle<Response>) -> Response {
    timeout(Duration::from_secs(30), poll).await.expect("no answer").unwrap()
}

async fn gated() -> (Arc<Gate>, Hub) {
    let gate = Gate::open();
    (gate.clone(), Hub::on(gate).await)
}

#[tokio::test]
async fn a_wait_ends_with_the_event_that_it_waits_for_and_not_with_others() {
    let (gate, hub) = gated().await;
    let first = hub.publish("a", "1").await;
    for tag in ["", "the one of the poll"] {
        let path = format!("/v1/events?topic=a&type=wanted&since={first}");
        let quiet = hub.get(&path).await;
        let since = header(&quiet, "hintwire-next-cursor").to_owned();
        let path = format!("/v1/events?topic=a&type=wanted&since={since}&wait=60s");
        let tail = hub.get(&path.replace("60s", "1ms")).await;
        let tag = if tag.is_empty() { tag } else { header(&tail, "etag") };
        let poll = waiting(&hub, &gate, &path, tag).await;
        hub.publish("elsewhere", "x").await;
        hub.publish("a", "of another type").await;
        let wanted = v1::Event { r#type: "wanted".into(), ..event("a", "2") };
        let published = hub.server.client().await.publish(batch(vec![wanted])).await.unwrap();
        let answer = answered(poll).await;
        assert_eq!(answer.status(), 200);
        let page: Value = answer.json().await.unwrap();
        assert_eq!(page["events"].as_array().unwrap().len(), 1);
        assert_eq!(page["events"][0]["cursor"], published.into_inner().results[0].cursor);
    }
}

#[tokio::test]
async fn what_a_filter_leaves_out_is_no_answer_to_a_wait_though_it_is_new() {
    let hub = Hub::start().await;
    let first = hub.publish("a", "1").await;
    let last = hub.publish("a", "of another type").await;
    let path = format!("/v1/events?topic=a&type=wanted&since={first}&wait=1ms");
    let none = hub.get(&path).await;
    assert_eq!((none.status().as_u16(), header(&none, "hintwire-next-cursor")), (204, &*last));
}

#[tokio::test]
async fn a_wait_in_vain_ends_with_204_or_with_304_for_who_holds_the_tag_and_says_where_to_go_on() {
    let hub = Hub::start().await;
    hub.publish("a", "1").await;
    let head = hub.publish("elsewhere", "x").await;
    let poll = format!("/v1/events?topic=a&since={head}&wait=1ms");
    let none = hub.get(&poll).await;
    assert_eq!((none.status().as_u16(), header(&none, "hintwire-next-cursor")), (204, &*head));
    assert_eq!(header(&none, "cache-control"), "no-store");
    let same = hub.get_holding(&poll, header(&none, "etag")).await;
    assert_eq!((same.status().as_u16(), header(&same, "hintwire-next-cursor")), (304, &*head));
    assert_eq!(none.bytes().await.unwrap().len(), 0);
}

#[tokio::test]
async fn who_holds_a_page_waits_for_another() {
    let (gate, hub) = gated().await;
    let first = hub.publish("a", "1").await;
    hub.publish("a", "2").await;
    let path = format!("/v1/events?topic=a&since={first}&wait=60s");
    let page = hub.get(&path).await;
    let poll = waiting(&hub, &gate, &path, header(&page, "etag")).await;
    hub.publish("a", "3").await;
    let page: Value = answered(poll).await.json().await.unwrap();
    assert_eq!(page["events"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_is_there_already_is_not_waited_for() {
    let hub = Hub::start().await;
    hub.publish("a", "1").await;
    let page = hub.json("/v1/events?topic=a&wait=60s").await;
    assert_eq!(page["events"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_drain_ends_waits() {
    let (gate, hub) = gated().await;
    let head = hub.publish("a", "1").await;
    let path = format!("/v1/events?topic=a&since={head}&wait=60s");
    let poll = waiting(&hub, &gate, &path, "").await;
    hub.server.shut_down();
    let answer = answered(poll).await;
    assert_eq!((answer.status().as_u16(), header(&answer, "hintwire-next-cursor")), (204, &*head));
    hub.server.stopped().await.unwrap();
}

#[tokio::test]
async fn retention_that_passes_a_waiting_cursor_is_told_with_the_next_news() {
    use hintwire::backlog::Backlog;
    use hintwire::cursor::Cursor;
    let (gate, hub) = gated().await;
    let head = hub.publish("a", "1").await;
    let poll = waiting(&hub, &gate, &format!("/v1/events?topic=a&since={head}&wait=60s"), "").await;
    let passed: Cursor = hub.publish("elsewhere", "2").await.parse().unwrap();
    gate.trim(passed.position).await.unwrap();
    hub.publish("a", "3").await;
    assert_eq!(crate::ask::problem(answered(poll).await, 410).await["reason"], "CURSOR_TRIMMED");
}

#[tokio::test]
async fn a_client_that_leaves_its_wait_is_forgotten() {
    let gate = Gate::open();
    let config = Config { connections: 1, ..Config::default() };
    let server = Server::on(gate.clone(), config).await;
    let hub = Hub { server, http: Client::new() };
    let path = "/v1/events?topic=a&from_start=latest&wait=60s";
    let poll = waiting(&hub, &gate, path, "").await;
    poll.abort();
    // There is room for one connection: another is served once the hub has let go of the first.
    let other = async {
        let other = Client::new();
        while other.get(hub.url("/v1/events?topic=a")).send().await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(30), other).await.expect("the first is still there");
}
