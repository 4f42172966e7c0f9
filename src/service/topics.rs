//! ListTopics: what there is to subscribe to.

use super::{Service, parse, reply};
use crate::access::Cost;
use crate::error::Error;
use crate::hub::{ListTopics, TopicInfo};
use crate::limits::{PAGE_EVENTS, PAGE_EVENTS_DEFAULT};
use crate::v1;
use crate::v1::list_topics_response;

pub fn call(
    service: &Service,
    request: v1::ListTopicsRequest,
) -> Result<v1::ListTopicsResponse, Error> {
    let patterns = parse::patterns(&request.topics, &service.limits)?;
    let patterns = service.access.grant(patterns)?;
    service.access.spend(Cost::Fetch)?;
    let page = service.hub.list_topics(ListTopics {
        patterns,
        size: parse::count(request.page_size, PAGE_EVENTS_DEFAULT, PAGE_EVENTS, "page_size")?,
        page_token: request.page_token,
    })?;
    Ok(v1::ListTopicsResponse {
        topics: page.topics.into_iter().map(topic).collect(),
        next_page_token: page.next_page_token,
    })
}

fn topic(info: TopicInfo) -> list_topics_response::TopicInfo {
    list_topics_response::TopicInfo {
        topic: info.topic.to_string(),
        first: reply::token(info.first),
        newest: reply::token(info.newest),
        count: reply::count(info.count),
    }
}
