//! **Recoverable**: a cursor that is malformed, foreign, trimmed or ahead gets the answer of its own, never data; one that
//! is none of these is never refused as if it were.

use std::collections::HashSet;

use hintwire::cursor::{Cursor, Incarnation};

use super::facts::{Facts, told_by};
use super::history::{Entry, Page, Start, What};

pub fn check(facts: &Facts<'_>) -> Result<usize, String> {
    let lives = lives(facts);
    let mut checked = 0;
    for entry in &facts.history.entries {
        let Some((start, answer)) = asked(&entry.what) else { continue };
        let judgement = judge(facts, &lives, entry, &start);
        let refused = answer.filter(|reason| reason.starts_with("CURSOR_"));
        let other = answer.is_some() && refused.is_none();
        if !other && !judgement.allows(refused) {
            let answer = refused.unwrap_or("data");
            return Err(format!("{start:?} was answered with {answer}; {judgement:?}"));
        }
        checked += usize::from(refused.is_some());
    }
    Ok(checked)
}

/// Where a call was to start, and the reason why it was refused.
fn asked(what: &What) -> Option<(Start, Option<&str>)> {
    match what {
        What::Fetch { start, result, .. } => {
            let refusal = result.as_ref().err().map(|refusal| refusal.reason.as_str());
            Some((start.clone(), refusal))
        }
        What::StreamOpened { own, .. } => Some((Start::Cursor(*own), None)),
        What::StreamRefused { own, refusal, .. } => {
            Some((own.clone(), Some(refusal.reason.as_str())))
        }
        _ => None,
    }
}

/// The answers that a cursor may get.
#[derive(Debug)]
enum Judgement {
    /// This refusal and no other answer.
    Only(&'static str),
    /// Data, or one of these refusals: which, depends on what happened meanwhile.
    Or(Vec<&'static str>),
}

impl Judgement {
    fn allows(&self, refused: Option<&str>) -> bool {
        match (self, refused) {
            (Self::Only(reason), refused) => refused == Some(*reason),
            (Self::Or(_), None) => true,
            (Self::Or(reasons), Some(refused)) => reasons.contains(&refused),
        }
    }
}

fn judge(
    facts: &Facts<'_>,
    lives: &HashSet<Incarnation>,
    entry: &Entry,
    start: &Start,
) -> Judgement {
    let bounds = &facts.bounds;
    match start {
        Start::Malformed(_) => Judgement::Only("CURSOR_MALFORMED"),
        Start::Cursor(Some(cursor)) if !lives.contains(&cursor.incarnation) => {
            Judgement::Only("CURSOR_FOREIGN")
        }
        Start::Cursor(Some(Cursor { position, .. })) => {
            if *position < bounds.earliest_before(entry) {
                return Judgement::Only("CURSOR_TRIMMED");
            }
            let trimmed = *position < bounds.earliest_after(entry);
            if *position > bounds.head_after(entry) {
                return Judgement::Only("CURSOR_AHEAD");
            }
            let ahead = *position > bounds.head_before(entry);
            let maybe = [trimmed.then_some("CURSOR_TRIMMED"), ahead.then_some("CURSOR_AHEAD")];
            Judgement::Or(maybe.into_iter().flatten().collect())
        }
        Start::Time(_) => Judgement::Or(vec!["CURSOR_TRIMMED"]),
        Start::Cursor(None) | Start::Earliest | Start::Latest => Judgement::Or(Vec::new()),
    }
}

/// The incarnations that the hub itself has named.
fn lives(facts: &Facts<'_>) -> HashSet<Incarnation> {
    let mut lives = HashSet::new();
    for Entry { what, .. } in &facts.history.entries {
        lives.extend(told_by(what).map(|(cursor, _)| cursor.incarnation));
        match what {
            What::Started { earliest, head } | What::Log { earliest, head, .. } => {
                lives.extend([earliest.incarnation, head.incarnation]);
            }
            What::Fetch { result: Ok(Page { head, .. }), .. } => {
                lives.insert(head.incarnation);
            }
            What::Message(message) => {
                lives.insert(message.head.incarnation);
            }
            _ => {}
        }
    }
    lives
}
