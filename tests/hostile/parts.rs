//! Requests that never come to their end.

use hintwire::limits::{PART_BYTES, RECEIVE_BYTES};
use prost::Message;

use crate::Bystander;
use crate::raw::frame::{self, DATA, END_STREAM, Frame, HEADERS, WINDOW_UPDATE};
use crate::raw::{PUBLISH, Raw, begin, prefixed};
use crate::support::{batch, event};

const LARGE: usize = 1_000_000;
const FRAME: usize = 16 << 10;

/// A request of a good megabyte, in frames that each fit, the last of them apart.
fn frames(stream: u32) -> (Vec<u8>, Vec<u8>) {
    let request = prefixed(&batch(vec![event("a", &"x".repeat(LARGE))]).encode_to_vec());
    let pieces = request.chunks(FRAME).collect::<Vec<_>>();
    let (last, most) = pieces.split_last().unwrap();
    let most = most.iter().flat_map(|piece| frame::frame(DATA, 0, stream, piece));
    let begun = begin(stream, PUBLISH).into_iter().chain(most).collect();
    (begun, frame::frame(DATA, END_STREAM, stream, last))
}

/// Sends all of a request but for its last frame, when the window of the connection lets it.
async fn send_in_part(peer: &mut Raw, stream: u32, window: &mut usize) {
    while *window < LARGE {
        hear(peer, window).await;
    }
    peer.write.send(&frames(stream).0).await.unwrap();
    *window -= LARGE / FRAME * FRAME;
}

/// Hears the next frame; the window of the connection may open with it.
async fn hear(peer: &mut Raw, window: &mut usize) -> Frame {
    let frame = peer.read.next().await.expect("the connection was closed");
    if frame.kind == WINDOW_UPDATE && frame.stream == 0 {
        *window += u32::from_be_bytes(frame.payload[..4].try_into().unwrap()) as usize;
    }
    frame
}

/// Sends the last frame of a request; whether it was refused.
async fn finish(peer: &mut Raw, stream: u32, window: &mut usize) -> bool {
    peer.write.send(&frames(stream).1).await.unwrap();
    loop {
        let answer = hear(peer, window).await;
        if answer.kind == HEADERS && answer.stream == stream {
            // A refusal is headers alone.
            return answer.flags & END_STREAM != 0;
        }
    }
}

#[tokio::test]
async fn requests_that_are_not_finished_are_refused_beyond_a_bound_and_the_others_go_on() {
    let bystander = Bystander::new().await;
    let mut peer = bystander.peer().await;
    // What HTTP/2 begins with; the hub adds the rest at once.
    let mut window = 65_535;
    let fit = u32::try_from(PART_BYTES.0 / LARGE).unwrap();
    for nth in 0..=fit {
        send_in_part(&mut peer, 2 * nth + 1, &mut window).await;
    }
    assert!(PART_BYTES.0 > RECEIVE_BYTES.1 as usize, "the windows would do");
    assert!(finish(&mut peer, 2 * fit + 1, &mut window).await, "{fit} and one more were kept");

    let large = batch(vec![event("a", &"x".repeat(LARGE))]);
    bystander.client.clone().publish(large).await.unwrap();
    assert!(!finish(&mut peer, 1, &mut window).await, "what was kept was refused");
    let next = 2 * fit + 3;
    send_in_part(&mut peer, next, &mut window).await;
    assert!(
        !finish(&mut peer, next, &mut window).await,
        "the room of what has ended was not given back"
    );
}
