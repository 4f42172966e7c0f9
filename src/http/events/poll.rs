//! One poll: what there is after a place, nothing new, or a wait for news.

use http::HeaderMap;

use super::answer::{Answer, Body};
use super::page::Written;
use super::pages::Pages;
use super::tag::{Digest, Tag};
use crate::cursor::Position;
use crate::error::Error;
use crate::http::caching::Caching;
use crate::hub::{Fetch, Hub, Start, View};
use crate::metrics::Fetches;
use crate::service::Service;

/// A poll, and what its sender has already.
pub struct Poll<'a> {
    pub service: &'a Service,
    pub pages: &'a Pages,
    pub fetch: &'a Fetch,
    /// They may name a tag.
    pub headers: &'a HeaderMap,
}

/// What was found at one moment.
struct Found {
    view: View,
    tag: Tag,
    /// Its sender has what the tag stands for.
    held: bool,
    /// Up to where the reader has seen everything.
    seen: Position,
}

impl Poll<'_> {
    /// The answer.
    ///
    /// # Errors
    /// As [`Hub::fetch`]; [`Error::LimitReached`] if the connection does not read its answers.
    pub async fn answer(&self) -> Result<Answer, Error> {
        let hub = self.hub();
        hub.refuse_if_draining()?;
        hub.reach(self.fetch).await?;
        // Before any tag: a cursor that cannot be used is refused whatever else its sender holds.
        let start = hub.begin(self.fetch.start).await?;
        let digest = Digest::of(self.fetch);
        let (mut after, mut wait) = (start, None);
        loop {
            // Pages that were read for others are not granted by the hub.
            self.fetch.selection.stands()?;
            let view = hub.view(&self.fetch.selection.patterns);
            let tag = self.tag(digest, start, view);
            let mut found = Found { held: tag.is_held(self.headers), tag, view, seen: after };
            if view.newest <= after {
                found.seen = after.max(view.head);
            } else if !found.held {
                let page = self.page(after, view).await?;
                if page.has_news() || self.fetch.wait.is_zero() {
                    return Ok(self.full(page, found));
                }
                found.seen = page.next;
            }
            let unread = found.held && view.newest > after;
            after = found.seen;
            let wait = match &wait {
                Some(wait) => wait,
                None if self.fetch.wait.is_zero() => return self.nothing(found),
                // Registered; then looks again.
                None => {
                    wait = Some(hub.long_poll([&self.fetch.selection], self.fetch.wait)?);
                    continue;
                }
            };
            if wait.is_over() {
                return self.nothing(found);
            }
            // Who holds a page has not said that it was read: its place stays.
            if !wait.news().await && !unread {
                after = wait.passed(after);
            }
        }
    }

    fn hub(&self) -> &Hub {
        &self.service.hub
    }

    /// Of what is up to the newest match. Once a reader has seen that, its place does not matter.
    fn tag(&self, digest: Digest, start: Position, view: View) -> Tag {
        let lineage = self.hub().lineage();
        let place = (start < view.newest).then(|| lineage.cursor(start));
        Tag::of(digest, lineage.cursor(view.newest), place)
    }

    /// A page, once the connection has room for it. One for which there is none is not kept while it waits: there may be
    /// one for each of many requests.
    async fn page(&self, after: Position, view: View) -> Result<Written, Error> {
        loop {
            let page = self.pages.after(self.hub(), self.fetch, after, view).await?;
            if page.events == 0 || self.service.connection.has_room() {
                return Ok(page);
            }
            drop(page);
            self.service.connection.room().await?;
        }
    }

    fn full(&self, page: Written, found: Found) -> Answer {
        let named = matches!(self.fetch.start, Start::Cursor(Some(_)));
        // What lies between two places stays what it is.
        let caching = if page.has_more && named { Caching::Keep } else { Caching::Ask };
        let next = page.next;
        self.say(Body::Page(page), caching, next, found)
    }

    fn nothing(&self, found: Found) -> Result<Answer, Error> {
        let seen = found.seen;
        if found.held {
            return Ok(self.say(Body::NotModified, Caching::Ask, seen, found));
        }
        if !self.fetch.wait.is_zero() {
            return Ok(self.say(Body::Nothing, Caching::Nothing, seen, found));
        }
        let page = Written::empty(self.hub(), seen, self.hub().poll_after(found.view.newest))?;
        Ok(self.say(Body::Page(page), Caching::Ask, seen, found))
    }

    fn say(&self, body: Body, caching: Caching, next: Position, found: Found) -> Answer {
        let hub = self.hub();
        hub.count_fetch();
        let kind = Fetches::HttpEvents.waiting(self.fetch.wait);
        self.service.fetched(kind, body.events(), next);
        if matches!(body, Body::NotModified) {
            hub.metrics().not_modified.count();
        }
        Answer {
            body,
            caching,
            tag: found.tag,
            next: hub.lineage().cursor(next),
            poll_after: hub.poll_after(found.view.newest),
        }
    }
}
