//! The validators at the size of a long campaign.

use std::time::Instant;

use crate::tale::*;
use crate::validate::{Kind, Page, Recorder, Start, validate};

/// Events of the history: `HINTWIRE_HISTORY_EVENTS`, or a few.
fn size() -> u64 {
    let size = std::env::var("HINTWIRE_HISTORY_EVENTS");
    size.map_or(20_000, |size| size.parse().expect("HINTWIRE_HISTORY_EVENTS is a number"))
}

#[test]
fn a_history_of_many_events_is_judged_in_a_few_passes() {
    let recorder = Recorder::new();
    recorder.note(opened(1, "topic/**"));
    recorder.note(message(1, Kind::Confirmed, 0, 0));
    (0..16).for_each(|follower| recorder.note(follows(follower, 0)));
    let texts: Vec<String> = (0..size()).map(|n| format!("topic/{} {n}#{n}", n % 64)).collect();
    let events: Vec<(u64, &str)> = (1..).zip(texts.iter().map(String::as_str)).collect();
    for batch in events.chunks(100) {
        let (start, end) = (batch[0].0 - 1, batch[batch.len() - 1].0);
        recorder.note(appended(batch));
        recorder.note(message(1, Kind::Changed, end, end));
        let page = Page { events: seen(batch), next: at(end), head: at(end), has_more: false };
        recorder.note(fetch("**", Start::Cursor(Some(at(start))), Ok(page)));
        (0..16).for_each(|follower| recorder.note(handled(follower, batch, end)));
    }
    recorder.note(log(0, size(), &events));
    let history = recorder.finish();
    let began = Instant::now();
    let counts = validate(&history).unwrap_or_else(|violation| panic!("{violation}"));
    println!("{} events, 16 followers: {:?}; {counts:?}", size(), began.elapsed());
    assert_eq!(counts.of("Durable"), events.len());
}
