//! `conformance publish`

use std::io;
use std::process::ExitCode;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hintwire::client::Error;
use hintwire::v1::{Event, PublishRequest, PublishResponse};
use serde::Deserialize;
use serde_json::json;

use crate::hub::Hub;
use crate::print;

#[derive(clap::Args)]
pub struct Words {
    #[command(flatten)]
    hub: Hub,
}

/// One line of standard input.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Line {
    topic: String,
    key: String,
    id: String,
    content_type: String,
    data_base64: String,
    deleted: bool,
}

pub async fn run(words: Words) -> ExitCode {
    match publish_lines(words.hub).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => print::failed(&error),
    }
}

async fn publish_lines(hub: Hub) -> Result<(), Error> {
    let client = hub.connect()?;
    for line in io::stdin().lines() {
        let event = line.and_then(|line| event(&line));
        let event = event.map_err(|error| tonic::Status::invalid_argument(error.to_string()))?;
        let request = PublishRequest { events: vec![event], ..PublishRequest::default() };
        answered(&client.publish(request).await?);
    }
    Ok(())
}

fn event(line: &str) -> io::Result<Event> {
    let line: Line = serde_json::from_str(line)?;
    Ok(Event {
        topic: line.topic,
        key: line.key,
        id: line.id,
        content_type: line.content_type,
        data: STANDARD.decode(line.data_base64).map_err(io::Error::other)?.into(),
        deleted: line.deleted,
        ..Event::default()
    })
}

fn answered(answer: &PublishResponse) {
    for result in &answer.results {
        println!("{}", json!({"cursor": result.cursor, "duplicate": result.duplicate}));
    }
}
