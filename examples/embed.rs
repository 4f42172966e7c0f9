//! Runs a hub inside this process, publishes to it and reads it back, then stops it cleanly.

use std::error::Error;

use hintwire::client::Client;
use hintwire::config::Config;
use hintwire::server;
use hintwire::v1::{Event, FetchRequest, PublishRequest};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // With a directory in `data`, and `ephemeral` not set, the backlog is durable.
    let config = Config { ephemeral: true, ..Config::default() };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let (stop, stopped) = oneshot::channel::<()>();
    let hub = tokio::spawn(server::run(listener, config, async {
        let _ = stopped.await;
    }));

    let client = Client::connect(&url).await?;
    let event = Event { topic: "greetings/en".into(), data: "hello".into(), ..Event::default() };
    client.publish(PublishRequest { events: vec![event], expected_cursor: None }).await?;
    let topics = vec!["**".into()];
    let page = client.fetch(FetchRequest { topics, ..FetchRequest::default() }).await?;
    println!("{:?}", page.events);

    drop(stop);
    Ok(hub.await??)
}
