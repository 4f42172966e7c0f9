//! How it looks.

use std::cmp::Reverse;
use std::collections::HashMap;

use hintwire::metrics::table::*;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Cell, Paragraph, Row, Table, Widget};

use super::numbers::{Between, bytes, number, time};
use super::observe::Observation;
use crate::print::escape;

/// One frame.
#[derive(Clone, Copy)]
pub struct View<'v> {
    pub url: &'v str,
    pub before: &'v Observation,
    pub now: &'v Observation,
}

/// Names and values of one column.
type Column = Vec<(&'static str, String)>;

impl Widget for &View<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let rows = [Constraint::Length(2), Constraint::Length(8), Constraint::Min(1)];
        let [head, numbers, topics] = Layout::vertical(rows).areas(area);
        self.head().render(head, buffer);
        let columns = Layout::horizontal([Constraint::Ratio(1, 4); 4]).areas::<4>(numbers);
        let contents = [self.publishing(), self.telling(), self.fetching(), self.process()];
        for (column, content) in columns.into_iter().zip(contents) {
            fields(content).render(column, buffer);
        }
        self.topics().render(topics, buffer);
    }
}

impl View<'_> {
    fn between(&self) -> Between<'_> {
        Between { before: self.before, now: self.now }
    }

    fn head(&self) -> Paragraph<'_> {
        let health = ["ok", "no_space", "failed"];
        let health = health.into_iter().find(|state| self.now.of(&HEALTH, state) > 0.0);
        let health = match health {
            Some("ok") => "ok".green(),
            other => other.unwrap_or("?").to_uppercase().red().bold(),
        };
        let hub = &self.now.hub;
        let line = Line::from(vec![
            Span::from("hintwire ").bold(),
            Span::from(format!("{} at {}, life {}: ", hub.version, self.url, hub.incarnation)),
            health,
        ]);
        Paragraph::new(line)
    }

    fn publishing(&self) -> Column {
        let (now, between) = (self.now, self.between());
        vec![
            ("published", between.rate(&PUBLISH_EVENTS)),
            ("batches", between.rate_of_values(&PUBLISH_SECONDS)),
            ("publish p99", between.p99(&PUBLISH_SECONDS)),
            ("sync p99", between.p99(&SYNC_SECONDS)),
            ("backlog", bytes(now.all(&BACKLOG_BYTES))),
            ("events", number(now.all(&BACKLOG_EVENTS))),
            ("oldest", time(now.all(&BACKLOG_OLDEST))),
        ]
    }

    fn telling(&self) -> Column {
        let (now, between) = (self.now, self.between());
        vec![
            ("streams", number(now.all(&STREAMS))),
            ("hints", between.rate_of(&HINTS, "changed")),
            ("conflated", between.rate(&HINTS_CONFLATED)),
            ("hint p99", between.p99(&HINT_SECONDS)),
            ("fetched p99", between.p99(&CONVERGE_SECONDS)),
            ("behind > 10 s", number(now.of(&BEHIND, "10"))),
            ("longest", time(now.all(&BEHIND_OLDEST))),
        ]
    }

    fn fetching(&self) -> Column {
        let between = self.between();
        vec![
            ("fetches", between.rate(&FETCHES)),
            ("in vain", between.rate(&FETCHES_EMPTY)),
            ("304", between.rate(&NOT_MODIFIED)),
            ("events", between.rate(&FETCH_EVENTS)),
            ("polls saved", between.rate(&POLLS_SAVED)),
            ("refused", between.rate(&REFUSALS)),
            ("topics", number(self.now.all(&BACKLOG_TOPICS))),
        ]
    }

    fn process(&self) -> Column {
        let (now, between) = (self.now, self.between());
        vec![
            ("connections", number(now.all(&CONNECTIONS))),
            ("opened", between.rate(&CONNECTIONS_OPENED)),
            ("memory", bytes(now.all(&RESIDENT_BYTES))),
            ("CPU", between.rate(&CPU_SECONDS).replace("/s", " cores")),
            ("files", number(now.all(&OPEN_FDS))),
            ("of", number(now.all(&MAX_FDS))),
            ("disk free", bytes(now.all(&BACKLOG_FREE))),
        ]
    }

    /// Those that change most come first.
    fn topics(&self) -> Table<'_> {
        let before: HashMap<&str, i64> = self
            .before
            .topics
            .iter()
            .map(|topic| (&*topic.topic, i64::from(topic.count)))
            .collect();
        let more = |topic: &str, count: i64| count - before.get(topic).copied().unwrap_or(0);
        let mut topics: Vec<(i64, i64, &str)> = self
            .now
            .topics
            .iter()
            .map(|topic| {
                let count = i64::from(topic.count);
                (more(&topic.topic, count).max(0), count, &*topic.topic)
            })
            .collect();
        topics.sort_by_key(|(more, count, name)| (Reverse(*more), Reverse(*count), *name));
        let between = self.between();
        let rows = topics.into_iter().map(|(more, count, name)| {
            let cells = [between.per_second(more as f64), number(count as f64), escape::text(name)];
            Row::new(cells.map(Cell::from))
        });
        let widths = [Constraint::Length(10), Constraint::Length(10), Constraint::Min(20)];
        let header = Row::new(["NEW", "EVENTS", "TOPIC"]).style(Style::new().fg(Color::Cyan));
        Table::new(rows, widths).header(header)
    }
}

fn fields(column: Column) -> Table<'static> {
    let row = |(name, value): (&'static str, String)| {
        Row::new([Cell::from(Span::from(name).dim()), Cell::from(value)])
    };
    Table::new(column.into_iter().map(row), [Constraint::Length(13), Constraint::Min(8)])
}
