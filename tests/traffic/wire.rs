//! Calls of a client, recorded.

use futures_util::StreamExt;
use hintwire::client::{Client, Error, Responses};
use hintwire::cursor::Cursor;
use hintwire::v1;

use crate::run::Run;
use crate::validate::{Moment, Page, Start, What, convert};
use crate::view::View;

/// Events of one page at the most; few, so that followers need several.
const LIMIT: usize = 50;

/// A client whose calls are recorded.
pub struct Wire {
    run: Run,
    client: Client,
}

/// An open stream whose messages are recorded.
pub struct Hints {
    run: Run,
    number: u64,
    /// The hub may have made any message as early as this: on the way it may be held up.
    asked: Moment,
    messages: Responses<v1::SubscribeResponse>,
}

impl Wire {
    pub fn new(run: &Run) -> Self {
        Self { run: run.clone(), client: run.client() }
    }

    /// One that never goes through the proxy.
    pub fn straight(run: &Run) -> Self {
        Self { run: run.clone(), client: Client::connect_lazy(&run.direct).unwrap() }
    }

    /// Publishes a batch; its answer.
    pub async fn publish(&self, events: &[v1::Event]) -> Result<v1::PublishResponse, Error> {
        let began = self.run.recorder.began();
        let request = v1::PublishRequest { events: events.to_vec(), expected_cursor: None };
        let answer = self.client.publish(request).await;
        let result = match &answer {
            Ok(answer) => {
                let placed = answer.results.iter();
                Ok(placed.map(|one| (convert::cursor(&one.cursor), one.duplicate)).collect())
            }
            Err(error) => Err(error.into()),
        };
        let events = events.iter().map(|event| convert::event_on_wire(event).into()).collect();
        self.run.recorder.record(began, What::Publish { events, result });
        answer
    }

    /// Fetches one page.
    pub async fn fetch(&self, view: &View, from: Option<Cursor>) -> Result<Page, Error> {
        let began = self.run.recorder.began();
        let request = v1::FetchRequest {
            topics: view.topics.clone(),
            types: view.types.clone(),
            attributes: view.attributes.clone(),
            cursor: token(from),
            limit: LIMIT as i32,
            ..Default::default()
        };
        let answer = self.client.fetch(request).await.map(|page| convert::page_on_wire(&page));
        let result = answer.clone().map_err(|error| (&error).into());
        let (selection, start) = (view.selection.clone(), Start::Cursor(from));
        self.run.recorder.record(began, What::Fetch { selection, start, limit: LIMIT, result });
        self.keep(from, answer)
    }

    /// Opens a stream.
    pub async fn subscribe(&self, view: &View, own: Option<Cursor>) -> Result<Hints, Error> {
        let asked = self.run.recorder.began();
        let request = v1::SubscribeRequest {
            topics: view.topics.clone(),
            types: view.types.clone(),
            attributes: view.attributes.clone(),
            cursor: token(own),
            min_interval: None,
        };
        let (number, selection) = (self.run.number(), view.selection.clone());
        let answer = self.client.subscribe(request).await;
        let what = match &answer {
            Ok(_) => What::StreamOpened { stream: number, selection, own },
            Err(error) => {
                What::StreamRefused { selection, own: Start::Cursor(own), refusal: error.into() }
            }
        };
        self.run.recorder.record(asked, what);
        let messages = self.keep(own, answer)?;
        Ok(Hints { run: self.run.clone(), number, asked, messages })
    }

    /// The newest event of each key, and the place of the first page.
    pub async fn snapshot(&self, view: &View) -> Result<(Vec<v1::StoredEvent>, Cursor), Error> {
        let (mut events, mut request) = (Vec::new(), v1::SnapshotRequest::default());
        request.topics.clone_from(&view.topics);
        loop {
            let page = self.client.snapshot(request.clone()).await?;
            events.extend(page.events);
            if page.next_page_token.is_empty() {
                return Ok((events, convert::cursor(&page.cursor)));
            }
            request.page_token = page.next_page_token;
        }
    }

    pub async fn hub(&self) -> Result<v1::GetHubResponse, Error> {
        self.client.get_hub().await
    }

    /// Keeps how a cursor was refused.
    fn keep<T>(&self, cursor: Option<Cursor>, answer: Result<T, Error>) -> Result<T, Error> {
        if let (Some(cursor), Err(error)) = (cursor, &answer)
            && error.is_cursor()
        {
            self.run.refused.lock().push((cursor, error.clone()));
        }
        answer
    }
}

impl Hints {
    /// The next message; `None` after RECONNECT, or where the stream was cut.
    pub async fn next(&mut self) -> Option<v1::SubscribeResponse> {
        match self.messages.next().await {
            Some(Ok(message)) => {
                let what = What::Message(convert::message_on_wire(self.number, &message));
                self.run.recorder.record(self.asked, what);
                Some(message)
            }
            ended => {
                self.end(ended.is_none());
                None
            }
        }
    }

    /// The client has heard enough.
    pub fn leave(self) {
        self.end(true);
    }

    fn end(&self, orderly: bool) {
        self.run.note(What::StreamEnded { stream: self.number, orderly });
    }
}

fn token(cursor: Option<Cursor>) -> String {
    cursor.map(|cursor| cursor.to_string()).unwrap_or_default()
}
