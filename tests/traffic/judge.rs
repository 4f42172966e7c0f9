//! What a campaign must have come to.

use hintwire::client::Error;
use hintwire::cursor::{Cursor, Position};

use crate::looped::{State, apply};
use crate::run::Run;
use crate::validate::{History, What, convert, validate};
use crate::view::View;

/// Holds a history to the guarantees, and prints how often each was tested.
pub fn history(run: &Run, history: &History) {
    match validate(history) {
        Ok(counts) => {
            for (guarantee, count) in &counts.0 {
                println!("  {guarantee:<13} tested {count} times");
                assert!(*count > 0, "seed {}: {guarantee} was not put to the test", run.seed);
            }
        }
        Err(violation) => panic!("seed {}: {violation}", run.seed),
    }
}

/// Every refused cursor was told exactly what is wrong with it, and the way out.
pub fn refusals(run: &Run, history: &History) {
    let places = places(history);
    for (cursor, error) in run.refused.lock().iter() {
        let answer = match error.reason() {
            "CURSOR_TRIMMED" => trimmed(&places, *cursor, error),
            "CURSOR_AHEAD" => ahead(*cursor, error),
            reason => Err(format!("nobody offered a cursor that is {reason}")),
        };
        answer.unwrap_or_else(|why| {
            panic!("seed {}: {cursor:?} was refused, but {why}: {error:?}", run.seed)
        });
    }
}

/// The places of all that was acknowledged, in order.
fn places(history: &History) -> Vec<Position> {
    let acked = history.entries.iter().filter_map(|entry| match &entry.what {
        What::Publish { result: Ok(placed), .. } => Some(placed),
        _ => None,
    });
    let mut places: Vec<Position> = acked.flatten().map(|(cursor, _)| cursor.position).collect();
    places.sort_unstable();
    places.dedup();
    places
}

fn value<'a>(error: &'a Error, key: &str) -> Result<&'a str, String> {
    error.metadata().get(key).map(String::as_str).ok_or(format!("there is no `{key}`"))
}

fn place(error: &Error, key: &str) -> Result<Position, String> {
    Ok(convert::cursor(value(error, key)?).position)
}

fn trimmed(places: &[Position], cursor: Cursor, error: &Error) -> Result<(), String> {
    let (earliest, head) = (place(error, "earliest")?, place(error, "head")?);
    if cursor.position >= earliest || earliest > head {
        return Err(format!("earliest is {earliest:?}, head {head:?}"));
    }
    let before = |place| places.partition_point(|other| *other <= place);
    let lost = before(earliest) - before(cursor.position);
    let said: usize = value(error, "lost_events")?.parse().map_err(|_| "no number".to_owned())?;
    if said < lost {
        return Err(format!("{lost} events are lost"));
    }
    let until = value(error, "lost_until")?;
    if !until.ends_with('Z') || !until.contains('T') {
        return Err("lost_until is no time".into());
    }
    is(error, "snapshot_covers", "true")?;
    is(error, "action", "SNAPSHOT")
}

fn ahead(cursor: Cursor, error: &Error) -> Result<(), String> {
    if cursor.position <= place(error, "head")? {
        return Err("it is not ahead".into());
    }
    is(error, "incarnation", &cursor.incarnation.to_string())?;
    is(error, "action", "FAIL")
}

fn is(error: &Error, key: &str, expected: &str) -> Result<(), String> {
    let said = value(error, key)?;
    if said == expected { Ok(()) } else { Err(format!("{key} is {said}, not {expected}")) }
}

/// Snapshot and tail together gave every loop the present state.
pub fn states(run: &Run, history: &History, snapshot: &State, loops: &[(View, State)]) {
    let model = model(history);
    assert_eq!(*snapshot, model, "seed {}: a snapshot has the newest of each key", run.seed);
    for (view, state) in loops {
        let mut expected = model.clone();
        expected.retain(|(topic, _), _| view.selection.patterns.matches(topic));
        assert_eq!(*state, expected, "seed {}: the loop of {:?}", run.seed, view.topics);
    }
}

/// The live keys, by what was acknowledged.
fn model(history: &History) -> State {
    let mut placed = Vec::new();
    for entry in &history.entries {
        if let What::Publish { events, result: Ok(places) } = &entry.what {
            placed.extend(places.iter().map(|(cursor, _)| cursor.position).zip(events));
        }
    }
    placed.sort_by_key(|(position, _)| *position);
    let mut state = State::new();
    for (_, event) in placed {
        apply(&mut state, event.topic.as_str(), &event.key, event.deleted, &event.data);
    }
    state
}
