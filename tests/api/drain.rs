use std::sync::Arc;

use hintwire::backlog::memory::Memory;
use hintwire::config::Config;
use hintwire::v1;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::gate::Gate;
use crate::support::{Server, batch, event, fetch};

#[tokio::test]
async fn a_publish_in_flight_is_finished_before_the_hub_stops() {
    let (gate, mut arrived) = Gate::new();
    let server = Server::on(gate.clone(), Config::default()).await;
    let mut client = server.client().await;
    let publishing = tokio::spawn(async move { client.publish(batch(vec![event("a", "")])).await });
    let waiting = arrived.recv().await.unwrap();
    server.shut_down();
    waiting.pass(&gate).await;
    assert!(publishing.await.unwrap().is_ok());
    server.stopped().await.unwrap();
}

#[tokio::test]
async fn what_does_not_end_in_time_is_cut_and_the_hub_stops() {
    let (gate, mut arrived) = Gate::new();
    let server = Server::on(gate, Config::default()).await;
    let mut client = server.client().await;
    let publishing = tokio::spawn(async move { client.publish(batch(vec![event("a", "")])).await });
    let _held = arrived.recv().await.unwrap();
    tokio::time::pause();
    server.shut_down();
    server.stopped().await.unwrap();
    assert!(publishing.await.unwrap().is_err());
}

#[tokio::test]
async fn a_long_poll_is_answered_when_the_hub_stops() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let wait = Some(prost_types::Duration { seconds: 60, nanos: 0 });
    let request = v1::FetchRequest { wait, ..fetch("a", "") };
    let polling = tokio::spawn(async move { client.fetch(request).await });
    tokio::task::yield_now().await;
    server.shut_down();
    // Either it was in time to wait, and is answered, or it came too late, and is refused; it never hangs.
    let _ = polling.await.unwrap();
    server.stopped().await.unwrap();
}

#[tokio::test]
async fn a_peer_that_connects_and_says_nothing_does_not_delay_the_end() {
    let server = Server::start().await;
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    // Another connection's call shows that the silent one was accepted before.
    server.client().await.get_hub(v1::GetHubRequest {}).await.unwrap();
    server.shut_down();
    server.stopped().await.unwrap();
    assert_eq!(silent.read(&mut [0]).await.unwrap_or(0), 0);
}

#[tokio::test]
async fn what_is_not_http_is_told_so_and_disconnected() {
    let server = Server::start().await;
    let mut peer = TcpStream::connect(server.address).await.unwrap();
    peer.write_all(b"SSH-2.0-OpenSSH_9.2\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    peer.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer}");
}

#[tokio::test]
async fn connections_over_the_limit_are_closed_and_those_within_go_on() {
    let config = Config { connections: 1, ..Config::default() };
    let server = Server::on(Arc::new(Memory::default()), config).await;
    let mut client = server.client().await;
    client.get_hub(v1::GetHubRequest {}).await.unwrap();
    let mut second = TcpStream::connect(server.address).await.unwrap();
    assert_eq!(second.read(&mut [0; 64]).await.unwrap_or(0), 0);
    client.get_hub(v1::GetHubRequest {}).await.unwrap();
}

#[tokio::test]
async fn a_hub_that_comes_back_has_what_it_answered_under_the_same_cursors() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config { data: folder.path().join("hub"), ..Config::default() };
    let mut seen = Vec::new();
    for _ in 0..2 {
        let backlog = hintwire::server::open_backlog(&config).unwrap();
        let server = Server::on(backlog, config.clone()).await;
        let mut client = server.client().await;
        if seen.is_empty() {
            client.publish(batch(vec![event("a", "x"), event("b", "y")])).await.unwrap();
        }
        seen.push(client.fetch(fetch("**", "")).await.unwrap().into_inner().events);
        drop(client);
        server.shut_down();
        server.stopped().await.unwrap();
    }
    assert_eq!(seen[0].len(), 2);
    assert_eq!(seen[0], seen[1]);
}
