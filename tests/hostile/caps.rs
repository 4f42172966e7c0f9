//! Caps refuse politely, and let in again.

use std::sync::Arc;

use hintwire::backlog::memory::Memory;
use hintwire::config::Config;
use hintwire::limits::STAR_SHAPES;
use hintwire::v1;
use tokio::net::TcpSocket;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::Bystander;
use crate::raw::frame::DATA;
use crate::raw::{GET_HUB, Raw, call};
use crate::support::{Client, Server, info, subscribe};
use crate::wire::Piped;

async fn server(config: Config) -> Server {
    Server::on(Arc::new(Memory::default()), config).await
}

/// Refused for a cap, with advice when to come again.
fn is_polite(refused: &Status) {
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert_eq!(info(refused).reason, "LIMIT_REACHED");
    let retry = refused.get_details_retry_info().and_then(|retry| retry.retry_delay);
    assert!(retry.is_some_and(|delay| !delay.is_zero()), "{refused:?}");
}

#[tokio::test]
async fn calls_over_the_cap_of_their_connection_are_refused_and_an_ended_one_makes_room() {
    let server = server(Config { connection_calls: 2, ..Config::default() }).await;
    let (mut client, mut other) = (server.client().await, server.client().await);
    let mut open = Vec::new();
    for pattern in ["a", "b"] {
        let mut hints = client.subscribe(subscribe(pattern, "")).await.unwrap().into_inner();
        hints.message().await.unwrap().unwrap();
        open.push(hints);
    }
    is_polite(&client.subscribe(subscribe("c", "")).await.unwrap_err());
    is_polite(&client.get_hub(v1::GetHubRequest {}).await.unwrap_err());
    assert!(other.subscribe(subscribe("c", "")).await.is_ok());
    drop(open.pop());
    while let Err(refused) = client.get_hub(v1::GetHubRequest {}).await {
        is_polite(&refused);
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn streams_over_the_cap_of_the_hub_are_told_when_to_come_again() {
    let server = server(Config { streams: 1, ..Config::default() }).await;
    let mut client = server.client().await;
    let _open = client.subscribe(subscribe("a", "")).await.unwrap();
    is_polite(&client.subscribe(subscribe("b", "")).await.unwrap_err());
}

#[tokio::test]
async fn an_address_over_its_cap_of_connections_is_cut_and_another_is_served() {
    let server = server(Config { connections_per_peer: 1, ..Config::default() }).await;
    let mut first = Raw::open(server.address, &[]).await.unwrap();
    first.write.send(&call(1, GET_HUB, &[])).await.unwrap();
    first.read.next_of(DATA).await.unwrap();
    Raw::dial(server.address).await.unwrap().read.closed().await;

    let elsewhere = TcpSocket::new_v4().unwrap();
    elsewhere.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let elsewhere = elsewhere.connect(server.address).await.unwrap();
    let mut elsewhere = Raw::on(elsewhere).begin(&[]).await.unwrap();
    elsewhere.write.send(&call(1, GET_HUB, &[])).await.unwrap();
    assert!(elsewhere.read.next_of(DATA).await.is_some());

    drop(first);
    while !is_served(&server).await {
        tokio::task::yield_now().await;
    }
}

async fn is_served(server: &Server) -> bool {
    let Ok(channel) = server.connect().await else { return false };
    Client::new(channel).get_hub(v1::GetHubRequest {}).await.is_ok()
}

/// Patterns with stars in so many different ways.
fn odd(count: usize) -> Vec<String> {
    let segment = |bits: usize, at: usize| if bits >> at & 1 == 1 { "*" } else { "x" };
    let pattern = |bits| (0..10).map(|at| segment(bits, at)).collect::<Vec<_>>().join("/");
    (1..=count).map(pattern).collect()
}

#[tokio::test]
async fn patterns_with_stars_in_very_many_ways_are_refused_and_ordinary_ones_go_on() {
    let bystander = Bystander::new().await;
    let mut client = bystander.client.clone();
    let too_many = v1::SubscribeRequest { topics: odd(STAR_SHAPES + 1), ..Default::default() };
    is_polite(&client.subscribe(too_many).await.unwrap_err());

    let all = v1::SubscribeRequest { topics: odd(STAR_SHAPES), ..Default::default() };
    let mut hints = client.subscribe(all).await.unwrap().into_inner();
    hints.message().await.unwrap().unwrap();
    is_polite(&client.subscribe(subscribe("*/*", "")).await.unwrap_err());
    let waiting = v1::FetchRequest {
        topics: vec!["*/*".into()],
        wait: Some(prost_types::Duration { seconds: 1, nanos: 0 }),
        ..Default::default()
    };
    is_polite(&client.fetch(waiting).await.unwrap_err());
    for ordinary in ["a", "a/b/c", "a/b/**", "**"] {
        client.subscribe(subscribe(ordinary, "")).await.unwrap();
    }
    // A shape that is in use already costs nothing more.
    client.subscribe(subscribe(&odd(3)[2], "")).await.unwrap();

    drop(hints);
    while let Err(refused) = client.subscribe(subscribe("*/*", "")).await {
        is_polite(&refused);
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn without_file_descriptors_the_hub_rests_between_tries_and_then_serves_whoever_waits() {
    const FAILURES: usize = 20;
    let hub = Piped::start(Config::default());
    let mut before = hub.open(&[]).await;
    before.write.send(&call(1, GET_HUB, &[])).await.unwrap();
    before.read.next_of(DATA).await.unwrap();

    hub.fail_accepts(FAILURES);
    let began = tokio::time::Instant::now();
    // The try under way succeeds; all after it fail for a while.
    let mut waiting = Vec::new();
    for _ in 0..2 {
        waiting.push(hub.open(&[]).await);
    }
    for peer in &mut waiting {
        peer.write.send(&call(1, GET_HUB, &[])).await.unwrap();
        peer.read.next_of(DATA).await.unwrap();
    }
    let rested = hintwire::limits::ACCEPT_PAUSE * FAILURES as u32;
    assert!(began.elapsed() >= rested, "it tried again without a rest");
    before.write.send(&call(3, GET_HUB, &[])).await.unwrap();
    assert!(before.read.next_of(DATA).await.is_some());
}
