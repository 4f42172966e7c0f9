//! **Agreement**: all followers of the same events end with the same log, and with its end.

use std::collections::{BTreeMap, HashMap};

use hintwire::cursor::Position;
use hintwire::topic::Selection;

use super::facts::Facts;
use super::history::What;

pub fn check(facts: &Facts<'_>) -> Result<usize, String> {
    let mut groups: HashMap<&Selection, Vec<(u64, Followed<'_>)>> = HashMap::new();
    for (number, followed) in followers(facts) {
        groups.entry(followed.selection).or_default().push((number, followed));
    }
    let mut checked = 0;
    for (selection, group) in &groups {
        let newest = facts.newest(selection).unwrap_or_default();
        for (number, followed) in group {
            if !followed.stopped && followed.reached() < newest {
                let reached = followed.reached();
                return Err(format!("follower {number} ended at {reached}, the log at {newest}"));
            }
        }
        checked += agree(group)?;
    }
    Ok(checked)
}

/// What one follower handled, in order, each event once.
struct Followed<'a> {
    selection: &'a Selection,
    places: Vec<Position>,
    /// It was responsible for all after this.
    from: Position,
    /// It stood here at the end.
    stored: Position,
    stopped: bool,
}

impl Followed<'_> {
    fn reached(&self) -> Position {
        self.stored.max(self.from)
    }
}

fn followers<'a>(facts: &Facts<'a>) -> BTreeMap<u64, Followed<'a>> {
    let mut followers: BTreeMap<u64, Followed<'a>> = BTreeMap::new();
    for entry in &facts.history.entries {
        match &entry.what {
            What::FollowerStarted { follower, selection, from } => {
                let from = from.map(|cursor| cursor.position).unwrap_or_default();
                followers.entry(*follower).or_insert(Followed {
                    selection,
                    places: Vec::new(),
                    from,
                    stored: from,
                    stopped: false,
                });
            }
            What::Handled { follower, events, cursor, .. } => {
                if let Some(followed) = followers.get_mut(follower) {
                    followed.places.extend(events.iter().map(|(cursor, _)| cursor.position));
                    followed.stored = cursor.position;
                }
            }
            What::FollowerStopped { follower } => {
                followers.entry(*follower).and_modify(|followed| followed.stopped = true);
            }
            _ => {}
        }
    }
    for followed in followers.values_mut() {
        followed.places.sort_unstable();
        followed.places.dedup();
        // Who began at inception began where retention stood; who was given nothing, perhaps where it stood at last.
        if followed.from == Position::INCEPTION {
            let first = followed.places.first();
            followed.from = first.map_or(followed.stored, |first| Position(first.0 - 1));
        }
    }
    followers
}

/// Each agrees with the one that began first, on what both were to handle.
fn agree(group: &[(u64, Followed<'_>)]) -> Result<usize, String> {
    let Some((first, longest)) = group.iter().min_by_key(|(_, followed)| followed.from) else {
        return Ok(0);
    };
    for (number, followed) in group {
        let from = longest.from.max(followed.from);
        let to = longest.reached().min(followed.reached());
        let (ours, theirs) = (part(followed, from, to), part(longest, from, to));
        if ours != theirs {
            let odd = ours.iter().find(|place| !theirs.contains(place));
            let odd = odd.or_else(|| theirs.iter().find(|place| !ours.contains(place)));
            return Err(format!("followers {number} and {first} differ at {odd:?}"));
        }
    }
    Ok(group.len())
}

fn part<'a>(followed: &'a Followed<'_>, from: Position, to: Position) -> &'a [Position] {
    let before = |place| followed.places.partition_point(|other| *other <= place);
    followed.places.get(before(from)..before(to)).unwrap_or_default()
}
