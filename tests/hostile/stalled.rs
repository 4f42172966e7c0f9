//! Peers that stop reading.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hintwire::backlog::memory::Memory;
use hintwire::config::Config;
use hintwire::v1;
use prost::Message;

use crate::raw::frame::{self, DATA, END_STREAM, Frame, HEADERS, INITIAL_WINDOW_SIZE};
use crate::raw::{FETCH, PUBLISH, Raw, SUBSCRIBE, call, patterns};
use crate::support::{Server, batch, event};
use crate::wire::{PIPE, Piped};

const MOST: u32 = (1 << 31) - 1;
const STREAMS: u32 = 100;
const ROUNDS: u32 = 60;

fn message<M: Message + Default>(frame: &Frame) -> M {
    const PREFIX: usize = 5;
    M::decode(&frame.payload[PREFIX..]).unwrap()
}

/// Publishes one event and returns its cursor.
async fn publish(peer: &mut Raw, stream: u32) -> String {
    let request = batch(vec![event("a", "x")]).encode_to_vec();
    peer.write.call(stream, PUBLISH, &request).await.unwrap();
    let reply = peer.read.next_of(DATA).await.unwrap();
    message::<v1::PublishResponse>(&reply).results.remove(0).cursor
}

#[tokio::test]
async fn a_peer_that_stops_reading_keeps_few_messages_and_then_gets_the_newest() {
    let hub = Piped::start(Config::default());
    let mut peer = hub.open(&[(INITIAL_WINDOW_SIZE, MOST)]).await;
    for nth in 0..STREAMS {
        peer.write.call(2 * nth + 1, SUBSCRIBE, &patterns("a")).await.unwrap();
        peer.read.next_of(DATA).await.unwrap();
    }
    // From here on it does not read, while others see everything that is published.
    let mut publisher = hub.open(&[]).await;
    let mut reader = hub.open(&[]).await;
    reader.write.call(1, SUBSCRIBE, &patterns("a")).await.unwrap();
    reader.read.next_of(DATA).await.unwrap();
    let mut newest = String::new();
    for round in 0..ROUNDS {
        newest = publish(&mut publisher, 2 * round + 1).await;
        let hint: v1::SubscribeResponse = message(&reader.read.next_of(DATA).await.unwrap());
        assert_eq!(hint.cursor, newest);
    }
    let (mut behind, mut told) = ((0..STREAMS).collect::<BTreeSet<_>>(), 0);
    while !behind.is_empty() {
        let frame = peer.read.next_of(DATA).await.expect("the connection was closed");
        told += 1;
        if message::<v1::SubscribeResponse>(&frame).cursor == newest {
            behind.remove(&(frame.stream / 2));
        }
    }
    // What the pipe holds, what hyper had begun to write, and for each stream what waits and the newest.
    const HINT: usize = 80;
    let most = 2 * PIPE / HINT + 3 * STREAMS as usize;
    assert!(told <= most, "{told} hints of {} were kept for it", STREAMS * ROUNDS);
}

#[tokio::test]
async fn pages_that_nobody_reads_are_not_made_beyond_a_bound_and_the_rest_is_refused() {
    const FETCHES: u32 = 60;
    let config = Config::default();
    let server = Server::on(Arc::new(Memory::default()), config).await;
    let megabyte = "x".repeat(1_000_000);
    server.client().await.publish(batch(vec![event("a", &megabyte)])).await.unwrap();

    let mut peer = Raw::open(server.address, &[(INITIAL_WINDOW_SIZE, 0)]).await.unwrap();
    tokio::time::pause();
    for nth in 0..FETCHES {
        peer.write.call(2 * nth + 1, FETCH, &patterns("a")).await.unwrap();
    }
    // A page has headers and then, the window being shut, no data; a refusal is headers alone.
    let mut refused = BTreeMap::new();
    while refused.len() < FETCHES as usize {
        let frame = peer.read.next_of(HEADERS).await.expect("the connection was closed");
        refused.insert(frame.stream, frame.flags & END_STREAM != 0);
    }
    let made = refused.values().filter(|refused| !**refused).count();
    let fit = hintwire::limits::UNREAD_BYTES / 1_000_000;
    assert!((fit..=fit + 2).contains(&made), "{made} pages were made");

    // Who reads gets what was made, and can fetch again.
    peer.write.send(&frame::settings(&[(INITIAL_WINDOW_SIZE, MOST)])).await.unwrap();
    peer.write.send(&call(1001, FETCH, &patterns("a"))).await.unwrap();
    let mut ended = 0;
    while ended < made + 1 {
        let frame = peer.read.next().await.expect("the connection was closed");
        ended += usize::from(frame.kind == HEADERS && frame.flags & END_STREAM != 0);
    }
}
