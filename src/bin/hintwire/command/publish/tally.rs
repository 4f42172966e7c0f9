//! What became of the lines.

use hintwire::client;
use hintwire::v1::PublishResponse;

use super::batches::{BadLine, Batch};
use crate::failure::{Exit, Failure};

/// Counts what the hub answered.
#[derive(Debug, Default)]
pub struct Tally {
    pub events: u64,
    pub repeats: u64,
    pub batches: u64,
    /// The newest cursor.
    cursor: String,
    /// The last line of what is published.
    line: u64,
    /// A refusal that a retry cannot mend: what to say of it, and the last line published before it.
    refused: Option<(Failure, u64)>,
}

impl Tally {
    pub fn published(&mut self, batch: &Batch, response: &PublishResponse) {
        self.batches += 1;
        self.events += batch.events.len() as u64;
        self.repeats += response.results.iter().filter(|result| result.duplicate).count() as u64;
        self.line = batch.span().1;
        // A repeat's cursor is an old one; tokens of one hub sort.
        let newest = response.results.iter().map(|result| &result.cursor).max();
        if let Some(cursor) = newest.filter(|cursor| **cursor > self.cursor) {
            self.cursor.clone_from(cursor);
        }
    }

    /// The first refusal that a retry cannot mend is the one to report.
    pub fn refused(&mut self, batch: &Batch, error: &client::Error) {
        if self.refused.is_none() {
            let failure = Failure::from(error.clone()).context(place(batch, error));
            self.refused = Some((failure, self.line));
        }
    }

    pub fn is_refused(&self) -> bool {
        self.refused.is_some()
    }

    /// All was published, or what was not.
    pub fn end(self, bad: Option<BadLine>) -> Result<String, Failure> {
        if let Some((failure, before)) = self.refused {
            let later = match self.line {
                line if line > before => format!(", and some after that, up to line {line}"),
                _ => String::new(),
            };
            return Err(failure.remark(format!("{}{later}.", through(before))));
        }
        match bad {
            Some(BadLine { line, what }) => {
                let failure = Failure::new(Exit::Error, format!("line {line}: {what}"));
                Err(failure.remark(format!("{}; nothing after that.", through(self.line))))
            }
            None => Ok(self.summary()),
        }
    }

    fn summary(&self) -> String {
        let Self { events, batches, repeats, cursor, .. } = self;
        let cursor = if cursor.is_empty() { String::new() } else { format!("; cursor {cursor}") };
        format!("published {events} events in {batches} batches, {repeats} of them repeats{cursor}")
    }

    /// Gives up: what is unanswered may or may not be published.
    pub fn interrupted(&self, failure: Failure, unknown: Option<(u64, u64)>) -> Failure {
        let unknown = match unknown {
            Some((first, last)) => format!(
                "; of lines {first} to {last} it is not known. Run it again with the --id-prefix it \
                 had; without one, a rerun may repeat them"
            ),
            None => "; nothing after that".into(),
        };
        failure.remark(format!("{}{unknown}.", through(self.line)))
    }
}

fn through(line: u64) -> String {
    match line {
        0 => "Nothing is published".into(),
        _ => format!("Published up to line {line}"),
    }
}

/// The line that a refusal is about, or the lines of its batch.
fn place(batch: &Batch, error: &client::Error) -> String {
    let named = |name| error.metadata().get(name).map(String::as_str);
    let in_field = named("field").and_then(|field: &str| {
        field
            .split_once("events[")
            .and_then(|(_, rest)| rest.split_once(']'))
            .map(|(index, _)| index)
    });
    let index = named("index").or(in_field).and_then(|index| index.parse::<usize>().ok());
    match (index.and_then(|index| batch.lines.get(index)), batch.span()) {
        (Some(line), _) => format!("line {line}"),
        (None, (first, last)) if first == last => format!("line {first}"),
        (None, (first, last)) => format!("lines {first} to {last}"),
    }
}
