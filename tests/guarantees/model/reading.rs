//! Fetches and snapshots, compared with the model.

use std::time::Duration;

use hintwire::cursor::{Cursor, Incarnation, Position};
use hintwire::hub::{Fetch, Snapshot, Start};
use hintwire::topic::Selection;

use super::granted;
use super::play::Play;
use super::steps::{From, everything};
use crate::validate::{Page, Refusal, What, convert};

impl Play {
    /// Fetches a page, and records it.
    pub async fn fetch_page(
        &self,
        start: Start,
        selection: &Selection,
        limit: usize,
    ) -> Result<Page, Refusal> {
        let fetch = Fetch {
            selection: granted(selection.clone()),
            start,
            events: limit,
            bytes: 30_000,
            omit_data: false,
            wait: Duration::ZERO,
            at_least: None,
        };
        let began = self.recorder.began();
        let fetched = self.hub().fetch(fetch).await;
        let result = match &fetched {
            Ok(fetched) => Ok(convert::page(self.hub().lineage(), fetched)),
            Err(error) => Err(Refusal::from(error)),
        };
        let (selection, start) = (selection.clone(), start.into());
        self.recorder
            .record(began, What::Fetch { selection, start, limit, result: result.clone() });
        result
    }

    /// Fetches from a place to the end.
    pub async fn fetch(&mut self, from: From, selection: &Selection, limit: usize) {
        let (mut start, due) = self.due(from, selection);
        let mut got = Vec::new();
        loop {
            let page = match self.fetch_page(start, selection, limit).await {
                Ok(page) => page,
                Err(refusal) => return assert_eq!(Err(refusal.reason.as_str()), due),
            };
            got.extend(page.events.iter().map(|(cursor, _)| cursor.position));
            start = Start::Cursor(Some(page.next));
            if !page.has_more {
                return assert_eq!(Ok(got), due);
            }
        }
    }

    /// Where a fetch begins, and what it is to find.
    fn due(
        &self,
        from: From,
        selection: &Selection,
    ) -> (Start, Result<Vec<Position>, &'static str>) {
        let earliest = self.model.earliest;
        let after = |place| Ok(self.model.after(place, selection));
        let at = |cursor| Start::Cursor(Some(cursor));
        match from {
            From::Inception => (Start::Cursor(None), after(earliest)),
            From::Earliest => (Start::Earliest, after(earliest)),
            From::Latest => (Start::Latest, Ok(Vec::new())),
            From::Ahead => {
                let beyond = Position(self.model.head.0 + 1);
                (at(self.cursor(beyond)), Err("CURSOR_AHEAD"))
            }
            From::Foreign => {
                let incarnation = Incarnation(!self.hub().lineage().current().0);
                (at(Cursor { incarnation, position: earliest }), Err("CURSOR_FOREIGN"))
            }
            From::Place(percent) => match self.place(percent) {
                place if place < earliest => (at(self.cursor(place)), Err("CURSOR_TRIMMED")),
                place => (at(self.cursor(place)), after(place)),
            },
        }
    }

    /// Takes a snapshot, page by page.
    pub async fn snapshot(&mut self, selection: &Selection, limit: usize) {
        let mut request = Snapshot {
            patterns: granted(selection.patterns.clone()),
            keys: Vec::new(),
            events: limit,
            bytes: 30_000,
            omit_data: false,
            page_token: String::new(),
        };
        let mut got = Vec::new();
        loop {
            let page = self.hub().snapshot(request.clone()).await.unwrap();
            assert_eq!(page.cursor.position, self.model.head);
            got.extend(page.events.iter().map(|event| event.position));
            request.page_token = page.next_page_token;
            if request.page_token.is_empty() {
                return assert_eq!(got, self.model.live(selection));
            }
        }
    }

    /// Reads all there is, for the record.
    pub async fn read_all(&mut self) {
        let began = self.recorder.began();
        let (mut start, mut events) = (Start::Earliest, Vec::new());
        let head = loop {
            let page = self.fetch_page(start, &everything(), 1000).await.unwrap();
            events.extend(page.events);
            start = Start::Cursor(Some(page.next));
            if !page.has_more {
                break page.head;
            }
        };
        let earliest = self.cursor(self.model.earliest);
        self.recorder.record(began, What::Log { earliest, head, events });
    }
}
