//! Lines, put together to batches: consecutive ones of one time, within what the hub takes at once.

use std::io::{self, BufRead, Read};

use hintwire::v1::Event;
use prost::Message;
use prost_types::Timestamp;

use super::line::{self, within};

/// Longest line: the largest data that a hub can be told to take, escaped.
const LINE_BYTES: u64 = 4 * hintwire::limits::CONFIGURABLE_BYTES as u64;
/// Tag and length of an event within a request.
const FRAME_BYTES: usize = 8;

/// What a hub takes at once.
#[derive(Debug, Clone, Copy)]
pub struct Most {
    pub events: usize,
    pub request_bytes: usize,
    pub data_bytes: usize,
}

/// Events to be published all or none.
#[derive(Debug, Default, PartialEq)]
pub struct Batch {
    pub events: Vec<Event>,
    /// The line of each event, from 1.
    pub lines: Vec<u64>,
    /// Bytes of the request.
    pub bytes: usize,
}

impl Batch {
    fn takes(&self, event: &Event, most: &Most) -> bool {
        let Some(first) = self.events.first() else { return true };
        let same: Option<&Timestamp> = event.time.as_ref().filter(|_| event.time == first.time);
        let fits = self.bytes + event.encoded_len() + FRAME_BYTES <= most.request_bytes;
        same.is_some() && fits && self.events.len() < most.events
    }

    fn push(&mut self, line: u64, event: Event) {
        self.bytes += event.encoded_len() + FRAME_BYTES;
        self.events.push(event);
        self.lines.push(line);
    }

    /// First and last line.
    pub fn span(&self) -> (u64, u64) {
        let or_0 = |line: Option<&u64>| line.copied().unwrap_or_default();
        (or_0(self.lines.first()), or_0(self.lines.last()))
    }
}

/// A line that cannot be published; nothing after it was read.
#[derive(Debug, PartialEq)]
pub struct BadLine {
    pub line: u64,
    pub what: String,
}

/// The batches of an input. Blank lines count but mean nothing. After a bad line there is nothing more, and the batch
/// that it cut short is not there either.
pub struct Batches<R> {
    input: R,
    line: u64,
    most: Most,
    id_prefix: Option<String>,
    begun: Batch,
    ended: bool,
}

impl<R: BufRead> Batches<R> {
    pub fn new(input: R, most: Most, id_prefix: Option<String>) -> Self {
        Self { input, line: 0, most, id_prefix, begun: Batch::default(), ended: false }
    }

    /// The next event; `None` at the end.
    fn event(&mut self) -> Result<Option<Event>, String> {
        let mut text = Vec::new();
        loop {
            text.clear();
            let len = read_line(&mut self.input, &mut text).map_err(|error| error.to_string())?;
            if len == 0 {
                return Ok(None);
            }
            self.line += 1;
            if !text.trim_ascii().is_empty() {
                return self.parse(&text).map(Some);
            }
        }
    }

    fn parse(&self, text: &[u8]) -> Result<Event, String> {
        let mut event = line::parse(text)?;
        within("data", event.data.len(), self.most.data_bytes)?;
        if let (Some(prefix), true) = (&self.id_prefix, event.id.is_empty()) {
            event.id = format!("{prefix}-{}", self.line);
        }
        Ok(event)
    }
}

impl<R: BufRead> Iterator for Batches<R> {
    type Item = Result<Batch, BadLine>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            match self.event() {
                Ok(Some(event)) => {
                    let full = !self.begun.takes(&event, &self.most);
                    let done = full.then(|| std::mem::take(&mut self.begun));
                    self.begun.push(self.line, event);
                    if let Some(batch) = done {
                        return Some(Ok(batch));
                    }
                }
                Ok(None) => self.ended = true,
                Err(what) => {
                    self.ended = true;
                    self.begun = Batch::default();
                    return Some(Err(BadLine { line: self.line, what }));
                }
            }
        }
        let last = std::mem::take(&mut self.begun);
        (!last.events.is_empty()).then_some(Ok(last))
    }
}

fn read_line(input: &mut impl BufRead, text: &mut Vec<u8>) -> io::Result<usize> {
    let len = input.by_ref().take(LINE_BYTES).read_until(b'\n', text)?;
    if len as u64 == LINE_BYTES && !text.ends_with(b"\n") {
        return Err(io::Error::other(format!("is longer than {LINE_BYTES} bytes")));
    }
    Ok(len)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: Most = Most { events: 3, request_bytes: 500, data_bytes: 300 };

    fn line(time: u64, data: &str) -> String {
        format!("{{\"time\":{time},\"topic\":\"a\",\"data\":\"{data}\"}}\n")
    }

    fn batches(input: &str) -> Vec<Result<Vec<u64>, BadLine>> {
        let batches = Batches::new(input.as_bytes(), MOST, None);
        batches.map(|batch| batch.map(|batch| batch.lines)).collect()
    }

    #[test]
    fn consecutive_lines_of_one_time_are_one_batch_as_far_as_the_hub_takes_it() {
        let input: String = [1, 1, 2, 2, 2, 2, 1].iter().map(|&time| line(time, "x")).collect();
        assert_eq!(batches(&input), [vec![1, 2], vec![3, 4, 5], vec![6], vec![7]].map(Ok));
    }

    #[test]
    fn a_batch_is_split_where_the_request_would_be_too_large() {
        let input = [line(1, &"x".repeat(200)), line(1, &"x".repeat(200)), line(1, "x")].concat();
        assert_eq!(batches(&input), [vec![1, 2], vec![3]].map(Ok));
    }

    #[test]
    fn lines_without_a_time_stand_alone_and_blank_lines_count() {
        let input = "{\"topic\":\"a\",\"data\":1}\n\n  \n{\"topic\":\"a\",\"data\":1}";
        assert_eq!(batches(input), [vec![1], vec![4]].map(Ok));
    }

    #[test]
    fn after_a_bad_line_there_is_nothing_and_its_batch_is_not_published() {
        let input = [&line(1, "x"), &line(2, "x"), "{}\n", &line(3, "x")].concat();
        let found = batches(&input);
        assert_eq!(found[0], Ok(vec![1]));
        assert!(matches!(&found[1], Err(BadLine { line: 3, .. })), "{found:?}");
        assert_eq!(found.len(), 2);
        let too_large = batches(&line(1, &"x".repeat(300)));
        assert!(matches!(&too_large[..], [Err(BadLine { line: 1, .. })]), "{too_large:?}");
    }

    #[test]
    fn a_prefix_gives_ids_by_line_but_keeps_those_that_are_there() {
        let input = "\n{\"topic\":\"a\",\"data\":1}\n{\"topic\":\"a\",\"data\":1,\"id\":\"own\"}\n";
        let batches = Batches::new(input.as_bytes(), MOST, Some("p".into()));
        let ids: Vec<_> = batches.map(|batch| batch.unwrap().events[0].id.clone()).collect();
        assert_eq!(ids, ["p-2", "own"]);
    }
}
