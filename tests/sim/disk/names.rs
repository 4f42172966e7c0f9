//! The names of a directory: as everybody sees them, and as they would be found after a crash.

use std::collections::BTreeMap;

use fastrand::Rng;

/// Number of a file, whatever its names.
pub type Number = usize;

/// Something done to names that is not synced.
#[derive(Debug, Clone)]
enum Change {
    Create { name: String, number: Number },
    Rename { from: String, to: String, number: Number },
    Remove { name: String },
}

/// Names of files.
#[derive(Debug, Clone, Default)]
pub struct Names {
    seen: BTreeMap<String, Number>,
    kept: BTreeMap<String, Number>,
    pending: Vec<Change>,
}

impl Names {
    pub fn get(&self, name: &str) -> Option<Number> {
        self.seen.get(name).copied()
    }

    pub fn all(&self) -> impl Iterator<Item = (&str, Number)> {
        self.seen.iter().map(|(name, number)| (name.as_str(), *number))
    }

    pub fn create(&mut self, name: &str, number: Number) {
        self.change(Change::Create { name: name.to_owned(), number });
    }

    pub fn rename(&mut self, from: &str, to: &str, number: Number) {
        self.change(Change::Rename { from: from.to_owned(), to: to.to_owned(), number });
    }

    pub fn remove(&mut self, name: &str) {
        self.change(Change::Remove { name: name.to_owned() });
    }

    pub fn sync(&mut self) {
        self.pending.clear();
        self.kept.clone_from(&self.seen);
    }

    fn change(&mut self, change: Change) {
        apply(&mut self.seen, &change, false);
        self.pending.push(change);
    }

    /// Keeps any of the changes; returns which. A journal drops none that it was told of: after a sync that fails, the next
    /// one keeps them all.
    pub fn keep_some(&mut self, rng: &mut Rng) -> String {
        let mut said = String::new();
        let mode = rng.u8(..4);
        let first = rng.usize(..=self.pending.len());
        for (index, change) in self.pending.iter().enumerate() {
            let keep = match mode {
                0 => false,
                1 => true,
                2 => index < first,
                _ => rng.bool(),
            };
            // A rename that is half done has both names: the file itself is never lost by it.
            let half = rng.u8(..8) == 0;
            if keep {
                apply(&mut self.kept, change, half);
            }
            said.push(match (keep, half) {
                (false, _) => '-',
                (true, false) => '+',
                (true, true) => '/',
            });
        }
        said
    }

    /// What is found after the power was lost, and which changes were kept.
    pub fn lose_power(mut self, rng: &mut Rng) -> (Self, String) {
        let said = self.keep_some(rng);
        (Self { seen: self.kept.clone(), kept: self.kept, pending: Vec::new() }, said)
    }
}

fn apply(names: &mut BTreeMap<String, Number>, change: &Change, half: bool) {
    match change {
        Change::Create { name, number } => {
            names.insert(name.clone(), *number);
        }
        Change::Rename { from, to, number } => {
            names.insert(to.clone(), *number);
            // The name may stand for another file by now.
            if !half && names.get(from) == Some(number) {
                names.remove(from);
            }
        }
        Change::Remove { name } => {
            names.remove(name);
        }
    }
}
