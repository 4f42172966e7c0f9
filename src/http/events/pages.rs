//! Pages that are read and written once for all who ask the same.

use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::page::Written;
use crate::cursor::Position;
use crate::error::Error;
use crate::event::Micros;
use crate::hub::{Fetch, Hub, View};
use crate::limits::{SHARED_PAGES, SHARED_PAGES_BYTES};
use crate::topic::Selection;

/// What makes two requests one. The newest event is looked up after a request came in, so whoever asks gets what was
/// acknowledged before; head and advice are at most a second old.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Question {
    selection: Selection,
    after: Position,
    /// Who names a place is told if retention passes it; who names none goes on after it.
    named: bool,
    events: usize,
    bytes: usize,
    omit_data: bool,
    newest: Position,
    second: u64,
}

/// Written pages, as many as there is room for.
pub struct Pages(Cache<Question, Written, Weight>);

impl Pages {
    /// None yet.
    pub fn new() -> Self {
        Self(Cache::with_weighter(SHARED_PAGES, SHARED_PAGES_BYTES, Weight))
    }

    /// The page after a place, given what is known without a read. Who asks the same meanwhile waits for it; if whoever
    /// reads it leaves or fails, the next one reads.
    ///
    /// # Errors
    /// [`Error::Cursor`] if retention passes the place, [`Error::BacklogDamaged`]; a failure is not kept.
    pub async fn after(
        &self,
        hub: &Hub,
        fetch: &Fetch,
        after: Position,
        view: View,
    ) -> Result<Written, Error> {
        let question = Question {
            selection: Selection::clone(&fetch.selection),
            after,
            named: fetch.start.is_named(),
            events: fetch.events,
            bytes: fetch.bytes,
            omit_data: fetch.omit_data,
            newest: view.newest,
            second: Micros::now().0 / 1_000_000,
        };
        let read = async {
            let page = hub.look(fetch, after).await?;
            Written::of(hub, &page, fetch.omit_data, hub.poll_after(view.newest))
        };
        self.0.get_or_insert_async(&question, read).await
    }
}

/// Weighs a page and what was asked for it.
#[derive(Debug, Clone)]
struct Weight;

impl Weighter<Question, Written> for Weight {
    fn weight(&self, question: &Question, page: &Written) -> u64 {
        let Selection { patterns, filter } = &question.selection;
        let patterns = patterns.iter().map(|pattern| pattern.as_str().len());
        let types = filter.types.iter().map(String::len);
        let attributes = filter.attributes.iter().map(|(key, value)| key.len() + value.len());
        let asked: usize = patterns.chain(types).chain(attributes).sum();
        (page.json.len() + asked + size_of::<(Question, Written)>()) as u64
    }
}
