//! All groups, found by pattern and by topic.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::group::Group;
use super::shape::{Segments, Shape};
use super::shapes::Shapes;
use super::slot::Slot;
use crate::error::Error;
use crate::sync::DashMap;
use crate::topic::{Pattern, Patterns};

/// The groups of all patterns that have subscribers.
#[derive(Debug, Default)]
pub struct Groups {
    groups: DashMap<Pattern, Arc<Group>>,
    shapes: Shapes,
}

impl Groups {
    /// Puts a slot into the groups of its patterns.
    ///
    /// # Errors
    /// [`Error::LimitReached`]; then it is in none of them.
    pub fn add(&self, patterns: &Patterns, slot: &Arc<Slot>) -> Result<(), Error> {
        // Before the groups: a group is found by its shape.
        self.shapes.add(patterns)?;
        for (pattern, nth) in patterns.iter().zip(0..) {
            self.groups.entry(pattern.clone()).or_default().add(slot, nth);
        }
        Ok(())
    }

    /// Takes a slot out of them.
    pub fn remove(&self, patterns: &Patterns, slot: &Slot) {
        for (pattern, nth) in patterns.iter().zip(0..) {
            let emptied = self.groups.get(pattern).is_some_and(|group| group.remove(slot, nth));
            // Somebody may have come meanwhile; what is decided under the map's own lock holds.
            if emptied {
                self.groups.remove_if(pattern, |_, group| group.is_empty());
            }
        }
        self.shapes.remove(patterns);
    }

    /// The shapes in use. Who comes later with another reads the head after that.
    pub fn shapes(&self) -> Vec<Shape> {
        self.shapes.all()
    }

    /// How many patterns there are.
    pub fn patterns(&self) -> usize {
        self.shapes.patterns()
    }

    /// Calls `found` for each group whose pattern is of one of these shapes and matches the topic.
    pub fn matching(
        &self,
        shapes: &[Shape],
        topic: &Segments<'_>,
        mut found: impl FnMut(&Arc<Group>),
    ) {
        let mut room = String::new();
        for shape in shapes {
            let pattern = shape.pattern(topic, &mut room);
            if let Some(group) = pattern.and_then(|pattern| self.groups.get(pattern)) {
                found(&group);
            }
        }
    }

    /// Calls `each` for every group, in the order of their patterns: a run can be repeated.
    pub fn for_each(&self, each: impl FnMut(Arc<Group>)) {
        let groups: BTreeMap<Pattern, Arc<Group>> =
            self.groups.iter().map(|group| (group.key().clone(), Arc::clone(&group))).collect();
        groups.into_values().for_each(each);
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }
}
