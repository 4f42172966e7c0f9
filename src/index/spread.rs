//! One round of the fan-out: who is concerned by what was appended.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::Index;
use super::group::{Group, Round};
use super::shape::Segments;
use super::slot::Wave;
use crate::cursor::Position;
use crate::event::EventHead;
use crate::wake::together;

/// A group that is concerned, with places in the batch, newest first; only the newest unless somebody filters.
struct Hit {
    group: Arc<Group>,
    filters: bool,
    events: Vec<usize>,
}

impl Index {
    /// Touches everybody whom these events concern, each group once; then moves the watermark to `head`. The oldest of the
    /// events was published `age` ago. Returns how many it touched.
    pub fn spread(&self, events: Vec<(Position, EventHead)>, head: Position, age: Duration) -> u32 {
        let events = Arc::new(events);
        let hits = if self.groups.is_empty() { Vec::new() } else { self.hits(&events) };
        let crowd: usize = hits.iter().map(|hit| hit.group.len()).sum();
        let crowd = u32::try_from(crowd).unwrap_or(u32::MAX);
        let now = self.clock.micros();
        let since = now.saturating_sub(u64::try_from(age.as_micros()).unwrap_or(u64::MAX));
        let wave = Wave { crowd, now: now / 1000, since };
        // Who is woken derives the topics from there.
        self.recent.push(Arc::clone(&events));
        let round = Round { events: &events, wave, pacing: &self.pacing };
        together(|| {
            let merged = hits.iter().map(|hit| hit.group.touch(&hit.events, &round)).sum();
            self.merged.add(merged);
        });
        self.move_watermark(head);
        crowd
    }

    fn hits(&self, events: &[(Position, EventHead)]) -> Vec<Hit> {
        let shapes = self.groups.shapes();
        let mut hits: Vec<Hit> = Vec::new();
        let mut of_group: HashMap<*const Group, usize> = HashMap::new();
        let mut of_topic: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut segments = Segments::default();
        for (i, (_, head)) in events.iter().enumerate().rev() {
            let topic = head.topic.as_str();
            let known = of_topic.entry(topic).or_insert_with(|| {
                let mut found = Vec::new();
                segments.cut(topic);
                self.groups.matching(&shapes, &segments, |group| {
                    found.push(*of_group.entry(Arc::as_ptr(group)).or_insert_with(|| {
                        hits.push(Hit::new(group));
                        hits.len() - 1
                    }));
                });
                found
            });
            for &hit in known.iter() {
                if let Some(hit) = hits.get_mut(hit) {
                    hit.note(i);
                }
            }
        }
        hits
    }
}

impl Hit {
    fn new(group: &Arc<Group>) -> Self {
        Self { group: Arc::clone(group), filters: group.has_filters(), events: Vec::new() }
    }

    fn note(&mut self, event: usize) {
        if self.filters || self.events.is_empty() {
            self.events.push(event);
        }
    }
}
