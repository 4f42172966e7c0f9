//! Frames that lead to nothing.

use crate::Bystander;
use crate::raw::frame::{self, ACK, DATA, END_STREAM, PING};
use crate::raw::{GET_HUB, Raw, SUBSCRIBE, begin, call};

/// More than the hub puts up with; nothing follows, so it must have closed the connection because of these.
const TOO_MANY: u32 = 2_000;
/// The same for what might be asked for by calls that the hub has yet to see.
const FAR_TOO_MANY: u32 = 20_000;

fn times(frame: impl Fn(u32) -> Vec<u8>) -> Vec<u8> {
    (0..TOO_MANY).flat_map(frame).collect()
}

/// Of the nth call of a peer.
fn stream(nth: u32) -> u32 {
    2 * nth + 1
}

async fn is_cut_for(frames: Vec<u8>) {
    let mut bystander = Bystander::new().await;
    let peer = bystander.peer().await;
    bystander.sees_cut(peer, &frames).await;
}

#[tokio::test]
async fn a_flood_of_pings_ends_its_connection() {
    is_cut_for(times(|_| frame::ping(0))).await;
}

#[tokio::test]
async fn a_flood_of_answers_to_pings_that_were_never_sent_ends_its_connection() {
    is_cut_for(times(|_| frame::ping(ACK))).await;
}

#[tokio::test]
async fn a_flood_of_settings_ends_its_connection() {
    is_cut_for(times(|nth| frame::settings(&[(frame::INITIAL_WINDOW_SIZE, nth)]))).await;
}

#[tokio::test]
async fn a_flood_of_empty_data_ends_its_connection() {
    let data = times(|_| frame::frame(DATA, 0, 1, &[]));
    is_cut_for([begin(1, SUBSCRIBE), data].concat()).await;
}

#[tokio::test]
async fn a_flood_of_window_updates_ends_its_connection() {
    is_cut_for([begin(1, SUBSCRIBE), times(|_| frame::window_update(1, 1))].concat()).await;
}

#[tokio::test]
async fn a_flood_of_priorities_ends_its_connection() {
    is_cut_for(times(|nth| frame::priority(stream(nth) + 2, 0))).await;
}

#[tokio::test]
async fn a_flood_of_frames_that_nobody_knows_ends_its_connection() {
    const GREASE: u8 = 0xf7;
    is_cut_for(times(|_| frame::frame(GREASE, 0, 0, b"grease"))).await;
}

#[tokio::test]
async fn a_flood_of_resets_of_one_stream_ends_its_connection() {
    let resets = (0..FAR_TOO_MANY).flat_map(|_| frame::reset(1));
    is_cut_for(begin(1, SUBSCRIBE).into_iter().chain(resets).collect()).await;
}

#[tokio::test]
async fn rapid_resets_end_their_connection() {
    let opened_and_reset =
        |nth| [begin(stream(nth), SUBSCRIBE), frame::reset(stream(nth))].concat();
    is_cut_for(times(opened_and_reset)).await;
}

#[tokio::test]
async fn rapid_resets_that_wait_for_the_call_to_begin_end_their_connection() {
    let mut bystander = Bystander::new().await;
    let mut peer = bystander.peer().await;
    let mut alive = true;
    for nth in 0..TOO_MANY {
        // The answer to a ping shows that the hub has taken the call before it is reset.
        let opened = [begin(stream(nth), SUBSCRIBE), frame::ping(0)].concat();
        alive = peer.write.send(&opened).await.is_ok();
        alive = alive && peer.read.next_of(PING).await.is_some();
        if !alive || peer.write.send(&frame::reset(stream(nth))).await.is_err() {
            break;
        }
    }
    assert!(!alive, "{TOO_MANY} calls were begun and reset");
    bystander.goes_on().await;
}

#[tokio::test]
async fn made_you_reset_ends_its_connection() {
    // A window update of nothing is an error of its stream, which the hub must reset.
    let made = |nth| [begin(stream(nth), SUBSCRIBE), frame::window_update(stream(nth), 0)].concat();
    is_cut_for(times(made)).await;
}

#[tokio::test]
async fn what_a_busy_but_honest_peer_says_does_not_end_its_connection() {
    let mut bystander = Bystander::new().await;
    let mut peer = bystander.peer().await;
    for nth in 0..TOO_MANY {
        let asked = [call(stream(nth), GET_HUB, &[]), frame::window_update(0, 100), frame::ping(0)];
        peer.write.send(&asked.concat()).await.unwrap();
        while !peer.read.next().await.expect("the connection was closed").ends() {}
    }
    bystander.goes_on().await;
}

#[tokio::test]
async fn very_many_streams_may_be_opened_at_once() {
    let bystander = Bystander::new().await;
    let Raw { mut read, mut write } = bystander.peer().await;
    let asked = times(|nth| call(stream(nth), SUBSCRIBE, &crate::raw::patterns("a")));
    let confirmed = async {
        for _ in 0..TOO_MANY {
            read.next_of(DATA).await.expect("the connection was closed");
        }
    };
    let (sent, ()) = tokio::join!(write.send(&asked), confirmed);
    sent.unwrap();
}

#[tokio::test]
async fn streams_that_were_served_may_all_be_left_at_once() {
    let mut bystander = Bystander::new().await;
    let mut peer = bystander.peer().await;
    for nth in 0..TOO_MANY {
        let subscribe = call(stream(nth), SUBSCRIBE, &crate::raw::patterns("a"));
        peer.write.send(&subscribe).await.unwrap();
        peer.read.next_of(DATA).await.expect("the connection was closed");
    }
    peer.write.send(&times(|nth| frame::reset(stream(nth)))).await.unwrap();
    peer.write.send(&call(stream(TOO_MANY), GET_HUB, &[])).await.unwrap();
    loop {
        let frame = peer.read.next().await.expect("the connection was closed");
        if frame.stream == stream(TOO_MANY) && frame.flags & END_STREAM != 0 {
            break;
        }
    }
    bystander.goes_on().await;
}
