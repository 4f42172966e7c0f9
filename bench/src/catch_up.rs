//! Catch-up over 1 M events, one rare topic among 1 M, and restart with 2 M events.

use std::path::Path;
use std::time::Instant;

use hintwire::v1;

use crate::hub::{Client, Hub, event, report, report_rate};
use crate::{Result, Scale};

pub(crate) async fn run(binary: &Path, scale: Scale) -> Result<()> {
    let data = tempfile::tempdir_in(".")?;
    let hub = Hub::start(binary, data.path()).await?;
    let events = scale.pick(1_000_000, 5_000);
    let mut client = hub.client().await?;
    load(&mut client, events, |number| format!("bench/t{number}")).await?;
    let (cpu, start) = (hub.cpu()?, Instant::now());
    let read = read(&mut client, "**").await?;
    report_rate("catch-up over one connection", read, start.elapsed(), hub.cpu()? - cpu);
    if read != events {
        return Err(format!("{read} events of {events}").into());
    }
    let start = Instant::now();
    let rare = read_topic(&mut client, events / 3).await?;
    report(&format!("one event of one topic out of {events}"), format!("{:?}", start.elapsed()));
    if rare == 1 { Ok(()) } else { Err(format!("{rare} events of a rare topic").into()) }
}

pub(crate) async fn restart(binary: &Path, scale: Scale) -> Result<()> {
    let data = tempfile::tempdir_in(".")?;
    let hub = Hub::start(binary, data.path()).await?;
    let events = scale.pick(2_000_000, 5_000);
    load(&mut hub.client().await?, events, |number| format!("bench/t{}", number % 1000)).await?;
    hub.kill()?;
    let start = Instant::now();
    let hub = Hub::start(binary, data.path()).await?;
    report(&format!("restart after kill -9, {events} events"), format!("{:?}", start.elapsed()));
    drop(hub);
    Ok(())
}

/// Publishes numbered events in batches, a few at a time.
async fn load(client: &mut Client, events: usize, topic: impl Fn(usize) -> String) -> Result<()> {
    for first in (0..events).step_by(1000) {
        let batch = (first..events.min(first + 1000)).map(|number| event(topic(number), number));
        let request = v1::PublishRequest { events: batch.collect(), ..Default::default() };
        client.publish(request).await?;
    }
    Ok(())
}

async fn read_topic(client: &mut Client, number: usize) -> Result<usize> {
    read(client, &format!("bench/t{number}")).await
}

async fn read(client: &mut Client, pattern: &str) -> Result<usize> {
    let (mut read, mut cursor) = (0, String::new());
    loop {
        let request = v1::FetchRequest {
            topics: vec![pattern.to_owned()],
            cursor,
            limit: 1000,
            max_bytes: 3 << 20,
            ..Default::default()
        };
        let page = client.fetch(request).await?.into_inner();
        read += page.events.len();
        cursor = page.next_cursor;
        if !page.has_more {
            return Ok(read);
        }
    }
}
