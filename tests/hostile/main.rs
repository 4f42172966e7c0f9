//! Peers that break the rules, stop reading, or are too many: each loses its own connection or is refused, and nobody
//! else notices.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../support/raw/mod.rs"]
mod raw;
#[path = "../support/mod.rs"]
mod support;

mod caps;
mod floods;
mod handshake;
mod headers;
mod honest;
mod http1;
mod leaving;
mod parts;
mod slow;
mod stalled;
mod stated;
mod text;
mod windows;
mod wire;

use std::time::Duration;

use hintwire::v1;
use tokio::time::timeout;

use raw::Raw;
use support::{Client, Server};

/// Long enough that only a connection that is never closed runs into it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A hub, and a client on a connection of its own that must never notice anything.
struct Bystander {
    server: Server,
    client: Client,
}

impl Bystander {
    async fn new() -> Self {
        let server = Server::start().await;
        let client = server.client().await;
        Self { server, client }
    }

    /// The peer loses its connection: it has sent these bytes, and has not hung up itself.
    async fn sees_cut(&mut self, peer: Raw, bytes: &[u8]) {
        let Raw { mut read, mut write } = peer;
        let sending = async {
            let _ = write.send(bytes).await;
            std::future::pending::<()>().await;
        };
        let cut = async {
            tokio::select! {
                () = read.closed() => {}
                () = sending => {}
            }
        };
        timeout(PATIENCE, cut).await.expect("the connection was not closed");
        self.goes_on().await;
    }

    async fn goes_on(&mut self) {
        self.client.get_hub(v1::GetHubRequest {}).await.unwrap();
    }

    async fn peer(&self) -> Raw {
        Raw::open(self.server.address, &[]).await.unwrap()
    }
}
