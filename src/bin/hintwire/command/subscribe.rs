//! `hintwire subscribe`: the hints as they come, once; `follow` is the loop.

use futures_util::TryStreamExt;
use hintwire::v1::subscribe_response::Kind;
use hintwire::v1::{SubscribeRequest, SubscribeResponse};
use serde_json::{Value, json};

use super::{connect, wire};
use crate::failure::Failure;
use crate::print::{Output, duration};
use crate::typed::Subscribe;

pub async fn run(typed: Subscribe) -> Result<(), Failure> {
    let client = connect(&typed.from.at).await?;
    let mut output = Output::new(typed.from.json);
    let request = SubscribeRequest {
        topics: typed.selection.topics,
        types: typed.selection.types,
        attributes: typed.selection.attributes.into_iter().collect(),
        cursor: typed.cursor,
        min_interval: typed.min_interval.map(wire).transpose()?,
    };
    let mut hints = client.subscribe(request).await?;
    while let Some(hint) = hints.try_next().await? {
        output.line(&object(&hint), || text(&hint))?;
        output.flush()?;
    }
    Ok(())
}

fn object(hint: &SubscribeResponse) -> Value {
    let reconnect = hint.kind() == Kind::Reconnect;
    json!({
        "kind": kind(hint),
        "cursor": hint.cursor,
        "head": hint.head,
        "topics": hint.topics,
        "topics_truncated": hint.topics_truncated,
        "fetch_after": duration(hint.fetch_after),
        "heartbeat_interval": duration(hint.heartbeat_interval),
        "reconnect_after": reconnect.then(|| duration(hint.reconnect_after)),
        "reconnect_reason": reconnect.then(|| reason(hint)),
    })
}

fn text(hint: &SubscribeResponse) -> String {
    let mut text = format!("{:<9} cursor {} head {}", kind(hint), hint.cursor, hint.head);
    hint.topics.iter().for_each(|topic| {
        text.push(' ');
        text.push_str(topic);
    });
    if hint.topics_truncated {
        text.push_str(" and perhaps more");
    }
    if hint.kind() == Kind::Reconnect {
        text.push_str(&format!(" after {} ({})", duration(hint.reconnect_after), reason(hint)));
    }
    text
}

fn kind(hint: &SubscribeResponse) -> &'static str {
    hint.kind().as_str_name().trim_start_matches("KIND_")
}

fn reason(hint: &SubscribeResponse) -> &'static str {
    hint.reconnect_reason().as_str_name().trim_start_matches("RECONNECT_REASON_")
}
