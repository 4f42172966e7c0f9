//! Peers of HTTP/1 that are slow, or never come to an end, in virtual time.

use std::time::Duration;

use hintwire::config::Config;
use hintwire::limits::{BODY, DRAIN, HANDSHAKE, IDLE, UNREAD_WAIT};
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, timeout};

use crate::text::Plain;
use crate::wire::Piped;

const SECOND: Duration = Duration::from_secs(1);
const HEALTH: &str = "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";
/// The head of a request that has a body.
const CALL: &str = "POST /hintwire.v1.HubService/GetHub HTTP/1.1\r\nhost: localhost\r\n\
content-type: application/grpc-web+proto\r\n";

fn hub() -> Piped {
    let allowed_origins = vec!["https://app.example".parse().unwrap()];
    Piped::start(Config {
        allowed_origins,
        request_bytes: 4096,
        data_bytes: 4096,
        ..Config::default()
    })
}

/// How long until the hub closes the connection.
async fn closed(peer: &mut Plain) -> Duration {
    let began = Instant::now();
    timeout(crate::PATIENCE, peer.read.all()).await.expect("it was not closed");
    began.elapsed()
}

/// Says something byte by byte, one a second, until it is over.
async fn trickle(peer: &mut Plain, said: &str) -> Duration {
    let began = Instant::now();
    let Plain { read, write } = peer;
    let trickle = async {
        let mut ticks = tokio::time::interval(SECOND);
        for byte in said.bytes() {
            ticks.tick().await;
            let _ = write.write_all(&[byte]).await;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        _ = read.all() => began.elapsed(),
        () = trickle => unreachable!(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_head_that_trickles_in_is_cut_at_its_deadline() {
    let hub = hub();
    let took = trickle(&mut hub.plain(), &HEALTH.repeat(9)).await;
    assert!(took <= HANDSHAKE + IDLE + SECOND, "{took:?}");
    let mut used = hub.plain();
    assert_eq!(used.ask(HEALTH).await.unwrap().status, 204);
    let took = trickle(&mut used, &HEALTH.repeat(9)).await;
    assert!(took <= IDLE + SECOND, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_nobody_uses_is_closed_and_one_in_use_is_not() {
    let hub = hub();
    let mut peer = hub.plain();
    for _ in 0..3 {
        assert_eq!(peer.ask(HEALTH).await.unwrap().status, 204);
        tokio::time::advance(IDLE - SECOND).await;
    }
    assert_eq!(peer.ask(HEALTH).await.unwrap().status, 204);
    let took = closed(&mut peer).await;
    assert!(IDLE - SECOND <= took && took <= IDLE + SECOND, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_refused_at_its_deadline() {
    let hub = hub();
    for framing in ["content-length: 100\r\n\r\n", "transfer-encoding: chunked\r\n\r\n1\r\nx\r\n"] {
        let began = Instant::now();
        let mut peer = hub.plain();
        let answer = peer.ask([CALL, framing].concat()).await.unwrap();
        assert!(answer.status == 408 && answer.body.contains("BODY_TIMEOUT"), "{}", answer.body);
        assert!(began.elapsed() <= BODY + SECOND);
        closed(&mut peer).await;
    }
}

#[tokio::test(start_paused = true)]
async fn bodies_over_their_bounds_or_of_no_form_are_refused() {
    let hub = hub();
    let chunked = "transfer-encoding: chunked\r\n\r\n";
    let chunks = |bytes: usize| format!("{chunked}{}0\r\n\r\n", "1\r\nx\r\n".repeat(bytes));
    for (body, status) in [
        (format!("content-length: {}\r\n\r\n", 1_u64 << 40), 413),
        (format!("content-length: 9000\r\n\r\n{}", "x".repeat(9000)), 413),
        (chunks(9000), 413),
        (format!("{chunked}ffffffffffffffff0\r\n"), 400),
        (format!("{chunked}no\r\n"), 400),
        (format!("{chunked}-1\r\n"), 400),
        (format!("{chunked}1;{}\r\nx\r\n0\r\n\r\n", "x".repeat(40_000)), 400),
        (format!("{chunked}0\r\n{}\r\n", "x: y\r\n".repeat(9000)), 400),
    ] {
        let mut peer = hub.plain();
        let said = [CALL, &body].concat();
        let shown = &body[..body.len().min(60)];
        let Plain { read, write } = &mut peer;
        let (_, answer) = tokio::join!(write.write_all(said.as_bytes()), read.answer());
        assert_eq!(answer.map(|answer| answer.status), Some(status), "{shown:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_read_is_cut() {
    let hub = hub();
    let mut peer = hub.plain();
    let flood = "GET /v1/openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(10_000);
    let began = Instant::now();
    let cut = timeout(crate::PATIENCE, peer.write.write_all(flood.as_bytes())).await;
    assert!(cut.expect("it was not closed").is_err(), "all was read");
    assert!(began.elapsed() <= UNREAD_WAIT + SECOND, "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_drain_closes_idle_connections_answers_what_has_begun_and_cuts_the_rest() {
    let hub = hub();
    let (mut idle, mut begun, mut never) = (hub.plain(), hub.plain(), hub.plain());
    assert_eq!(idle.ask(HEALTH).await.unwrap().status, 204);
    begun.say([CALL, "content-length: 5\r\n\r\n\0\0"].concat()).await;
    never.say(&HEALTH[..20]).await;
    tokio::time::advance(SECOND).await;
    hub.shutdown.cancel();
    let began = Instant::now();
    assert!(idle.read.answer().await.is_none() && began.elapsed() < SECOND);
    let answer = begun.ask([0; 3]).await.unwrap();
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
    assert!(answer.head.contains("grpc-status: 14"), "{}", answer.head);
    assert!(began.elapsed() < SECOND);
    assert!(never.read.answer().await.is_none());
    hub.served.await.unwrap();
    assert!(began.elapsed() <= DRAIN + SECOND);
}
