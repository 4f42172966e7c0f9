//! The chaos proxy does what it is told, to the byte.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::proxy::{Chaos, End, Fault, Plan, Proxy};

const LONG: Duration = Duration::from_secs(60);

/// A connection through a proxy: the client's end, the hub's, and the proxy.
async fn connected(plan: Plan) -> (TcpStream, TcpStream, Proxy) {
    let hub = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = Proxy::start(hub.local_addr().unwrap(), move || plan).await;
    let client = TcpStream::connect(proxy.address()).await.unwrap();
    let (accepted, _) = hub.accept().await.unwrap();
    (client, accepted, proxy)
}

fn after(after: usize, fault: Fault) -> Plan {
    Plan { after, fault, lasts: LONG }
}

/// A DATA frame of HTTP/2 with so many bytes.
fn data_frame(bytes: u8) -> Vec<u8> {
    let mut frame = vec![0, 0, bytes, 0, 0, 0, 0, 0, 1];
    frame.extend(vec![b'x'; bytes.into()]);
    frame
}

#[tokio::test]
async fn a_cut_comes_after_exactly_the_bytes_of_its_plan_and_knows_whether_a_message_was_under_way()
{
    for (at, within) in [(9 + 20, 0), (9 + 20 + 9, 1), (9 + 20 + 9 + 29, 1)] {
        let (mut client, mut hub, proxy) = connected(after(at, Fault::Cut)).await;
        hub.write_all(&[data_frame(20), data_frame(30)].concat()).await.unwrap();
        let mut got = Vec::new();
        while let Ok(byte) = client.read_u8().await {
            got.push(byte);
        }
        // A reset may overtake what lies unread.
        assert!(got.len() <= at, "{} of {at} bytes", got.len());
        assert!(hub.read_u8().await.is_err());
        assert_eq!(proxy.counts().cut.load(Relaxed), 1);
        assert_eq!(proxy.counts().cut_within_message.load(Relaxed), within, "cut at {at}");
    }
}

#[tokio::test]
async fn a_stalled_connection_takes_from_the_hub_no_more_than_its_plan_until_it_is_told_to_go_on() {
    let (mut client, mut hub, proxy) = connected(after(10, Fault::Stall)).await;
    hub.write_all(&[7; 30]).await.unwrap();
    let mut got = [0; 30];
    client.read_exact(&mut got[..10]).await.unwrap();
    client.write_all(&[8]).await.unwrap();
    // What the client says still passes; by then more would have come from the hub.
    assert_eq!(hub.read_u8().await.unwrap(), 8);
    assert!(timeout(Duration::from_millis(1), client.read_u8()).await.is_err());
    proxy.set(Fault::None);
    client.read_exact(&mut got[10..]).await.unwrap();
    assert_eq!((got, proxy.counts().stalled.load(Relaxed)), ([7; 30], 1));
}

#[tokio::test]
async fn a_trickle_brings_every_byte_in_the_end() {
    let trickle = Fault::Trickle { bytes: 1, every: Duration::from_millis(1) };
    let (mut client, mut hub, proxy) = connected(after(5, trickle)).await;
    hub.write_all(&[7; 30]).await.unwrap();
    let mut got = [0; 30];
    client.read_exact(&mut got).await.unwrap();
    assert_eq!((got, proxy.counts().trickled.load(Relaxed)), ([7; 30], 1));
}

#[tokio::test]
async fn a_half_closed_connection_still_passes_the_other_way() {
    let (mut client, mut hub, proxy) = connected(Plan::QUIET).await;
    client.write_all(&[8]).await.unwrap();
    assert_eq!(hub.read_u8().await.unwrap(), 8);
    proxy.set(Fault::HalfClose(End::Client));
    assert_eq!(client.read(&mut [0]).await.unwrap(), 0, "the hub seems to have said all");
    client.write_all(&[9]).await.unwrap();
    assert_eq!(hub.read_u8().await.unwrap(), 9);
    assert_eq!(proxy.counts().half_closed.load(Relaxed), 1);
}

#[test]
fn one_seed_makes_the_same_plans_twice() {
    let plans = |seed| {
        let mut chaos = Chaos::new(seed, 4096, LONG);
        (0..100).map(|_| format!("{:?}", chaos.plan())).collect::<Vec<_>>()
    };
    assert_eq!(plans(7), plans(7));
    assert_ne!(plans(7), plans(8));
}
