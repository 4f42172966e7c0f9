//! `hintwire get`.

use hintwire::v1::SnapshotRequest;

use super::{connect, snapshot};
use crate::failure::Failure;
use crate::print::Output;
use crate::typed::Get;

pub async fn run(typed: Get) -> Result<(), Failure> {
    let client = connect(&typed.from.at).await?;
    let request = SnapshotRequest {
        topics: vec![typed.topic.clone()],
        keys: vec![typed.key.clone()],
        ..Default::default()
    };
    match snapshot::print(&client, request, &mut Output::new(typed.from.json)).await? {
        (0, _) => Err(nothing(&typed)),
        _ => Ok(()),
    }
}

fn nothing(typed: &Get) -> Failure {
    let Get { topic, key, .. } = typed;
    if key.is_empty() {
        return Failure::error(format!("{topic} has no event without a key; name a key"));
    }
    Failure::error(format!("{topic} has no live key {key}"))
}
