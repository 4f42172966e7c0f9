//! `hintwire hub`.

use hintwire::v1::GetHubResponse;
use hintwire::v1::get_hub_response::{Backlog, Life, Limits};
use serde_json::{Map, Value, json};

use super::connect;
use crate::failure::Failure;
use crate::print::{Output, duration};
use crate::typed::Hub;

pub async fn run(typed: Hub) -> Result<(), Failure> {
    let hub = connect(&typed.from.at).await?.get_hub().await?;
    let mut output = Output::new(typed.from.json);
    output.fields(&fields(&hub))?;
    Ok(output.flush()?)
}

fn fields(hub: &GetHubResponse) -> Map<String, Value> {
    [
        ("version", json!(hub.version)),
        ("head", json!(hub.head)),
        ("earliest", json!(hub.earliest)),
        ("incarnation", json!(hub.incarnation)),
        ("lineage", hub.lineage.iter().map(life).collect()),
        ("backlog", hub.backlog.as_ref().map(backlog).unwrap_or_default()),
        ("limits", hub.limits.as_ref().map(limits).unwrap_or_default()),
        ("snapshot_covers", json!(hub.snapshot_covers)),
        ("streams", json!(hub.streams)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into_iter()
    .collect()
}

fn life(life: &Life) -> Value {
    let Life { incarnation, parent, fork, first } = life;
    json!({"incarnation": incarnation, "parent": parent, "fork": fork, "first": first})
}

fn backlog(backlog: &Backlog) -> Value {
    json!({
        "engine": backlog.engine,
        "health": backlog.health().as_str_name().trim_start_matches("HEALTH_"),
        "detail": backlog.detail,
        "bytes": backlog.bytes,
        "events": backlog.events,
        "topics": backlog.topics,
        "last_cut": backlog.last_cut,
    })
}

fn limits(limits: &Limits) -> Value {
    json!({
        "data_bytes": limits.data_bytes,
        "request_bytes": limits.request_bytes,
        "batch_events": limits.batch_events,
        "patterns": limits.patterns,
        "page_events": limits.page_events,
        "page_bytes": limits.page_bytes,
        "streams": limits.streams,
        "id_window": duration(limits.id_window),
    })
}
