//! Publishing with single calls, and reading back what was acknowledged.

use std::ops::Range;
use std::time::Instant;

use hintwire::v1;

use super::follow::read_all;
use crate::Result;
use crate::hub::{Client, event};
use crate::load::{Load, number, topic};
use crate::seen::Watch;
use crate::target::{Doing, Publisher};

/// A request with these events.
pub(super) fn request(events: Range<usize>, topics: usize) -> v1::PublishRequest {
    let events = events.map(|number| event(topic(number % topics, '/'), number)).collect();
    v1::PublishRequest { events, expected_cursor: None }
}

/// One caller: publishes, waits, and publishes again.
pub(super) async fn calls(mut client: Client, load: Load, taken: Watch) -> Result<()> {
    while let Some(events) = load.numbers.take(load.batch) {
        let start = Instant::now();
        client.publish(request(events, load.topics)).await?;
        taken.took(start);
    }
    Ok(())
}

impl Publisher for Client {
    fn publish(&mut self, number: usize) -> Doing<'_, ()> {
        Box::pin(async move {
            Client::publish(self, request(number..number + 1, usize::MAX)).await?;
            Ok(())
        })
    }
}

/// Reads everything and compares: each of so many events once, as it was published over so many topics.
pub(crate) async fn read_back(client: &mut Client, published: usize, topics: usize) -> Result<()> {
    let mut seen = vec![0u8; published];
    read_all(client, "**", |event| {
        let number = number(&event.data)?;
        let slot = seen.get_mut(number).ok_or("an event that was not published")?;
        *slot += 1;
        let expected = self::event(topic(number % topics, '/'), number);
        if *event == expected {
            return Ok(());
        }
        Err(format!("event {number} is not what was published").into())
    })
    .await?;
    let lost = seen.iter().filter(|&&times| times == 0).count();
    let twice = seen.iter().filter(|&&times| times > 1).count();
    if lost + twice == 0 {
        Ok(())
    } else {
        Err(format!("{lost} events lost, {twice} twice").into())
    }
}
