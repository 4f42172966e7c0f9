//! Windows that overflow, and windows that stay shut.

use crate::Bystander;
use crate::raw::frame::{self, DATA, END_STREAM, INITIAL_WINDOW_SIZE};
use crate::raw::{GET_HUB, Raw, SUBSCRIBE, call, patterns};
use crate::support::{batch, event};

const MOST: u32 = (1 << 31) - 1;

#[tokio::test]
async fn a_window_that_overflows_ends_its_connection() {
    let mut bystander = Bystander::new().await;
    let peer = bystander.peer().await;
    bystander.sees_cut(peer, &frame::window_update(0, MOST)).await;
    let peer = bystander.peer().await;
    let settings = frame::settings(&[(INITIAL_WINDOW_SIZE, MOST + 1)]);
    bystander.sees_cut(peer, &settings).await;
}

#[tokio::test]
async fn a_stream_whose_window_overflows_is_reset_and_its_connection_goes_on() {
    let bystander = Bystander::new().await;
    let mut peer = bystander.peer().await;
    let subscribe = call(1, SUBSCRIBE, &patterns("a"));
    let overflow = frame::window_update(1, MOST);
    peer.write.send(&[subscribe, overflow, call(3, GET_HUB, &[])].concat()).await.unwrap();
    let mut reset = false;
    loop {
        let frame = peer.read.next().await.expect("the connection was closed");
        reset |= frame.kind == frame::RST_STREAM && frame.stream == 1;
        if frame.stream == 3 && frame.flags & END_STREAM != 0 && frame.kind == frame::HEADERS {
            break;
        }
    }
    assert!(reset, "the overflow was let pass");
}

#[tokio::test]
async fn a_stream_with_a_shut_window_holds_up_nobody_and_catches_up_when_it_opens() {
    let mut bystander = Bystander::new().await;
    let mut peer = Raw::open(bystander.server.address, &[(INITIAL_WINDOW_SIZE, 0)]).await.unwrap();
    peer.write.call(1, SUBSCRIBE, &patterns("a")).await.unwrap();
    // Its headers need no window.
    peer.read.next_of(frame::HEADERS).await.unwrap();
    peer.write.call(3, SUBSCRIBE, &patterns("a")).await.unwrap();
    peer.write.send(&frame::window_update(3, MOST)).await.unwrap();
    assert_eq!(peer.read.next_of(DATA).await.unwrap().stream, 3);
    let mut newest = String::new();
    for _ in 0..100 {
        let published = bystander.client.publish(batch(vec![event("a", "x")])).await.unwrap();
        newest = published.into_inner().results.remove(0).cursor;
    }
    peer.write.send(&frame::window_update(1, MOST)).await.unwrap();
    loop {
        let hint = peer.read.next_of(DATA).await.expect("the connection was closed");
        if hint.stream == 1 && String::from_utf8_lossy(&hint.payload).contains(&newest) {
            break;
        }
    }
}
