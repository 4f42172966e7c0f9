//! Snapshot: the newest event of each key.

use std::sync::Arc;

use super::page::{Page, SnapshotPage};
use super::{Service, parse, reply};
use crate::access::Cost;
use crate::error::Error;
use crate::hub::Snapshot;
use crate::limits::{
    KEY_BYTES, PAGE_BYTES, PAGE_BYTES_DEFAULT, PAGE_EVENTS, PAGE_EVENTS_DEFAULT, SNAPSHOT_KEYS,
};
use crate::metrics::Fetches;
use crate::v1;

pub async fn call(service: &Service, request: v1::SnapshotRequest) -> Result<SnapshotPage, Error> {
    let snapshot = parse(request, service)?;
    service.access.spend(Cost::Snapshot)?;
    let omit_data = snapshot.omit_data;
    service.connection.room().await?;
    let page = service.hub.snapshot(snapshot).await?;
    service.hub.metrics().fetch(Fetches::Snapshot, page.events.len());
    let rest = v1::SnapshotResponse {
        events: Vec::new(),
        next_page_token: page.next_page_token,
        cursor: reply::token(page.cursor),
    };
    Ok(Page { hub: Arc::clone(&service.hub), events: page.events, omit_data, rest })
}

fn parse(request: v1::SnapshotRequest, service: &Service) -> Result<Snapshot, Error> {
    parse::at_most(request.keys.len(), SNAPSHOT_KEYS, "keys")?;
    request.keys.iter().try_for_each(|key| parse::at_most(key.len(), KEY_BYTES, "keys"))?;
    let patterns = parse::patterns(&request.topics, &service.limits)?;
    Ok(Snapshot {
        patterns: service.access.grant(patterns)?,
        keys: request.keys,
        events: parse::count(request.page_size, PAGE_EVENTS_DEFAULT, PAGE_EVENTS, "page_size")?,
        bytes: parse::count(request.max_bytes, PAGE_BYTES_DEFAULT, PAGE_BYTES, "max_bytes")?,
        omit_data: request.omit_data,
        page_token: request.page_token,
    })
}
