//! A stretch of the feed, as batches to publish and the moments when they are due.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Duration;

use flate2::read::GzDecoder;
use hintwire::v1;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::Result;

/// Changes of one moment.
pub(super) struct Moment {
    /// How long after the first.
    pub due: Duration,
    pub batches: Vec<v1::PublishRequest>,
}

#[derive(Deserialize)]
struct Line {
    time: u64,
    topic: String,
    key: String,
    data: Box<RawValue>,
}

/// The changes of so many seconds at a speed, beginning with the first at or after `from`.
pub(super) fn read(path: &Path, from: u64, seconds: u64, speed: u64) -> Result<Vec<Moment>> {
    let mut moments: BTreeMap<u64, Vec<v1::Event>> = BTreeMap::new();
    let mut first = None;
    for line in BufReader::new(GzDecoder::new(File::open(path)?)).lines() {
        let line: Line = serde_json::from_str(&line?)?;
        if line.time < from {
            continue;
        }
        let after = line.time - *first.get_or_insert(line.time);
        if after >= seconds * speed {
            break;
        }
        moments.entry(after).or_default().push(event(line));
    }
    let moments = moments.into_iter().map(|(after, events)| Moment {
        due: Duration::from_secs(after) / speed as u32,
        batches: events.chunks(1000).map(batch).collect(),
    });
    Ok(moments.collect())
}

fn event(line: Line) -> v1::Event {
    let deleted = line.data.get() == "null";
    let data = if deleted { String::new() } else { line.data.get().to_owned() };
    v1::Event { topic: line.topic, key: line.key, deleted, data: data.into(), ..Default::default() }
}

fn batch(events: &[v1::Event]) -> v1::PublishRequest {
    v1::PublishRequest { events: events.to_vec(), expected_cursor: None }
}
