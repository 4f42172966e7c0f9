//! DescribeCursor and GetHub, for people with grpcurl.

use super::{Service, reply};
use crate::backlog::{Health, Status};
use crate::error::Error;
use crate::hub::{CursorState, HubDescription};
use crate::limits::{PAGE_BYTES, PAGE_EVENTS};
use crate::lineage::{Life, Lineage};
use crate::v1;
use crate::v1::describe_cursor_response::State;
use crate::v1::get_hub_response as wire;

pub async fn cursor(service: &Service, token: &str) -> Result<v1::DescribeCursorResponse, Error> {
    service.access.anything()?;
    let found = service.hub.describe_cursor(token).await;
    Ok(v1::DescribeCursorResponse {
        state: state(found.state).into(),
        publish_time: found.published.map(reply::timestamp),
        incarnation: found.incarnation.map(|id| id.to_string()).unwrap_or_default(),
        action: found.action.map_or_else(|| "NONE".to_owned(), |action| action.to_string()),
        advice: found.advice.to_owned(),
        earliest: reply::token(found.earliest),
        head: reply::token(found.head),
    })
}

fn state(state: CursorState) -> State {
    match state {
        CursorState::Valid => State::Valid,
        CursorState::Trimmed => State::Trimmed,
        CursorState::Foreign => State::Foreign,
        CursorState::Ahead => State::Ahead,
        CursorState::Malformed => State::Malformed,
    }
}

pub fn hub(service: &Service) -> Result<v1::GetHubResponse, Error> {
    service.access.admin()?;
    let hub = service.hub.describe();
    Ok(v1::GetHubResponse {
        head: reply::token(hub.head),
        earliest: reply::token(hub.earliest),
        incarnation: hub.lineage.current().to_string(),
        lineage: hub.lineage.lives().map(|each| life(each, &hub.lineage)).collect(),
        limits: Some(limits(service)),
        version: hub.version.to_owned(),
        snapshot_covers: hub.backlog.snapshot_covers,
        streams: reply::count(hub.streams),
        backlog: Some(backlog(hub)),
    })
}

fn life(life: &Life, lineage: &Lineage) -> wire::Life {
    wire::Life {
        incarnation: life.incarnation.to_string(),
        parent: life.forked.map(|fork| fork.parent.to_string()).unwrap_or_default(),
        fork: life.forked.map(|fork| reply::token(lineage.cursor(fork.at))).unwrap_or_default(),
        first: reply::token(lineage.cursor(life.first)),
    }
}

fn limits(service: &Service) -> wire::Limits {
    let limits = &service.limits;
    wire::Limits {
        data_bytes: reply::count(limits.data_bytes),
        request_bytes: reply::count(limits.request_bytes),
        batch_events: reply::count(limits.batch_events),
        patterns: reply::count(limits.patterns),
        page_events: reply::count(PAGE_EVENTS),
        page_bytes: reply::count(PAGE_BYTES),
        streams: reply::count(limits.streams),
        id_window: reply::duration(service.id_window),
    }
}

fn backlog(hub: HubDescription) -> wire::Backlog {
    let Status { engine, health, bytes, events, last_cut, .. } = hub.backlog;
    let (health, detail) = match health {
        Health::Ok => (wire::backlog::Health::Ok, String::new()),
        Health::NoSpace => {
            let detail = "no space on the disk, or no file descriptor for another segment";
            (wire::backlog::Health::NoSpace, detail.to_owned())
        }
        Health::Failed(why) => (wire::backlog::Health::Failed, why),
    };
    wire::Backlog {
        engine: engine.to_owned(),
        health: health.into(),
        detail,
        bytes: i64::try_from(bytes).unwrap_or(i64::MAX),
        events: reply::count(events),
        topics: reply::count(hub.topics),
        last_cut: last_cut.unwrap_or_default(),
    }
}
