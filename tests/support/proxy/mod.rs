//! A small chaos proxy on TCP: between clients and a hub it delays, trickles, stops reading, half-closes and cuts.
//!
//! What happens to a connection is its [`Plan`], chosen when it is accepted, from a seed for example; and
//! [`Proxy::set`] changes it at run time for all that are open. It counts what it did.
#![allow(dead_code)] // Not every user has need of every fault.

mod chaos;
mod fault;
mod frames;
mod pipe;

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

pub use chaos::Chaos;
pub use fault::{End, Fault, Plan};
use frames::Frames;

/// A running proxy; its connections end with it.
pub struct Proxy {
    address: SocketAddr,
    lines: Arc<Mutex<Vec<Arc<Line>>>>,
    counts: Arc<Counts>,
    accepting: JoinHandle<()>,
}

/// A connection through the proxy.
struct Line {
    plan: Plan,
    fault: watch::Sender<Fault>,
    /// Where the bytes towards the client stand.
    frames: Mutex<Frames>,
    counts: Arc<Counts>,
}

/// How often what happened.
#[derive(Debug, Default)]
pub struct Counts {
    pub connections: AtomicUsize,
    pub delayed: AtomicUsize,
    pub trickled: AtomicUsize,
    pub stalled: AtomicUsize,
    pub half_closed: AtomicUsize,
    pub cut: AtomicUsize,
    /// Of these, with a message from the hub under way.
    pub cut_within_message: AtomicUsize,
}

impl Proxy {
    /// A proxy in front of `hub`; `plan` is asked once for each connection.
    pub async fn start(hub: SocketAddr, plan: impl FnMut() -> Plan + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (lines, counts) = (Arc::<Mutex<Vec<_>>>::default(), Arc::<Counts>::default());
        let accepting = accept(listener, hub, plan, Arc::clone(&lines), Arc::clone(&counts));
        Self { address, lines, counts, accepting: tokio::spawn(accepting) }
    }

    /// Where clients connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Puts a fault on every connection that is open now, or takes it away.
    pub fn set(&self, fault: Fault) {
        for line in self.lines.lock().expect("no panic").iter() {
            line.begin(fault);
        }
    }

    /// What it did so far.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(
    listener: TcpListener,
    hub: SocketAddr,
    mut plan: impl FnMut() -> Plan,
    lines: Arc<Mutex<Vec<Arc<Line>>>>,
    counts: Arc<Counts>,
) {
    let mut open = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        while open.try_join_next().is_some() {}
        counts.connections.fetch_add(1, Relaxed);
        let line = Arc::new(Line {
            plan: plan(),
            fault: watch::Sender::new(Fault::None),
            frames: Mutex::default(),
            counts: Arc::clone(&counts),
        });
        lines.lock().expect("no panic").push(Arc::clone(&line));
        let lines = Arc::clone(&lines);
        open.spawn(async move {
            line.serve(client, hub).await;
            lines.lock().expect("no panic").retain(|other| !Arc::ptr_eq(other, &line));
        });
    }
}

impl Line {
    async fn serve(&self, mut client: TcpStream, hub: SocketAddr) {
        let Ok(mut hub) = TcpStream::connect(hub).await else { return };
        for stream in [&client, &hub] {
            stream.set_nodelay(true).expect("an open socket");
        }
        let (from_client, to_client) = client.split();
        let (from_hub, to_hub) = hub.split();
        let is_cut = tokio::select! {
            _ = async { tokio::join!(
                self.pass(from_client, to_hub, End::Hub),
                self.pass(from_hub, to_client, End::Client),
            ) } => false,
            () = self.over() => true,
        };
        if is_cut {
            self.counts.cut.fetch_add(1, Relaxed);
            let within = self.frames.lock().expect("no panic").is_within_data();
            self.counts.cut_within_message.fetch_add(usize::from(within), Relaxed);
            // Without a farewell: what is on its way is lost.
            for stream in [&client, &hub] {
                _ = stream.set_zero_linger();
            }
        }
    }

    /// Comes to an end when the connection is cut, at once or after its fault has lasted.
    async fn over(&self) {
        let mut fault = self.fault.subscribe();
        _ = fault.wait_for(|fault| *fault != Fault::None).await;
        _ = timeout(self.plan.lasts, fault.wait_for(|fault| *fault == Fault::Cut)).await;
    }

    /// The fault that was planned, or told, is there now.
    fn begin(&self, fault: Fault) {
        match fault {
            Fault::None | Fault::Cut => {}
            Fault::Delay(_) => _ = self.counts.delayed.fetch_add(1, Relaxed),
            Fault::Trickle { .. } => _ = self.counts.trickled.fetch_add(1, Relaxed),
            Fault::Stall => _ = self.counts.stalled.fetch_add(1, Relaxed),
            Fault::HalfClose(_) => _ = self.counts.half_closed.fetch_add(1, Relaxed),
        }
        self.fault.send_replace(fault);
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let get = |count: &AtomicUsize| count.load(Relaxed);
        write!(
            f,
            "{} connections: {} delayed, {} trickled, {} stalled, {} half-closed, {} cut, {} of them within a message",
            get(&self.connections),
            get(&self.delayed),
            get(&self.trickled),
            get(&self.stalled),
            get(&self.half_closed),
            get(&self.cut),
            get(&self.cut_within_message),
        )
    }
}
