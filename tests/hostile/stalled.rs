//! Peers that stop reading.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hintwire::backlog::memory::Memory;
use hintwire::config::Config;
use hintwire::v1;
use prost::Message;

use crate::raw::frame::{self, DATA, END_STREAM, Frame, HEADERS, INITIAL_WINDOW_SIZE};
use crate::raw::{FETCH, FETCH_STREAM, PUBLISH, Raw, SUBSCRIBE, call, patterns};
use crate::support::{Server, batch, event};
use crate::wire::{PIPE, Piped};

const MOST: u32 = (1 << 31) - 1;
const STREAMS: u32 = 100;
const ROUNDS: u32 = 60;
const FETCHES: u32 = 60;
const MEGABYTE: usize = 1_000_000;

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

/// A hub with one event of a megabyte, of which so many fit into what a connection may leave unread.
async fn with_a_large_event() -> (Server, usize) {
    let server = Server::on(Arc::new(Memory::default()), Config::default()).await;
    let megabyte = "x".repeat(MEGABYTE);
    server.client().await.publish(batch(vec![event("a", &megabyte)])).await.unwrap();
    (server, hintwire::limits::UNREAD_BYTES / MEGABYTE)
}

#[tokio::test]
async fn pages_that_nobody_reads_are_not_made_beyond_a_bound_and_the_rest_is_refused() {
    let (server, fit) = with_a_large_event().await;
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

#[tokio::test]
async fn nor_are_they_in_streams_of_fetches_where_a_refusal_is_an_answer() {
    const LAST: u32 = 1001;
    let (server, fit) = with_a_large_event().await;
    let mut peer = Raw::open(server.address, &[(INITIAL_WINDOW_SIZE, 1)]).await.unwrap();
    tokio::time::pause();
    let topics = vec!["a".to_owned()];
    let request = Some(v1::FetchRequest { topics, ..Default::default() });
    let request = v1::FetchStreamRequest { request }.encode_to_vec();
    for nth in 0..FETCHES {
        peer.write.call(2 * nth + 1, FETCH_STREAM, &request).await.unwrap();
    }
    // When a call that came after them has waited in vain, they have, too.
    peer.write.call(LAST, FETCH, &patterns("a")).await.unwrap();
    let mut bytes = BTreeMap::<u32, usize>::new();
    while let Some(frame) = peer.read.next().await {
        if frame.kind == DATA {
            *bytes.entry(frame.stream).or_default() += frame.payload.len();
        }
        if frame.stream == LAST && frame.flags & END_STREAM != 0 {
            break;
        }
    }
    peer.write.send(&frame::settings(&[(INITIAL_WINDOW_SIZE, MOST)])).await.unwrap();
    let mut ended = 0;
    while ended < FETCHES {
        let frame = peer.read.next().await.expect("the connection was closed");
        if frame.kind == DATA {
            *bytes.entry(frame.stream).or_default() += frame.payload.len();
        }
        ended += u32::from(frame.kind == HEADERS && frame.flags & END_STREAM != 0);
    }
    let made = bytes.values().filter(|bytes| **bytes > MEGABYTE).count();
    assert!((fit..=fit + 2).contains(&made), "{made} pages were made");
    assert_eq!(bytes.len(), FETCHES as usize, "each is answered");
}
