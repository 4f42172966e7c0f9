//! One event from flags.

use std::io::Read;
use std::path::Path;

use bytes::Bytes;
use hintwire::client;
use hintwire::v1::{Event, PublishRequest};

use crate::command::connect;
use crate::failure::Failure;
use crate::print::Output;
use crate::typed::Publish;

pub async fn run(typed: Publish) -> Result<(), Failure> {
    let data = data(typed.event.data, typed.event.data_file.as_deref())?;
    let event = Event {
        topic: typed.event.topic.unwrap_or_default(),
        key: typed.event.key.unwrap_or_default(),
        id: typed.event.id.unwrap_or_default(),
        r#type: typed.event.event_type.unwrap_or_default(),
        time: typed.event.time,
        content_type: typed.event.content_type.unwrap_or_default(),
        attributes: typed.event.attributes.into_iter().collect(),
        deleted: typed.event.deleted,
        data,
    };
    let request = PublishRequest { events: vec![event], expected_cursor: typed.expected_cursor };
    let response = connect(&typed.at).await?.publish(request).await.map_err(refused)?;
    let mut output = Output::new(false);
    for result in response.results {
        output.line(&(), || result.cursor)?;
        if result.duplicate {
            eprintln!("a repeat: it was published before, and is where it was");
        }
    }
    Ok(output.flush()?)
}

fn refused(error: client::Error) -> Failure {
    let outcome = error.metadata().get("outcome").map(String::as_str);
    let unknown = error.reason().is_empty() && error.is_transient() || outcome == Some("unknown");
    let failure = Failure::from(error);
    if !unknown {
        return failure;
    }
    failure.remark("It may be published all the same; with the --id it had, publishing it again repeats nothing.")
}

fn data(text: Option<String>, file: Option<&Path>) -> Result<Bytes, Failure> {
    let Some(file) = file else { return Ok(text.unwrap_or_default().into()) };
    let read = if file == Path::new("-") {
        let mut data = Vec::new();
        std::io::stdin().read_to_end(&mut data).map(|_| data)
    } else {
        std::fs::read(file)
    };
    read.map(Bytes::from).map_err(|error| Failure::error(error).context(file.display()))
}
