//! Publishes one event and prints its cursor: `cargo run --example publish -- releases/demo 1.2.3`

use std::env::args;
use std::error::Error;

use hintwire::client::Client;
use hintwire::v1::{Event, PublishRequest};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let topic = args().nth(1).ok_or("usage: publish TOPIC DATA")?;
    let data = args().nth(2).ok_or("usage: publish TOPIC DATA")?;
    let client = Client::connect("http://127.0.0.1:7450").await?;

    // With an id the same event may be sent again after a lost answer: it is appended once.
    let id = format!("{topic} {data}");
    let event = Event { topic, id, data: data.into(), ..Event::default() };
    let published =
        client.publish(PublishRequest { events: vec![event], expected_cursor: None }).await?;

    for result in published.results {
        println!("{}{}", result.cursor, if result.duplicate { " (a repeat)" } else { "" });
    }
    Ok(())
}
