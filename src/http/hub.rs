//! `GET /v1/hub`: what the hub is and how it fares.

use axum::Extension;
use serde::Serialize;
use utoipa::ToSchema;

use super::Refusal;
use super::answer::Now;
use super::params::{Nothing, Params};
use crate::config::human;
use crate::service::{Service, describe};
use crate::v1::get_hub_response as wire;

/// What the hub is and how it fares.
#[derive(Debug, Serialize, ToSchema)]
pub struct Hub {
    /// The place after the newest event that readers may see.
    head: String,
    /// The place from which nothing is missing.
    earliest: String,
    /// The life that writes now.
    incarnation: String,
    /// All lives, oldest first.
    lineage: Vec<Life>,
    limits: Limits,
    /// The version of the hub.
    version: String,
    backlog: Backlog,
    /// Whether a snapshot holds every live key, however old.
    snapshot_covers: bool,
    /// Open streams of hints.
    streams: i32,
}

/// One life of the backlog.
#[derive(Debug, Serialize, ToSchema)]
struct Life {
    incarnation: String,
    /// The life that it was forked from; empty for the first.
    parent: String,
    /// Where it was forked; empty for the first.
    fork: String,
    /// The place from which on its own events lie.
    first: String,
}

/// What the hub takes. Sizes are bytes.
#[derive(Debug, Serialize, ToSchema)]
struct Limits {
    data_bytes: i32,
    request_bytes: i32,
    batch_events: i32,
    patterns: i32,
    page_events: i32,
    page_bytes: i32,
    streams: i32,
    /// How long an id is remembered.
    #[schema(example = "10m")]
    id_window: String,
}

/// What stands behind the hub.
#[derive(Debug, Serialize, ToSchema)]
struct Backlog {
    /// `log` or `memory`.
    engine: String,
    /// `OK`, `NO_SPACE` or `FAILED`.
    #[schema(example = "OK")]
    health: &'static str,
    /// Why, if it is not OK.
    detail: String,
    /// Bytes on disk.
    bytes: i64,
    events: i32,
    topics: i32,
    /// What the last start cut from an unsynced end; empty if nothing was cut.
    last_cut: String,
}

/// Says what the hub is and how it fares.
#[utoipa::path(get, path = "/v1/hub", operation_id = "hub", responses(
    (status = 200, body = Hub, description = "How the hub stands now."),
))]
pub async fn describe(
    Extension(service): Extension<Service>,
    params: Params<Nothing>,
) -> Result<Now<Hub>, Refusal> {
    params.without_attributes()?;
    let hub = describe::hub(&service)?;
    Ok(Now(Hub {
        head: hub.head,
        earliest: hub.earliest,
        incarnation: hub.incarnation,
        lineage: hub.lineage.into_iter().map(life).collect(),
        limits: limits(hub.limits.unwrap_or_default()),
        version: hub.version,
        backlog: backlog(hub.backlog.unwrap_or_default()),
        snapshot_covers: hub.snapshot_covers,
        streams: hub.streams,
    }))
}

fn life(life: wire::Life) -> Life {
    let wire::Life { incarnation, parent, fork, first } = life;
    Life { incarnation, parent, fork, first }
}

fn limits(limits: wire::Limits) -> Limits {
    let id_window = limits.id_window.and_then(|window| window.try_into().ok());
    Limits {
        data_bytes: limits.data_bytes,
        request_bytes: limits.request_bytes,
        batch_events: limits.batch_events,
        patterns: limits.patterns,
        page_events: limits.page_events,
        page_bytes: limits.page_bytes,
        streams: limits.streams,
        id_window: human::format_duration(id_window.unwrap_or_default()),
    }
}

fn backlog(backlog: wire::Backlog) -> Backlog {
    Backlog {
        health: backlog.health().as_str_name().trim_start_matches("HEALTH_"),
        engine: backlog.engine,
        detail: backlog.detail,
        bytes: backlog.bytes,
        events: backlog.events,
        topics: backlog.topics,
        last_cut: backlog.last_cut,
    }
}
