//! The shapes in use, and the patterns in all; both are bounded.
//!
//! The fan-out looks up each topic once for every shape. Shapes without stars are few by themselves, as many as segments
//! fit into a topic; those with stars are as many as their writers invent.

use std::collections::BTreeMap;

use super::shape::Shape;
use crate::error::Error;
use crate::limits::{PATTERNS, RETRY_LATER, STAR_SHAPES};
use crate::sync::RwLock;
use crate::topic::Patterns;

/// How many registered patterns there are of each shape.
#[derive(Debug, Default)]
pub struct Shapes(RwLock<Counts>);

#[derive(Debug, Default)]
struct Counts {
    patterns: usize,
    with_stars: usize,
    shapes: BTreeMap<Shape, usize>,
}

impl Shapes {
    /// Counts patterns.
    ///
    /// # Errors
    /// [`Error::LimitReached`]; then none of them counts.
    pub fn add(&self, patterns: &Patterns) -> Result<(), Error> {
        let mut counts = self.0.write();
        shapes(patterns).for_each(|shape| counts.add(shape));
        let refused = if counts.with_stars > STAR_SHAPES {
            ("ways to place `*`", STAR_SHAPES)
        } else if counts.patterns > PATTERNS {
            ("patterns", PATTERNS)
        } else {
            return Ok(());
        };
        shapes(patterns).for_each(|shape| counts.remove(shape));
        let (what, limit) = refused;
        Err(Error::LimitReached { what, limit, retry_after: RETRY_LATER })
    }

    /// Patterns that were counted count no longer.
    pub fn remove(&self, patterns: &Patterns) {
        let mut counts = self.0.write();
        shapes(patterns).for_each(|shape| counts.remove(shape));
    }

    /// How many patterns count.
    pub fn patterns(&self) -> usize {
        self.0.read().patterns
    }

    /// All shapes in use.
    pub fn all(&self) -> Vec<Shape> {
        self.0.read().shapes.keys().copied().collect()
    }
}

fn shapes(patterns: &Patterns) -> impl Iterator<Item = Shape> {
    patterns.iter().map(|pattern| Shape::of(pattern.as_str()))
}

impl Counts {
    fn add(&mut self, shape: Shape) {
        self.patterns += 1;
        let count = self.shapes.entry(shape).or_default();
        *count += 1;
        self.with_stars += usize::from(*count == 1 && shape.has_stars());
    }

    fn remove(&mut self, shape: Shape) {
        let Some(count) = self.shapes.get_mut(&shape) else { return };
        self.patterns -= 1;
        *count -= 1;
        if *count == 0 {
            self.shapes.remove(&shape);
            self.with_stars -= usize::from(shape.has_stars());
        }
    }
}
