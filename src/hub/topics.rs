//! ListTopics: the topics themselves, in pages.

use std::sync::Arc;

use super::Hub;
use super::page_token::{self, RequestDigest};
use crate::access::Granted;
use crate::cursor::{Cursor, Position};
use crate::error::Error;
use crate::topic::table::TopicEntry;
use crate::topic::{Patterns, Topic};

/// Which topics to list. The size is brought within its bounds by the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListTopics {
    /// Which.
    pub patterns: Granted<Patterns>,
    /// Most topics; at least 1.
    pub size: usize,
    /// Of the page before; empty for the first.
    pub page_token: String,
}

/// A page of topics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicPage {
    /// The topics, in bytewise order.
    pub topics: Vec<TopicInfo>,
    /// For the next page; empty on the last.
    pub next_page_token: String,
}

/// One topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicInfo {
    /// The topic.
    pub topic: Topic,
    /// A place from which all its retained events can be fetched.
    pub first: Cursor,
    /// The place just after its newest event.
    pub newest: Cursor,
    /// How many of its events are retained.
    pub count: u64,
}

impl Hub {
    /// Lists topics.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidField`] for a token of another request.
    pub fn list_topics(&self, list: ListTopics) -> Result<TopicPage, Error> {
        let request = RequestDigest::of(&list.patterns, &[]);
        let after = match list.page_token.as_str() {
            "" => None,
            token => Some(page_token::read::<1>(token, request)?),
        };
        let after = after.as_ref().map(|[name]| name.as_str());
        let table = self.backlog.topics();
        let one_more = list.size.saturating_add(1);
        let mut found = table.matching(&list.patterns, after, Position::INCEPTION, one_more);
        let more = found.len() > list.size;
        found.truncate(list.size);
        let last = found.last().filter(|_| more).map(|entry| entry.topic().as_str());
        let next_page_token = last.map(|name| page_token::write(request, &[name]));
        let topics = found.iter().map(|entry| self.topic_info(entry)).collect();
        Ok(TopicPage { topics, next_page_token: next_page_token.unwrap_or_default() })
    }

    fn topic_info(&self, entry: &Arc<TopicEntry>) -> TopicInfo {
        let extent = self.backlog.extent();
        let lineage = self.lineage();
        TopicInfo {
            topic: entry.topic().clone(),
            first: lineage.cursor(entry.first().max(extent.earliest)),
            newest: lineage.cursor(entry.newest().min(extent.head)),
            count: entry.count(),
        }
    }
}
