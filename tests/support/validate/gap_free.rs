//! **Gap-free**: a page holds exactly the selected events between its start and `next_cursor`, and is the last one exactly
//! if it reaches the head that it states.

use hintwire::cursor::Position;
use hintwire::topic::Selection;

use super::facts::Facts;
use super::history::{Entry, Page, Start, What};

pub fn check(facts: &Facts<'_>) -> Result<usize, String> {
    let mut checked = 0;
    for entry in &facts.history.entries {
        if let What::Fetch { selection, start, limit, result: Ok(page) } = &entry.what {
            let fetch = Fetch { facts, entry, selection, start, limit: *limit, page };
            fetch.check().map_err(|why| format!("{why}: from {start:?}, {page:?}"))?;
            checked += 1;
        }
    }
    Ok(checked)
}

struct Fetch<'a> {
    facts: &'a Facts<'a>,
    entry: &'a Entry,
    selection: &'a Selection,
    start: &'a Start,
    limit: usize,
    page: &'a Page,
}

impl Fetch<'_> {
    fn check(&self) -> Result<(), String> {
        self.ends()?;
        match self.start {
            Start::Cursor(Some(cursor)) => self.holds(cursor.position, cursor.position),
            Start::Cursor(None) | Start::Earliest => {
                let bounds = &self.facts.bounds;
                let (least, most) =
                    (bounds.earliest_before(self.entry), bounds.earliest_after(self.entry));
                self.holds(least, most)
            }
            Start::Latest => {
                let bounds = &self.facts.bounds;
                self.holds(bounds.head_before(self.entry), self.page.head.position)
            }
            Start::Time(_) => self.holds(Position::INCEPTION, self.page.head.position),
            Start::Malformed(_) => Ok(()),
        }
    }

    /// `next_cursor`, `head` and `has_more` agree with each other, and with the request.
    fn ends(&self) -> Result<(), String> {
        let Page { events, next, head, has_more } = self.page;
        if events.len() > self.limit {
            return Err(format!("more than {} events", self.limit));
        }
        if *has_more != (next.position < head.position) || !*has_more && next != head {
            return Err("has_more does not say whether next_cursor is before head".into());
        }
        if let Start::Cursor(Some(start)) = self.start
            && (next.position < start.position || *has_more && next.position == start.position)
        {
            return Err("next_cursor has not moved on".into());
        }
        Ok(())
    }

    /// The page is the slice up to `next_cursor` from a place within these two.
    fn holds(&self, least: Position, most: Position) -> Result<(), String> {
        let slice = self.facts.between(self.selection, least, self.page.next.position);
        let got: Vec<Position> = self.page.events.iter().map(|seen| seen.0.position).collect();
        let Some(skipped) = slice.len().checked_sub(got.len()) else {
            let more = got.iter().find(|place| !slice.contains(place));
            return Err(format!("{more:?} is not selected, or not between start and next_cursor"));
        };
        let (before, rest) = slice.split_at(skipped);
        if let Some(place) = before.iter().find(|place| **place > most) {
            return Err(format!("an event is missing, {place} or a later one"));
        }
        if let Some((place, _)) = rest.iter().zip(&got).find(|(place, got)| place != got) {
            return Err(format!("the event at {place} is missing, or another is too many"));
        }
        Ok(())
    }
}
