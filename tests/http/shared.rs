//! Equal polls share what is read, and nobody loses by it.

use std::sync::Arc;
use std::time::Duration;

use hintwire::backlog::{Backlog, ReadError};
use hintwire::cursor::Cursor;
use reqwest::{Client, Response};
use serde_json::Value;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use crate::ask::{Hub, problem};
use crate::support::gate::Gate;

/// A hub, and a client that asks all over one connection of HTTP/2.
async fn gated() -> (Arc<Gate>, Hub) {
    let gate = Gate::open();
    let hub = Hub::on(gate.clone()).await;
    let http = Client::builder().http2_prior_knowledge().build().unwrap();
    (gate, Hub { http, ..hub })
}

fn ask(hub: &Hub, path: &str) -> JoinHandle<Response> {
    let ask = hub.http.get(hub.url(path));
    tokio::spawn(async move { ask.send().await.unwrap() })
}

fn events(page: &Value) -> usize {
    page["events"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_thousand_equal_long_polls_cost_one_read() {
    const POLLS: usize = 1000;
    let (gate, hub) = gated().await;
    let head = hub.publish("a", "1").await;
    let path = format!("/v1/events?topic=a&since={head}&wait=60s");
    let before = gate.looks();
    let mut polls = JoinSet::new();
    for _ in 0..POLLS {
        polls.spawn(ask(&hub, &path));
    }
    // Each looks once before it is registered, and once after.
    gate.looked(before + 2 * POLLS).await;
    assert_eq!(gate.reads(), 0);
    let published = hub.publish("a", "2").await;
    let answers = timeout(Duration::from_secs(60), polls.join_all()).await.expect("no answer");
    for answer in answers {
        let page: Value = answer.unwrap().json().await.unwrap();
        assert_eq!((events(&page), page["next_cursor"].as_str()), (1, Some(&*published)));
    }
    // Head and advice may be a second old: it may have struck meanwhile.
    assert!((1..=2).contains(&gate.reads()), "{} reads", gate.reads());
}

#[tokio::test]
async fn whoever_asks_after_a_publish_was_acknowledged_sees_it_however_warm_the_pages() {
    let (_gate, hub) = gated().await;
    for published in 1..=200 {
        hub.publish("a", "x").await;
        for _ in 0..2 {
            let page = hub.json("/v1/events?topic=a&limit=1000").await;
            assert_eq!(events(&page), published);
        }
    }
}

#[tokio::test]
async fn requests_that_differ_share_nothing() {
    let (_gate, hub) = gated().await;
    let first = hub.publish("a", "12345678").await;
    hub.publish("a", "12345678").await;
    for (query, expected) in [
        ("topic=a".to_owned(), 2),
        ("topic=a&limit=1".to_owned(), 1),
        ("topic=a&max_bytes=1".to_owned(), 1),
        ("topic=b".to_owned(), 0),
        ("topic=a&type=t".to_owned(), 0),
        ("topic=a&attribute.k=v".to_owned(), 0),
        (format!("topic=a&since={first}"), 1),
    ] {
        assert_eq!(events(&hub.json(&format!("/v1/events?{query}")).await), expected, "{query}");
    }
    let page = hub.json("/v1/events?topic=a&omit_data=true").await;
    assert_eq!(page["events"][0]["data_base64"], Value::Null);
}

#[tokio::test]
async fn who_leaves_while_the_page_is_read_takes_it_from_nobody() {
    let (gate, hub) = gated().await;
    hub.publish("a", "1").await;
    gate.hold_reads(true);
    let reader = ask(&hub, "/v1/events?topic=a");
    gate.read_begun(1).await;
    let joiner = ask(&hub, "/v1/events?topic=a");
    gate.looked(2).await;
    reader.abort();
    // The one that waited takes over.
    gate.read_begun(2).await;
    gate.hold_reads(false);
    let answer = timeout(Duration::from_secs(30), joiner).await.expect("no answer").unwrap();
    assert_eq!(events(&answer.json().await.unwrap()), 1);
}

#[tokio::test]
async fn who_names_a_place_is_told_that_retention_passed_it_while_who_names_none_goes_on() {
    let (gate, hub) = gated().await;
    let mut places = Vec::new();
    for data in ["1", "2", "3"] {
        places.push(hub.publish("a", data).await.parse::<Cursor>().unwrap());
    }
    gate.trim(places[0].position).await.unwrap();
    gate.hold_reads(true);
    // Both begin at the trim point.
    let anywhere = ask(&hub, "/v1/events?topic=a");
    gate.read_begun(1).await;
    let named = ask(&hub, &format!("/v1/events?topic=a&since={}", places[0]));
    gate.looked(2).await;
    gate.trim(places[1].position).await.unwrap();
    gate.hold_reads(false);
    assert_eq!(events(&anywhere.await.unwrap().json().await.unwrap()), 1);
    assert_eq!(problem(named.await.unwrap(), 410).await["reason"], "CURSOR_TRIMMED");
}

#[tokio::test]
async fn a_read_that_fails_is_not_kept() {
    let (gate, hub) = gated().await;
    hub.publish("a", "1").await;
    let damaged = ReadError::Damaged { file: "f".into(), offset: 7, what: "w".into() };
    gate.fail_next_read(damaged);
    assert_eq!(hub.refusal("/v1/events?topic=a", 500).await["reason"], "BACKLOG_DAMAGED");
    assert_eq!(events(&hub.json("/v1/events?topic=a").await), 1);
}
