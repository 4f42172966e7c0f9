//! Headers that are too large, too many, or never end.

use crate::Bystander;
use crate::raw::frame::{self, CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS};
use crate::raw::{SUBSCRIBE, hpack};

/// A field near the largest that the table of headers keeps.
fn heavy() -> String {
    "x".repeat(4000)
}

async fn is_cut_for(bytes: Vec<u8>) {
    let mut bystander = Bystander::new().await;
    let peer = bystander.peer().await;
    bystander.sees_cut(peer, &bytes).await;
}

#[tokio::test]
async fn headers_that_go_on_and_on_end_their_connection() {
    let mut bytes = frame::frame(HEADERS, 0, 1, &hpack::call(SUBSCRIBE));
    for _ in 0..1024 {
        bytes.extend(frame::frame(CONTINUATION, 0, 1, &hpack::block(&[("a", "b")])));
    }
    is_cut_for(bytes).await;
}

#[tokio::test]
async fn empty_continuations_that_never_end_cut_their_connection() {
    let mut bytes = frame::frame(HEADERS, 0, 1, &[]);
    bytes.extend((0..1024).flat_map(|_| frame::frame(CONTINUATION, 0, 1, &[])));
    is_cut_for(bytes).await;
}

#[tokio::test]
async fn a_header_bomb_ends_its_connection() {
    // 12 KB on the wire that would be 48 MB of headers.
    let mut block = [hpack::call(SUBSCRIBE), hpack::indexed("bomb", &heavy())].concat();
    block.extend([hpack::NEWEST; 12_000]);
    is_cut_for(frame::frame(HEADERS, END_HEADERS | END_STREAM, 1, &block)).await;
}

#[tokio::test]
async fn calls_whose_headers_are_a_little_too_large_are_refused_and_many_of_them_end_their_connection()
 {
    let fuse = [hpack::call(SUBSCRIBE), hpack::indexed("bomb", &heavy())].concat();
    let mut bytes = frame::frame(HEADERS, END_HEADERS | END_STREAM, 1, &fuse);
    let block = [hpack::call(SUBSCRIBE), vec![hpack::NEWEST; 6]].concat();
    for nth in 1..20_000 {
        bytes.extend(frame::frame(HEADERS, END_HEADERS | END_STREAM, 2 * nth + 1, &block));
    }
    is_cut_for(bytes).await;
}

#[tokio::test]
async fn a_frame_larger_than_was_agreed_ends_its_connection() {
    is_cut_for(frame::head(1 << 20, DATA, 0, 1).to_vec()).await;
    is_cut_for(frame::head((16 << 10) + 1, HEADERS, END_HEADERS, 1).to_vec()).await;
}

#[tokio::test]
async fn the_limit_on_headers_holds_before_the_peer_has_agreed_to_it() {
    let mut bystander = Bystander::new().await;
    let mut peer = crate::raw::Raw::dial(bystander.server.address).await.unwrap();
    let begun = [frame::PREFACE, &frame::settings(&[])].concat();
    peer.write.send(&begun).await.unwrap();
    let mut block = [hpack::call(SUBSCRIBE), hpack::indexed("bomb", &heavy())].concat();
    block.extend([hpack::NEWEST; 100]);
    let bomb = frame::frame(HEADERS, END_HEADERS | END_STREAM, 1, &block);
    bystander.sees_cut(peer, &bomb).await;
}
