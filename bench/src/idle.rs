//! Server memory per idle Subscribe stream, each on a topic of its own, over 100 connections.

use std::path::Path;

use hintwire::v1;

use crate::hub::{Hub, report};
use crate::{Result, Scale};

pub(crate) async fn run(binary: &Path, scale: Scale) -> Result<()> {
    for streams in [10_000, 100_000] {
        let data = tempfile::tempdir_in(".")?;
        let hub = Hub::start(binary, data.path()).await?;
        let clients = hub.clients(100).await?;
        let before = hub.memory()?;
        let streams = scale.pick(streams, 200);
        let mut open = Vec::with_capacity(streams);
        for (number, client) in (0..streams).zip(clients.iter().cycle()) {
            let topics = vec![format!("bench/idle/{number}")];
            let request = v1::SubscribeRequest { topics, ..Default::default() };
            let mut hints = client.clone().subscribe(request).await?.into_inner();
            hints.message().await?.ok_or("a stream that ends before CONFIRMED")?;
            open.push(hints);
        }
        let each = hub.memory()?.saturating_sub(before) / streams as u64;
        report(&format!("idle stream, {streams} on 100 connections"), format!("{each} B each"));
    }
    Ok(())
}
