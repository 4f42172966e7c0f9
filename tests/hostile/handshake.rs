//! Peers that do not finish connecting: one deadline over all of it.

use tokio::time::{Instant, pause};

use crate::Bystander;
use crate::raw::frame::{self, PREFACE};
use crate::raw::{GET_HUB, Raw, call};

/// The peer says this much at once and no more; its connection ends at the deadline, in virtual time.
async fn is_cut_after(said: &[u8]) {
    let bystander = Bystander::new().await;
    let mut peer = Raw::dial(bystander.server.address).await.unwrap();
    peer.write.send(said).await.unwrap();
    pause();
    let began = Instant::now();
    tokio::time::timeout(super::PATIENCE, peer.read.closed()).await.expect("it was not closed");
    assert!(began.elapsed() <= hintwire::limits::HANDSHAKE + std::time::Duration::from_secs(1));
}

#[tokio::test]
async fn a_peer_that_says_nothing_is_disconnected_at_the_deadline() {
    is_cut_after(&[]).await;
}

#[tokio::test]
async fn half_a_preface_is_disconnected_at_the_deadline() {
    is_cut_after(&PREFACE[..12]).await;
}

#[tokio::test]
async fn a_preface_without_settings_is_disconnected_at_the_deadline() {
    is_cut_after(PREFACE).await;
}

#[tokio::test]
async fn settings_that_do_not_end_are_disconnected_at_the_deadline() {
    let settings = frame::settings(&[(frame::INITIAL_WINDOW_SIZE, 1), (3, 1)]);
    is_cut_after(&[PREFACE, &settings[..settings.len() - 1]].concat()).await;
}

#[tokio::test]
async fn a_preface_that_trickles_in_is_disconnected_at_the_deadline() {
    let bystander = Bystander::new().await;
    let Raw { mut read, mut write } = Raw::dial(bystander.server.address).await.unwrap();
    pause();
    let began = Instant::now();
    let trickle = async {
        let mut ticks = tokio::time::interval(std::time::Duration::from_secs(1));
        for byte in PREFACE {
            ticks.tick().await;
            let _ = write.send(&[*byte]).await;
        }
    };
    tokio::join!(trickle, read.closed());
    assert!(began.elapsed() <= std::time::Duration::from_secs(24));
}

#[tokio::test]
async fn what_does_not_begin_as_http_does_is_disconnected_at_once() {
    let mut bystander = Bystander::new().await;
    for said in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS hello"[..],
        &[PREFACE, &frame::ping(0), &frame::settings(&[])].concat(),
        &[PREFACE, &frame::settings_ack()].concat(),
        &[PREFACE, &frame::head(1 << 20, frame::SETTINGS, 0, 0)].concat(),
    ] {
        let peer = Raw::dial(bystander.server.address).await.unwrap();
        bystander.sees_cut(peer, said).await;
    }
}

#[tokio::test]
async fn a_peer_that_is_slow_but_in_time_is_served() {
    let bystander = Bystander::new().await;
    let mut peer = Raw::dial(bystander.server.address).await.unwrap();
    for byte in [PREFACE, &frame::settings(&[(3, 100)])].concat() {
        peer.write.send(&[byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
    peer.write.send(&call(1, GET_HUB, &[])).await.unwrap();
    assert!(peer.read.next_of(frame::DATA).await.is_some());
}
