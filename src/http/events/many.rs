//! Many polls answered together: those that have news.

use std::time::Duration;

use super::answers::{Answers, Entry};
use super::batch::Polls;
use super::page::Written;
use super::pages::Pages;
use crate::backlog::Page;
use crate::cursor::Position;
use crate::error::Error;
use crate::hub::{Fetch, Hub, LongPoll};
use crate::index::clock::millis;
use crate::metrics::Fetches;
use crate::service::{Service, reply};

/// What is asked together.
pub struct Many<'a> {
    pub service: &'a Service,
    pub pages: &'a Pages,
}

/// One poll, and up to where it has seen everything.
struct Poll {
    fetch: Fetch,
    after: Position,
}

/// What is said of the polls that have something to be told.
#[derive(Default)]
struct Changed {
    /// The JSON of each, by its index.
    entries: Vec<(usize, Result<Written, Error>)>,
    bytes: usize,
    /// One found no room: those after it are not read.
    is_full: bool,
    has_more: bool,
    /// Of the polls of a round.
    newest: Position,
}

impl Many<'_> {
    /// The answer, as JSON, once the connection has room for it.
    ///
    /// # Errors
    /// [`Error::Draining`]; [`Error::LimitReached`] for patterns, or if the connection does not read its answers.
    pub async fn answer(&self, asked: Polls) -> Result<Vec<u8>, Error> {
        let hub = self.hub();
        hub.refuse_if_draining()?;
        let mut polls = Vec::with_capacity(asked.fetches.len());
        for fetch in asked.fetches {
            polls.push(self.begin(fetch).await);
        }
        let mut wait = None;
        loop {
            // Before each poll is looked at: those that have nothing are done up to here.
            let head = hub.head();
            let changed = self.round(&polls, asked.bytes, head).await;
            if changed.bytes > 0 && !self.service.connection.has_room() {
                drop(changed);
                self.service.connection.room().await?;
                continue;
            }
            if !changed.entries.is_empty() || asked.wait.is_zero() {
                return Ok(self.written(changed, head, asked.wait));
            }
            polls.iter_mut().flatten().for_each(|poll| poll.after = poll.after.max(head));
            let Some(wait) = &wait else {
                wait = Some(self.registered(&polls, asked.wait)?);
                continue;
            };
            if wait.is_over() {
                return Ok(self.written(changed, head, asked.wait));
            }
            wait.news().await;
        }
    }

    fn hub(&self) -> &Hub {
        &self.service.hub
    }

    async fn begin(&self, fetch: Result<Fetch, Error>) -> Result<Poll, Error> {
        let fetch = fetch?;
        let after = self.hub().begin(fetch.start).await?;
        Ok(Poll { fetch, after })
    }

    async fn round(&self, polls: &[Result<Poll, Error>], bytes: usize, head: Position) -> Changed {
        let mut changed = Changed::default();
        for (index, poll) in polls.iter().enumerate() {
            match poll {
                Ok(poll) => self.look(index, poll, bytes, head, &mut changed).await,
                Err(error) => changed.entries.push((index, Err(error.clone()))),
            }
        }
        changed
    }

    async fn look(
        &self,
        index: usize,
        poll: &Poll,
        bytes: usize,
        head: Position,
        changed: &mut Changed,
    ) {
        if let Err(error) = poll.fetch.selection.stands() {
            changed.entries.push((index, Err(error)));
            return;
        }
        let hub = self.hub();
        let view = hub.view(&poll.fetch.selection.patterns);
        changed.newest = changed.newest.max(view.newest);
        if view.newest <= poll.after {
            return;
        }
        let page = if changed.is_full {
            changed.no_room(hub, poll.after, head)
        } else {
            match self.pages.after(hub, &poll.fetch, poll.after, view).await {
                Ok(page) if !page.has_news() => return,
                Ok(page) => match changed.room_for(page, bytes) {
                    Some(page) => Ok(page),
                    None => changed.no_room(hub, poll.after, head),
                },
                Err(error) => Err(error),
            }
        };
        changed.entries.push((index, page));
    }

    /// Who is told of more is not done up to the head.
    fn count(&self, changed: &Changed, head: Position, wait: Duration) {
        let done = if changed.has_more { Position::INCEPTION } else { head };
        self.service.fetched(Fetches::HttpBatch.waiting(wait), changed.events(), done);
        let refused = changed.entries.iter().filter_map(|(_, page)| page.as_ref().err());
        refused.for_each(|error| self.service.refused(error));
    }

    fn registered(
        &self,
        polls: &[Result<Poll, Error>],
        wait: Duration,
    ) -> Result<LongPoll<'_>, Error> {
        self.hub().long_poll(polls.iter().flatten().map(|poll| &poll.fetch.selection), wait)
    }

    fn written(&self, changed: Changed, head: Position, wait: Duration) -> Vec<u8> {
        let hub = self.hub();
        hub.count_fetch();
        self.count(&changed, head, wait);
        let after = if changed.has_more { Duration::ZERO } else { hub.poll_after(changed.newest) };
        let answers = Answers {
            changed: changed.entries.iter().map(|(index, page)| Entry::of(*index, page)).collect(),
            next_cursor: reply::token(hub.lineage().cursor(head)),
            poll_after_ms: millis(after),
        };
        // Nothing of it can fail to be written: its keys are text.
        serde_json::to_vec(&answers).unwrap_or_default()
    }
}

impl Changed {
    /// Events of all pages.
    fn events(&self) -> usize {
        self.entries.iter().filter_map(|(_, page)| Some(page.as_ref().ok()?.events)).sum()
    }

    /// The page, if there is room for it; the first one always finds some.
    fn room_for(&mut self, page: Written, most: usize) -> Option<Written> {
        let bytes = self.bytes + page.json.len();
        if self.bytes > 0 && bytes > most {
            self.is_full = true;
            return None;
        }
        self.bytes = bytes;
        self.has_more |= page.has_more;
        Some(page)
    }

    /// In place of a page that finds no room: ask again at once, from the same place.
    fn no_room(&mut self, hub: &Hub, after: Position, head: Position) -> Result<Written, Error> {
        self.has_more = true;
        let page = Page { next: after, head, has_more: true, ..Page::default() };
        Written::of(hub, &page, false, Duration::ZERO)
    }
}
