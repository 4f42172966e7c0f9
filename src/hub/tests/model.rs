//! The hub against a model that keeps all events in a list and looks through it.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::cursor::Position;

const TOPICS: [&str; 4] = ["a", "a/b", "b", "b/~c"];
const PATTERNS: [&[&str]; 5] = [&["**"], &["a", "b"], &["a/*"], &["b/**", "b/~c"], &["*"]];

#[derive(Debug, Clone)]
enum Step {
    Publish(Vec<Event>, Option<Option<usize>>),
    Trim(usize),
    Check { start: usize, patterns: usize, limit: usize },
}

fn events() -> impl Strategy<Value = Event> {
    let key = prop::sample::select(vec!["", "k", "l"]);
    let id = prop::sample::select(vec!["", "", "1", "2"]);
    (0..TOPICS.len(), key, id, 0..3u8, 0..5u8).prop_map(|(topic, key, id, data, deleted)| {
        let deleted = deleted == 0 && !key.is_empty();
        let data = if deleted { Vec::new() } else { vec![data] };
        let topic = Topic::parse(TOPICS[topic], "topic").unwrap();
        Event { key: key.into(), id: id.into(), deleted, ..Event::new(topic, data) }
    })
}

fn steps() -> impl Strategy<Value = Step> {
    let expected = prop::option::weighted(0.4, prop::option::of(0..30usize));
    let publish = (prop::collection::vec(events(), 1..4), expected);
    prop_oneof![
        4 => publish.prop_map(|(events, expected)| Step::Publish(events, expected)),
        1 => (0..30usize).prop_map(Step::Trim),
        2 => (0..30usize, 0..PATTERNS.len(), 1..5usize)
            .prop_map(|(start, patterns, limit)| Step::Check { start, patterns, limit }),
    ]
}

#[derive(Debug, PartialEq)]
enum Answer {
    Published(Vec<(Position, bool)>),
    Conflict(usize),
    Expectation(usize),
}

/// All events ever, by place, and the trim point.
#[derive(Default)]
struct Model {
    events: Vec<(Position, Event)>,
    earliest: Position,
}

impl Model {
    fn head(&self) -> Position {
        self.events.last().map_or(Position::INCEPTION, |(position, _)| *position)
    }

    /// A place: inception, or just after some event.
    fn place(&self, n: usize) -> Position {
        if n == 0 { Position::INCEPTION } else { Position((n as u64).min(self.head().0)) }
    }

    fn publish(&mut self, batch: &[Event], expected: Option<Option<Position>>) -> Answer {
        let mut new: Vec<(Position, Event)> = Vec::new();
        let mut placed = Vec::new();
        for (index, event) in batch.iter().enumerate() {
            let same_id = |(_, other): &&(Position, Event)| {
                !event.id.is_empty() && (&other.id, &other.topic) == (&event.id, &event.topic)
            };
            match self.events.iter().chain(&new).find(same_id) {
                Some((_, other)) if other != event => return Answer::Conflict(index),
                Some((position, _)) => placed.push((*position, true)),
                None => {
                    let position = Position(self.head().0 + new.len() as u64 + 1);
                    placed.push((position, false));
                    new.push((position, event.clone()));
                }
            }
        }
        let refused = (0..batch.len()).find(|&i| !placed[i].1 && !self.holds(&batch[i], expected));
        if let Some(index) = refused {
            return Answer::Expectation(index);
        }
        self.events.extend(new);
        Answer::Published(placed)
    }

    fn holds(&self, event: &Event, expected: Option<Option<Position>>) -> bool {
        let same = |(_, other): &&(Position, Event)| {
            (&other.topic, &other.key) == (&event.topic, &event.key)
        };
        let newest = self.events.iter().rev().find(same);
        // A tombstone that was trimmed is forgotten; anything else survives.
        let known = newest.filter(|(position, e)| !e.deleted || *position > self.earliest);
        match (expected, known) {
            (None, _) => true,
            (Some(None), known) => known.is_none_or(|(_, event)| event.deleted),
            (Some(Some(place)), Some((position, _))) => *position <= place,
            (Some(Some(place)), None) => place >= self.earliest,
        }
    }

    fn after(&self, place: Position, patterns: &Patterns) -> Vec<Position> {
        let selected = |(position, event): &&(Position, Event)| {
            *position > place && patterns.matches(event.topic.as_str())
        };
        self.events.iter().filter(selected).map(|(position, _)| *position).collect()
    }

    fn snapshot(&self, patterns: &Patterns) -> Vec<Position> {
        let mut newest = BTreeMap::new();
        for (position, event) in &self.events {
            newest.insert((&event.topic, &event.key), (*position, event));
        }
        let live = newest
            .into_values()
            .filter(|(_, event)| !event.deleted && patterns.matches(event.topic.as_str()));
        live.map(|(position, _)| position).collect()
    }
}

struct Test {
    hub: Arc<Hub>,
    model: Model,
    hints: Subscription,
    own: Position,
}

impl Test {
    fn cursor(&self, position: Position) -> Cursor {
        self.hub.lineage().cursor(position)
    }

    async fn step(&mut self, step: Step) {
        match step {
            Step::Publish(batch, expected) => {
                let expected = expected.map(|place| place.map(|n| self.model.place(n)));
                let answer = self.publish(batch.clone(), expected).await;
                assert_eq!(answer, self.model.publish(&batch, expected));
                self.hear().await;
            }
            Step::Trim(n) => {
                let place = self.model.place(n);
                self.hub.backlog.trim(place).await.unwrap();
                self.model.earliest = self.model.earliest.max(place);
            }
            Step::Check { start, patterns: n, limit } => {
                self.check_fetch(self.model.place(start), PATTERNS[n], limit).await;
                self.check_snapshot(PATTERNS[n], limit).await;
            }
        }
    }

    async fn publish(&self, batch: Vec<Event>, expected: Option<Option<Position>>) -> Answer {
        let expected = expected.map(|place| place.map(|place| self.cursor(place)));
        match self.hub.publish(batch, expected).unwrap().await {
            Ok(published) => Answer::Published(
                published.iter().map(|p| (p.cursor.position, p.duplicate)).collect(),
            ),
            Err(Error::IdConflict { index }) => Answer::Conflict(index),
            Err(Error::ExpectationFailed { index, .. }) => Answer::Expectation(index),
            Err(other) => panic!("{other:?}"),
        }
    }

    /// Follows the rule for every message; then nothing that matches is missing.
    async fn hear(&mut self) {
        tokio::time::advance(Duration::from_millis(20)).await;
        while let Some(hint) = at_once(&mut self.hints).await {
            assert!(hint.head.position <= self.model.head());
            self.own = self.own.max(hint.cursor.position).max(hint.head.position);
        }
        let newest = self.model.after(Position::INCEPTION, &patterns(&["a", "b"]));
        assert!(self.own >= newest.last().copied().unwrap_or_default());
    }

    async fn check_fetch(&self, start: Position, texts: &[&str], limit: usize) {
        let mut seen = Vec::new();
        let mut from =
            Fetch { events: limit, ..from(Start::Cursor(Some(self.cursor(start))), texts) };
        loop {
            let page = match self.hub.fetch(from.clone()).await {
                Ok(page) => page,
                Err(Error::Cursor(_)) => {
                    assert!(start < self.model.earliest);
                    return;
                }
                Err(other) => panic!("{other:?}"),
            };
            seen.extend(page.events.iter().map(|event| event.position));
            assert_eq!(page.next == page.head, !page.has_more);
            from.start = Start::Cursor(Some(page.next));
            if !page.has_more {
                break;
            }
        }
        assert!(start >= self.model.earliest);
        assert_eq!(seen, self.model.after(start, &patterns(texts)));
    }

    async fn check_snapshot(&self, texts: &[&str], limit: usize) {
        let mut request = Snapshot {
            patterns: patterns(texts),
            keys: Vec::new(),
            events: limit,
            bytes: 1 << 20,
            omit_data: false,
            page_token: String::new(),
        };
        let mut seen = Vec::new();
        loop {
            let page = self.hub.snapshot(request.clone()).await.unwrap();
            seen.extend(page.events.iter().map(|event| event.position));
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        assert_eq!(seen, self.model.snapshot(&patterns(texts)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn the_hub_does_what_the_model_does(steps in prop::collection::vec(steps(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let hub = hub();
            let hints = subscribe(&hub, &["a", "b"]).await;
            let mut test = Test { hub, model: Model::default(), hints, own: Position::INCEPTION };
            for step in steps {
                test.step(step).await;
            }
        });
    }
}
