//! The end of a hub, among peers that do not help.

use hintwire::config::Config;
use hintwire::limits::DRAIN;
use hintwire::v1;
use hintwire::v1::subscribe_response::{Kind, ReconnectReason};
use prost::Message;
use tokio::time::Instant;

use crate::raw::frame::{self, ACK, DATA, END_STREAM, GOAWAY, HEADERS, INITIAL_WINDOW_SIZE, PING};
use crate::raw::{SUBSCRIBE, patterns};
use crate::wire::Piped;

#[tokio::test(start_paused = true)]
async fn streams_get_reconnect_and_their_connection_goaway() {
    let hub = Piped::start(Config::default());
    let mut peer = hub.open(&[]).await;
    for stream in [1, 3, 5] {
        peer.write.call(stream, SUBSCRIBE, &patterns("a")).await.unwrap();
        peer.read.next_of(DATA).await.unwrap();
    }
    hub.shutdown.cancel();
    let (mut reconnects, mut ended, mut away) = (0, 0, false);
    while let Some(frame) = peer.read.next().await {
        match frame.kind {
            DATA => {
                let last = v1::SubscribeResponse::decode(&frame.payload[5..]).unwrap();
                assert_eq!(last.kind(), Kind::Reconnect);
                assert_eq!(last.reconnect_reason(), ReconnectReason::Drain);
                reconnects += 1;
            }
            HEADERS => ended += u32::from(frame.flags & END_STREAM != 0),
            PING => peer.write.send(&frame::frame(PING, ACK, 0, &frame.payload)).await.unwrap(),
            GOAWAY => away = true,
            _ => {}
        }
    }
    assert_eq!((reconnects, ended, away), (3, 3, true));
    hub.served.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_read_is_cut_at_the_deadline() {
    let hub = Piped::start(Config::default());
    // A shut window, a pipe that is full, a greeting that is not whole, and a peer that answers no ping.
    let mut shut = hub.open(&[(INITIAL_WINDOW_SIZE, 0)]).await;
    shut.write.call(1, SUBSCRIBE, &patterns("a")).await.unwrap();
    shut.read.next_of(HEADERS).await.unwrap();
    let mut full = hub.open(&[]).await;
    for nth in 0..500 {
        full.write.call(2 * nth + 1, SUBSCRIBE, &patterns("a")).await.unwrap();
    }
    let _silent = hub.dial();
    let _idle = hub.open(&[]).await;
    let began = Instant::now();
    hub.shutdown.cancel();
    hub.served.await.unwrap();
    assert!(began.elapsed() <= DRAIN + std::time::Duration::from_secs(1));
}
