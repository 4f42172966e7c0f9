//! `hintwire snapshot`.

use hintwire::client::Client;
use hintwire::v1::SnapshotRequest;
use serde_json::json;

use super::connect;
use crate::failure::Failure;
use crate::print::Output;
use crate::typed::Snapshot;

pub async fn run(typed: Snapshot) -> Result<(), Failure> {
    let client = connect(&typed.from.at).await?;
    let mut output = Output::new(typed.from.json);
    let request = SnapshotRequest {
        topics: typed.topics,
        keys: typed.keys,
        omit_data: typed.omit_data,
        page_size: 1000,
        ..Default::default()
    };
    let (_, cursor) = print(&client, request, &mut output).await?;
    output.end(&json!({"cursor": cursor}), || format!("go on from --cursor {cursor}"))?;
    Ok(())
}

/// Prints all pages; returns how many events there were, and the cursor to go on from.
pub async fn print(
    client: &Client,
    mut request: SnapshotRequest,
    output: &mut Output,
) -> Result<(usize, String), Failure> {
    let mut events = 0;
    loop {
        let page = client.snapshot(request.clone()).await?;
        page.events.iter().try_for_each(|event| output.event(event))?;
        output.flush()?;
        events += page.events.len();
        if page.next_page_token.is_empty() {
            return Ok((events, page.cursor));
        }
        request.page_token = page.next_page_token;
    }
}
