//! `GET /v1/topics`: what there is to subscribe to.

use axum::Extension;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Refusal;
use super::answer::Now;
use super::params::Params;
use crate::service::{Service, topics};
use crate::v1;

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// Patterns, one or more.
    topic: Vec<String>,
    /// Most topics of the page. Default 100, at most 1,000.
    page_size: i32,
    /// `next_page_token` of the page before.
    page_token: String,
}

/// A page of topics, by name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TopicsPage)]
pub struct Page {
    topics: Vec<Topic>,
    /// Asks for the next page; empty after the last.
    next_page_token: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct Topic {
    topic: String,
    /// The place after its first retained event.
    first: String,
    /// The place after its newest event.
    newest: String,
    /// Retained events.
    count: i32,
}

/// Lists the topics that match.
#[utoipa::path(get, path = "/v1/topics", operation_id = "topics", params(Query), responses(
    (status = 200, body = Page, description = "A page, by name."),
))]
pub async fn list(
    Extension(service): Extension<Service>,
    params: Params<Query>,
) -> Result<Now<Page>, Refusal> {
    let Query { topic, page_size, page_token } = params.without_attributes()?;
    let request = v1::ListTopicsRequest { topics: topic, page_size, page_token };
    let page = topics::call(&service, request)?;
    Ok(Now(Page {
        topics: page.topics.into_iter().map(self::topic).collect(),
        next_page_token: page.next_page_token,
    }))
}

fn topic(info: v1::list_topics_response::TopicInfo) -> Topic {
    let v1::list_topics_response::TopicInfo { topic, first, newest, count } = info;
    Topic { topic, first, newest, count }
}
